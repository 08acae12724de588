"""From histories to one price table."""
