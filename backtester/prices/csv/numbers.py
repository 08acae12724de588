"""The numbers of columns. What float does not read is read by spelled_numbers.py."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from backtester.model.records import FloatArray

_WORDS = ("null", "nan", "none", "na", "n/a", "#n/a", "#na", "<na>", "nat", "nil", "k.a.", "n.a.", "n.v.")
MISSING = frozenset(
    {"", "-", "--", "---", "–", "—", ".", *(word for name in _WORDS for word in (name, name.upper(), name.title())),
     "NaN", "NaT"}
)  # fmt: skip

ONE_CURRENCY = "Expected one currency in the whole file, written in one way."


def read_numbers(
    columns: dict[str, Sequence[str]], others: Callable[[], Iterable[str]], *, decimal: str
) -> dict[str, FloatArray]:
    """Return the numbers (T,) of each column, NaN where it has none. Their decimal separator is the same.

    others: the file's other cells, which are asked where the columns do not show their decimal separator. decimal: what
    the language of the header writes. CellError.
    """
    found = {name: _plain_numbers(cells) for name, cells in columns.items()} if decimal == "." else {}
    plain = {name: values for name, values in found.items() if values is not None}
    if len(plain) == len(columns):
        return plain
    from backtester.prices.csv.spelled_numbers import spelled_numbers

    return spelled_numbers(columns, others, decimal)


def _plain_numbers(cells: Sequence[str]) -> FloatArray | None:
    """Return the numbers of a column that float reads; None where one is written otherwise."""
    try:
        values = np.fromiter(map(float, cells), dtype=np.float64, count=len(cells))
    except ValueError:
        try:
            values = np.array([math.nan if cell in MISSING else float(cell) for cell in cells])
        except ValueError:
            return None
    joined = "".join(cells)
    if "_" in joined or not joined.isascii():  # float takes 1_000 and digits of every script
        return None
    odd = np.flatnonzero(~np.isfinite(values))
    return values if all(cells[row] in MISSING for row in odd.tolist()) else None
