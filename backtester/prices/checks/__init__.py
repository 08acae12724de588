"""What may be wrong in prices, and what a run does about it."""
