"""The variations of a request: merge patches and grids of settings."""
