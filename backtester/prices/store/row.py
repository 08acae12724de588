"""One symbol's stored prices as a row of the store's table, with a digest over all columns."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from backtester.prices.store.stored_history import StoredHistory, as_date, day_number

COLUMNS = (
    "symbol",
    "source",
    "first_day",
    "last_day",
    "asked_day",
    "checked_at",
    "fetched_at",
    "days",
    "close",
    "open",
    "dropped",
    "dividend",
    "digest",
)


def pack(stored: StoredHistory) -> tuple[Any, ...]:
    """Return the row: COLUMNS in order; arrays as little-endian bytes."""
    values: tuple[Any, ...] = (
        stored.symbol,
        stored.source,
        day_number(stored.first),
        day_number(stored.last),
        day_number(stored.asked_last),
        float(stored.checked_at),
        float(stored.fetched_at),
        stored.days.astype("<i4").tobytes(),
        stored.close.astype("<f8").tobytes(),
        None if stored.open is None else stored.open.astype("<f8").tobytes(),
        stored.dropped.astype("<i4").tobytes(),
        None if stored.dividend is None else stored.dividend.astype("<f8").tobytes(),
    )
    return (*values, _digest(values))


def unpack(row: tuple[Any, ...]) -> StoredHistory | None:
    """Return the history of a row; None where its digest is wrong."""
    *values, digest = row
    if _digest(tuple(values)) != digest:
        return None
    symbol, source, first, last, asked, checked_at, fetched_at, days, close, opens, dropped, paid = values
    return StoredHistory(
        symbol=symbol,
        source=source,
        days=_from_bytes(days, "<i4"),
        close=_from_bytes(close, "<f8"),
        open=None if opens is None else _from_bytes(opens, "<f8"),
        dropped=_from_bytes(dropped, "<i4"),
        dividend=None if paid is None else _from_bytes(paid, "<f8"),
        first=as_date(first),
        last=as_date(last),
        asked_last=as_date(asked),
        checked_at=checked_at,
        fetched_at=fetched_at,
    )


def _from_bytes(data: bytes, dtype: str) -> Any:
    values = np.frombuffer(data, dtype=dtype)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _digest(values: tuple[Any, ...]) -> bytes:
    """SHA-256 over every value with its type and length, so that no value can be mistaken for its neighbour.

    Dividends that are not known are left out: such rows were written before there was a column of them.
    """
    digest = hashlib.sha256()
    for value in values if values[-1] is not None else values[:-1]:
        data = value if isinstance(value, bytes) else repr(value).encode()
        digest.update(f"{type(value).__name__}:{len(data)}:".encode() + data)
    return digest.digest()
