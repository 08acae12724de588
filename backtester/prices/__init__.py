"""What happened in the market: sources, the store in front of Yahoo, and alignment."""
