"""The answers of `analysis` and `compare`, in sentences, tables and drawings."""
