"""Loads and aligns prices: the sources, the store in front of Yahoo Finance, and alignment."""
