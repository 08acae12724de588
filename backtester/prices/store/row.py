"""One symbol's stored prices as a row of the store's table, with a digest over all columns."""

from __future__ import annotations

import datetime
import hashlib
import json
from typing import Any

import numpy as np

from backtester.prices.checks.repairs import RepairedPrices
from backtester.prices.store.imported import notes_as_text, notes_from_text
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
    "traded",
    "split",
    "repairs",
    "check_began",
    "imported",
    "digest",
)
_FIRST_COLUMNS = COLUMNS.index("dividend")  # of the first version


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
        None if stored.traded is None else stored.traded.astype("<f8").tobytes(),
        None if stored.split is None else stored.split.astype("<f8").tobytes(),
        _repairs_as_text(stored.repairs) if stored.repairs else None,
        None if stored.check_began is None else float(stored.check_began),
        notes_as_text(stored),
    )
    return (*values, _digest(values))


def unpack(row: tuple[Any, ...]) -> StoredHistory | None:
    """Return the history of a row; None where its digest is wrong."""
    *values, digest = row
    if _digest(tuple(values)) != digest:
        return None
    symbol, source, first, last, asked, checked_at, fetched_at, days, close, opens, dropped, *added = values
    paid, traded, split, repairs, check_began, imported = added
    return StoredHistory(
        symbol=symbol,
        source=source,
        days=_from_bytes(days, "<i4"),
        close=_from_bytes(close, "<f8"),
        open=None if opens is None else _from_bytes(opens, "<f8"),
        dropped=_from_bytes(dropped, "<i4"),
        dividend=None if paid is None else _from_bytes(paid, "<f8"),
        traded=None if traded is None else _from_bytes(traded, "<f8"),
        split=None if split is None else _from_bytes(split, "<f8"),
        repairs=() if repairs is None else _repairs_from_text(symbol, repairs),
        first=as_date(first),
        last=as_date(last),
        asked_last=as_date(asked),
        checked_at=checked_at,
        fetched_at=fetched_at,
        check_began=check_began,
        **notes_from_text(symbol, imported),
    )


def _from_bytes(data: bytes, dtype: str) -> Any:
    values = np.frombuffer(data, dtype=dtype)
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def _repairs_as_text(repairs: tuple[RepairedPrices, ...]) -> str:
    return json.dumps([[repair.detail, [day.isoformat() for day in repair.days]] for repair in repairs])


def _repairs_from_text(symbol: str, text: str) -> tuple[RepairedPrices, ...]:
    return tuple(
        RepairedPrices(
            code="PRICES_REPAIRED", detail=detail, symbol=symbol, days=tuple(map(datetime.date.fromisoformat, days))
        )
        for detail, days in json.loads(text)
    )


def _digest(values: tuple[Any, ...]) -> bytes:
    """SHA-256 over every value with its type and length, so that no value can be mistaken for its neighbour.

    The last columns are left out where they are not known: rows were written before there were such columns.
    """
    digest = hashlib.sha256()
    known = len(values)
    while values[known - 1] is None and known > _FIRST_COLUMNS:
        known -= 1
    for value in values[:known]:
        data = value if isinstance(value, bytes) else repr(value).encode()
        digest.update(f"{type(value).__name__}:{len(data)}:".encode() + data)
    return digest.digest()
