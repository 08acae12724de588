"""Who gets in: API keys, tokens, callers on this machine, and how much of it each may ask for."""
