"""The repairs of a source's prices: a factor of a hundred for some sessions, and the warnings of every repair."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from backtester.model.errors import RunWarning
from backtester.model.records import FloatArray

HUNDRED = 100.0  # pence for pounds, cents for dollars
SAME_FACTOR = 0.01
MOST_SESSIONS = 5  # of a price a hundred times too high or too low


class RepairedPrices(RunWarning):
    """PRICES_REPAIRED with the sessions it is about, so that it can be stored and cut to a period."""

    days: tuple[datetime.date, ...]

    def within(self, start: datetime.date, end: datetime.date) -> RepairedPrices | None:
        """Return the warning where one of its sessions lies in a period, None where none does."""
        return self if any(start <= day <= end for day in self.days) else None


class Repairs:
    """Collects the repairs of one symbol's prices: one warning for each kind."""

    def __init__(self, symbol: str, sessions: Any) -> None:
        self.symbol, self.sessions = symbol, sessions
        self._found: dict[str, tuple[str, list[datetime.date]]] = {}

    def note(self, kind: str, row: int, detail: str) -> None:
        """Note a repair on a session. detail: of the first of its kind, with {symbol}, {day} and {more}."""
        day: datetime.date = self.sessions[row].astype("datetime64[D]").item()
        _, days = self._found.setdefault(kind, (detail, []))
        if day not in days:
            days.append(day)

    def warnings(self) -> tuple[RepairedPrices, ...]:
        """Return a warning for each kind."""
        return tuple(self._warning(detail, days) for detail, days in self._found.values())

    def _warning(self, detail: str, days: list[datetime.date]) -> RepairedPrices:
        more = f" (and {len(days) - 1} more, the last on {days[-1]})" if len(days) > 1 else ""
        text = detail.format(symbol=self.symbol, day=days[0], more=more)
        return RepairedPrices(code="PRICES_REPAIRED", detail=text, symbol=self.symbol, days=tuple(days))


def mend_hundredfold(prices: FloatArray, repairs: Repairs) -> FloatArray:
    """Return prices (T,) without those that are a hundred times too high or too low for at most five sessions.

    Both the jump there and the jump back are a factor of 100 within one per cent. Other prices stay to the bit.
    """
    with np.errstate(all="ignore"):
        step = prices[1:] / prices[:-1]
    jumps = np.flatnonzero((step > HUNDRED / 2) | (step < 2 / HUNDRED)) + 1
    if jumps.size < 2:
        return prices
    mended = prices
    until = 0
    for row, back in zip(jumps[:-1].tolist(), jumps[1:].tolist(), strict=True):
        up = float(step[row - 1])
        factor = HUNDRED if up > 1 else 1 / HUNDRED
        returns = _is_factor(up, factor) and _is_factor(float(step[back - 1]), 1 / factor)
        if row < until or back - row > MOST_SESSIONS or not returns:
            continue
        until = back + 1
        mended = mended.copy() if mended is prices else mended
        mended[row:back] = prices[row:back] / factor
        for at in range(row, back):
            repairs.note(
                "hundredfold", at,
                f"The price of {{symbol}} on {{day}} was {prices[row]:.6g} after {prices[row - 1]:.6g}, a hundred "
                f"times too {'high' if up > 1 else 'low'}{{more}}. It was taken as {mended[row]:.6g}.",
            )  # fmt: skip
    return mended


def mend_opens(opens: FloatArray, given: FloatArray, mended: FloatArray, repairs: Repairs) -> FloatArray:
    """Return opens (T,), mended where the closes `given` were, and where they jump by themselves. NaN stays."""
    if mended is not given:
        with np.errstate(all="ignore"):
            too = np.abs(np.log(opens / given)) < np.abs(np.log(opens / mended))
        opens = np.where(too, opens / (given / mended), opens)
    return mend_hundredfold(opens, repairs)


def _is_factor(value: float, factor: float) -> bool:
    return abs(value / factor - 1) <= SAME_FACTOR
