"""Symphonies of Composer as requests of the strategy `rules`."""
