"""A tree of rules: in sentences, and which branch was held when."""
