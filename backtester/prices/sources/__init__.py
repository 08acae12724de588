"""The network sources of prices: the table of them, what a source is, and how one is asked."""
