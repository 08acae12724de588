"""What the targets did to the money."""
