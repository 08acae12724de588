"""`python -m backtester prices`: the prices on this machine, and how one's own get there."""
