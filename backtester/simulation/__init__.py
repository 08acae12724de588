"""Simulates the trades of the target weights, with costs, cash and cash flows."""
