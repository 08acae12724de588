"""What a strategy wants to hold, and when. One file each; `table` has the names."""
