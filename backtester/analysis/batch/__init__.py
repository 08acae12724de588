"""Many configurations side by side: one price table, one simulation, one measurement."""
