"""The sections of the page after the first screen: steadiness, sources, decisions, trades, provenance."""
