"""Jobs: what was accepted, how far it is, what came of it; in Redis or in a SQLite file, under one set of rules."""
