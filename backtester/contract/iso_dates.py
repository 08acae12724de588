"""The form of a date in a request."""

from __future__ import annotations

import datetime


def is_date(text: str) -> bool:
    """Return whether text is a calendar date YYYY-MM-DD; `fromisoformat` accepts other forms too."""
    if len(text) != 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
