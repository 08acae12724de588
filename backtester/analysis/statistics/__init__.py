"""Statistics as functions of arrays, each with its paper."""
