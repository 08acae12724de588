"""Checks a request against the schemas and the rules, and fills in every default."""
