"""A plain table for people."""

from __future__ import annotations

from collections.abc import Sequence


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return the rows as aligned text under the names of the columns, a line each; numbers are aligned to the right."""
    lines = [[column.upper() for column in columns], *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(columns))]
    right = [bool(rows) and all(isinstance(row[at], (int, float)) for row in rows) for at in range(len(columns))]

    def padded(line: list[str]) -> str:
        cells = zip(line, widths, right, strict=True)
        return "  ".join(cell.rjust(width) if is_right else cell.ljust(width) for cell, width, is_right in cells)

    return "".join(f"{padded(line).rstrip()}\n" for line in lines)
