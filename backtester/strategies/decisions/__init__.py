"""When strategies decide, and on which prices."""
