"""Loads and aligns prices: the sources, the store in front of those of the network, and alignment."""
