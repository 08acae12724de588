"""The stores of jobs: an interface, Redis, and a SQLite file."""
