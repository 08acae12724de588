"""Analysis: many runs of one request, and what their numbers are worth."""
