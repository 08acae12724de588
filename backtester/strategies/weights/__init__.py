"""How strategies rank holdings and weigh them."""
