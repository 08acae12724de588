"""The bounds of prices: what lies outside is no price of anything, and figures made of it overflow."""

from __future__ import annotations

import numpy as np

from backtester.model.errors import DataError
from backtester.model.price_range import LARGEST_PRICE, LEAST_PRICE
from backtester.model.records import DateArray, FloatArray, SymbolHistory

THE_STORE = "the price store"


def check_history(history: SymbolHistory, source: str) -> None:
    """DataError PRICES_UNREADABLE where a price of a history lies outside the bounds. source: as `check_column`."""
    columns = {"close": history.close, "open": history.open, "traded close": history.traded}
    for name, values in columns.items():
        if values is not None:
            check_column(history.symbol, name, history.sessions, values, source)


def check_column(symbol: str, name: str, sessions: DateArray, values: FloatArray, source: str) -> None:
    """DataError PRICES_UNREADABLE for the first of the values (T,) outside the bounds; NaN is no price.

    source: whose prices they are, as it stands in a sentence.
    """
    outside = (values < LEAST_PRICE) | (values > LARGEST_PRICE)  # NaN is neither
    if not outside.any():
        return
    row = int(np.argmax(outside))
    raise DataError(
        "PRICES_UNREADABLE",
        f"The {name} of {symbol} on {sessions[row]} is {values[row]:.6g} at {source}. A price lies between "
        f"{LEAST_PRICE:g} and {LARGEST_PRICE:g}.",
        remedy="Correct the file, and import it again (`prices import`)."
        if source == THE_STORE
        else f"The prices of {symbol} have to be corrected at {source}.",
    )
