"""Pieces of one question that cores and machines share."""
