"""The Model Context Protocol: backtests as tools for AI assistants, over stdio and streamable HTTP."""
