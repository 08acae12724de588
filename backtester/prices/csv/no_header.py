"""The refusal of a file that has no header with any delimiter: of the one with which it was written, as it seems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from backtester.prices.csv.header import MAX_LINES_ABOVE, plain_names
from backtester.prices.csv.layouts import role_of
from backtester.prices.csv.spelled_dates import is_date
from backtester.prices.csv.unreadable import UnreadableError

_EXPECTED = "Expected a header with the columns date and close."
_MOST_SHOWN, _MOST_LETTERS = 10, 30  # of what stands in the place of the header


class NoHeader(NamedTuple):
    """The first rows of a file as a delimiter splits them, and the number of each row's last line."""

    rows: Sequence[list[str]]
    lines: Sequence[int]
    fault: UnreadableError | None = None  # where it is not CSV with this delimiter


def refusal(readings: Sequence[NoHeader]) -> UnreadableError:
    """Return the refusal by one of the readings: that in which most of date and close is named, else most rows agree.

    Rows agree where they have as many cells, and more than one; then more cells decide, then the order of the readings.
    """
    chosen = max(readings, key=lambda reading: (len(_named(reading.rows)), *_agreement(reading.rows)))
    return chosen.fault or _missing_column(chosen.rows, chosen.lines)


def _named(rows: Sequence[list[str]]) -> set[str]:
    """Return which of date and close the first rows name."""
    roles = {role_of(name) for row in rows[:MAX_LINES_ABOVE] for name in plain_names(row)}
    return {"close" if role == "adj_close" else role for role in roles} & {"date", "close"}


def _agreement(rows: Sequence[list[str]]) -> tuple[int, int]:
    """Return how many rows have as many cells as each other, at least two, and how many cells."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max(((count, width) for width, count in widths.items()), default=(0, 0))


def _missing_column(rows: Sequence[list[str]], lines: Sequence[int]) -> UnreadableError:
    absent = "close" if "date" in _named(rows) else "date"
    if not rows:
        return UnreadableError(f"line 1: there is no column {absent}", _EXPECTED)
    at = max(range(min(len(rows), MAX_LINES_ABOVE)), key=lambda row: _likeness(rows[row]))
    cells = [cell.strip()[:_MOST_LETTERS] for cell in rows[at] if cell.strip()]
    shown = ", ".join(f"{cell!a}" for cell in cells[:_MOST_SHOWN]) + (", ..." if len(cells) > _MOST_SHOWN else "")
    return UnreadableError(f"line {lines[at]}: there is no column {absent}", _EXPECTED, found=shown)


def _likeness(row: list[str]) -> tuple[int, bool, int]:
    """Return how like a header a row is: what it names, whether it is no session, how many cells it has."""
    return len(_named([row])), not any(is_date(cell) for cell in row), len(row)
