"""The provenance of a run's prices, and their digest."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.codec.digest import sha256
from backtester.model.records import DateArray, FloatArray, SymbolHistory


def provenance(
    history: SymbolHistory,
    rows: slice,
    *,
    with_open: bool,
    with_dividends: bool = False,
    with_traded: bool = False,
    outside: str = "",
) -> dict[str, Any]:
    """Return name (where the symbol has one), source, first, last, sessions and digest of the rows that are used.

    The digest is SHA-256 over the sessions (days since 1970-01-01, int64), the closes, where opens are filled at the
    opens, where they are paid to cash the word dividends and these, and of holdings, where they differ from the closes,
    the word traded and the traded closes, the word split and the splits (float64), each little-endian. Where the
    history can never change it is taken over the history's own digest, the first and the last session used, and
    whether opens were: this fixes the prices as well, without hashing megabytes in every spawned run. Where prices
    outside the run show that its last month or a holding has ended, or that its first month had begun, it is taken over
    itself and `outside`.
    """
    sessions = history.sessions[rows]
    digest = _digest(history, rows, with_open=with_open, with_dividends=with_dividends, with_traded=with_traded)
    if outside:
        digest = sha256(f"{digest} {outside}".encode())
    name = _name(history)
    return {
        **({} if name is None else {"name": name}),
        "source": history.source,
        "first": str(sessions[0]) if sessions.size else None,
        "last": str(sessions[-1]) if sessions.size else None,
        "sessions": int(sessions.size),
        "digest": f"sha256:{digest}",
    }


def _digest(history: SymbolHistory, rows: slice, *, with_open: bool, with_dividends: bool, with_traded: bool) -> str:
    sessions = history.sessions[rows]
    if history.digest is not None:
        bounds = f"{sessions[0]} {sessions[-1]}" if sessions.size else "none"
        return sha256(f"{history.digest} {bounds} {with_open}".encode())
    opens = history.open[rows] if with_open and history.open is not None else None
    named = {
        "dividends": history.dividend if with_dividends else None,
        "traded": history.traded if with_traded else None,
        "split": history.split if with_traded else None,
    }
    used = {name: column[rows] for name, column in named.items() if column is not None}
    if "traded" in used and np.array_equal(used["traded"], history.close[rows]):
        del used["traded"]
    return _content_digest(sessions, history.close[rows], opens, used)


def _name(history: SymbolHistory) -> str | None:
    """Return the name of a symbol; None of one that a caller or an operator's file chose, which may mean another."""
    if history.source in ("csv", "inline"):
        return None
    from backtester.prices import bundled  # inline prices need no sample

    return bundled.name_of(history.symbol)


def _content_digest(
    sessions: DateArray, close: FloatArray, opens: FloatArray | None, named: dict[str, FloatArray]
) -> str:
    import hashlib  # OpenSSL is twice as fast, but takes four milliseconds to load: worth it for prices only

    content = hashlib.sha256(np.ascontiguousarray(sessions.astype("<i8")).data)
    for column in (close, opens):
        if column is not None:
            content.update(np.ascontiguousarray(column, dtype="<f8").data)
    for name, column in named.items():
        content.update(name.encode())  # distinguishes them from opens, and from each other
        content.update(np.ascontiguousarray(column, dtype="<f8").data)
    return content.hexdigest()
