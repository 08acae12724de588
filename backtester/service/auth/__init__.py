"""Authentication by API key, token or loopback, and the rate limit."""
