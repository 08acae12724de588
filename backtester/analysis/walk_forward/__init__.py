"""`analysis.walk_forward`: settings chosen on the past and held over what follows."""
