"""The strategies, one file each, and their shared helpers; `table` has the names."""
