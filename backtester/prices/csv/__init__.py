"""Reads a CSV file of prices in any layout that is known into arrays."""
