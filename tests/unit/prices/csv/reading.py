"""Reads the text of a CSV file as its prices, its dates or its refusal."""

from __future__ import annotations

import numpy as np
import pytest

from backtester.prices.csv.parse import parse
from backtester.prices.csv.unreadable import UnreadableError


def read(text, symbol="ABC"):
    return parse(text if isinstance(text, bytes) else text.encode(), symbol)


def days(text, symbol="ABC"):
    return np.array(read(text, symbol).days, "datetime64[D]").astype(str).tolist()


def dated(*cells, symbol="ABC"):
    """Return the dates that cells are read as, each on a line of its own with the same close."""
    return days("Date\tClose\n" + "".join(f"{cell}\t1\n" for cell in cells), symbol)


def closes(*cells, delimiter=";", header="Date;Close"):
    lines = [f"2024-05-{day:02}{delimiter}{cell}" for day, cell in enumerate(cells, 1)]
    return read("\n".join([header, *lines])).close.tolist()


def fault(text, symbol="ABC"):
    with pytest.raises(UnreadableError) as caught:
        read(text, symbol)
    return caught.value.fact
