"""Reads a Parquet file as the CSV file that says the same, so that one reader knows the layouts. Needs pyarrow."""

from __future__ import annotations

import ast
import importlib
import io
from typing import Any

from backtester.model.errors import not_installed
from backtester.prices.csv.rows import MAX_ROWS
from backtester.prices.csv.unreadable import UnreadableError

_MAX_CELLS = 20_000_000  # of which each needs some dozen bytes
_EXPECTED = "Expected columns of dates and numbers."


def as_csv(path: str) -> bytes:
    """Return the table of a Parquet file as CSV, numbers to the last bit.

    Columns that pandas has with two levels, such as ('Close', 'SPY'), become a header of two lines. UnreadableError;
    InternalError ENVIRONMENT without pyarrow.
    """
    arrow, parquet, csv = (_module(name) for name in ("pyarrow", "pyarrow.parquet", "pyarrow.csv"))
    try:
        with parquet.ParquetFile(path) as file:
            rows, columns = file.metadata.num_rows, file.metadata.num_columns
            if rows > MAX_ROWS or rows * columns > _MAX_CELLS:
                raise UnreadableError(f"it has more than {MAX_ROWS} rows, or {_MAX_CELLS} cells")
            table = file.read()
        names, found = table.column_names, [_plain(column, arrow) for column in table.columns]
        order = sorted(range(len(names)), key=lambda at: not _is_date(names[at], found[at].type, arrow))
        names = [names[at] for at in order]  # the dates first: pandas writes its index behind the columns
        table = arrow.table([found[at] for at in order], names=[str(at) for at in order])
        target = io.BytesIO()
        csv.write_csv(table, target, csv.WriteOptions(include_header=False, quoting_style="needed"))
    except (arrow.ArrowException, OSError, ValueError, KeyError):
        raise UnreadableError("it is not a Parquet file of prices", _EXPECTED) from None
    return _header(names).encode() + target.getvalue()


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise not_installed("pyarrow") from None


def _plain(column: Any, arrow: Any) -> Any:
    """Return a column with midnights as dates, and without the encodings that CSV has not."""
    kind = column.type
    if arrow.types.is_dictionary(kind):
        return column.cast(kind.value_type)
    if arrow.types.is_timestamp(kind) and kind.tz is None:
        return column.cast(arrow.timestamp("s"), safe=False).cast(arrow.date32(), safe=False)
    return column


def _is_date(name: str, kind: Any, arrow: Any) -> bool:
    return name.startswith("__index_level_") or arrow.types.is_temporal(kind)


def _header(names: list[str]) -> str:
    """Return the header: the names, and where they are tuples of two a second line. An unnamed index is a date."""
    pairs = [_levels(name) for name in names]
    lines = [",".join(_quoted(first) for first, _ in pairs)]
    if any(second for _, second in pairs):
        lines.append(",".join(_quoted(second) for _, second in pairs))
    return "\n".join(lines) + "\n"


def _levels(name: str) -> tuple[str, str]:
    if name.startswith("__index_level_"):
        return "date", ""
    if name.startswith("("):
        try:
            found = ast.literal_eval(name)
        except (ValueError, SyntaxError):
            return name, ""
        if isinstance(found, tuple) and len(found) == 2:
            return str(found[0]), str(found[1])
    return name, ""


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ',"\r\n') else cell
