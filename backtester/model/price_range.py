"""The range of any price that is taken. The request's schema has it too."""

LEAST_PRICE, LARGEST_PRICE = 1e-12, 1e15
