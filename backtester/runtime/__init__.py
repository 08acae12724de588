"""Processes: the single run and its child, the pool and its workers, limits, signals, the sandbox."""
