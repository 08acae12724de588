"""`analysis.sweep`, and what its best setting is worth."""
