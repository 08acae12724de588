"""The prices that a strategy may use at each decision: up to and including its session, none later.

Look-ahead is impossible by construction: every accessor counts backwards from the decision, a negative count is an
error, and the underlying arrays are private.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray

_BETWEEN_REPORTS = 16  # decisions


class History:
    """The price history before each of R decision dates, for N holdings."""

    def __init__(
        self, *, sessions: DateArray, close: FloatArray, decisions: IntArray, symbols: tuple[str, ...] = (),
        signals: dict[str, FloatArray] | None = None, partial: bool = False,
        periods_per_year: int = 252, reached: Callable[[int], None] | None = None,
    ) -> None:  # fmt: skip
        """Take the sessions (T,), the closes (T, N) and the rows (R,) of the decisions; -1: before any history.

        signals: (T,) closes of the symbols that are only observed. partial: holdings may begin inside the period.
        periods_per_year: the run's P, as its metrics have it.
        reached: called now and then with the decision that a strategy deciding one by one has reached.
        """
        self.__close = close
        self.__rows = decisions
        self.__sessions = sessions
        self.__signals = signals or {}
        self.__partial = partial
        self.__reached = reached
        self.symbols = symbols
        self.periods_per_year = periods_per_year

    @property
    def shape(self) -> tuple[int, int]:
        """R decisions, N holdings."""
        return self.__rows.size, self.__close.shape[1]

    def of(self, symbol: str) -> History:
        """Return the history of one symbol alone, a holding or a signal: N is 1. KeyError."""
        if symbol in self.symbols:
            close = self.__close[:, self.symbols.index(symbol)]
        else:
            close = self.__signals[symbol]
        return History(
            sessions=self.__sessions, close=close[:, None], decisions=self.__rows, symbols=(symbol,),
            partial=self.__partial, periods_per_year=self.periods_per_year,
        )  # fmt: skip

    def close(self, ago: int = 0, *, unit: str = "sessions") -> FloatArray:
        """Return the (R, N) closes `ago` sessions, or month-ends, before each decision; 0 is the decision's own.

        A month-end is the last session of its month; 1 is that of the month before the decision's.
        NaN where the history is too short.
        """
        if ago < 0:
            raise ValueError("a strategy cannot look ahead")
        rows = self.__rows - ago if unit == "sessions" else self.__month_ends(ago)
        return self.__take(rows)

    def average(self, window: int, *, unit: str = "sessions") -> FloatArray:
        """Return the (R, N) mean of the last `window` closes, or month-ends, up to and including each decision's own.

        NaN where the history is too short.
        """
        _at_least(window, 1)
        if unit == "sessions":
            from backtester.strategies.windows import running_mean  # only some strategies need it

            return running_mean(self.__close, self.__rows, window)
        total = self.close()
        for ago in range(1, window):
            total += self.close(ago, unit=unit)
        total /= window
        return total

    def volatility(self, window: int) -> FloatArray:
        """Return the (R, N) standard deviation (ddof 1) of the `window` daily returns up to each decision.

        Exactly 0 where the price did not move; NaN where the history is too short.
        """
        _at_least(window, 2)
        from backtester.strategies.windows import running_volatility  # only some strategies need it

        return running_volatility(self.__close, self.__rows, window)

    def mix_returns(self, weights: FloatArray, window: int) -> FloatArray:
        """Return the (R, window) daily returns, oldest first, of the holdings at constant weights (N,)."""
        _at_least(window, 1)
        held = np.flatnonzero(weights)
        daily = np.full(self.__close.shape[0], np.nan)
        daily[1:] = -weights[held].sum()
        for holding in held:  # one after the other: a matrix product rounds by how much history there is
            close = self.__close[:, holding]
            daily[1:] += weights[holding] * (close[1:] / close[:-1])
        rows = self.__rows[:, None] - np.arange(window - 1, -1, -1)
        return np.where(rows > 0, daily[np.maximum(rows, 0)], np.nan)

    def returns(self, window: int) -> FloatArray:
        """Return the (R, window, N) daily returns of the `window` sessions up to each decision, oldest first."""
        return np.array([self.returns_before(decision, window) for decision in range(self.__rows.size)])

    def returns_before(self, decision: int, window: int) -> FloatArray:
        """Return the (window, N) daily returns of the sessions up to one of the R decisions, oldest first."""
        _at_least(window, 1)
        if self.__reached is not None and decision % _BETWEEN_REPORTS == 0:
            self.__reached(decision)
        prices = self.__take(self.__rows[decision] - np.arange(window, -1, -1))
        result: FloatArray = prices[1:] / prices[:-1] - 1
        return result

    def known(self, *values: FloatArray) -> BoolArray:
        """Mark the holdings (R, N) with enough history: every one of `values` (R, N) is a number there.

        Unless the request allows partial histories, all holdings of a row are marked, or none.
        """
        known = ~np.isnan(values[0])
        for value in values[1:]:
            known &= ~np.isnan(value)
        if not self.__partial:
            known = np.broadcast_to(known.all(axis=1, keepdims=True), known.shape)
        return known

    def __take(self, rows: IntArray) -> FloatArray:
        prices = self.__close[np.maximum(rows, 0)]
        prices[rows < 0] = np.nan
        return prices

    def __month_ends(self, ago: int) -> IntArray:
        if ago == 0:
            return self.__rows
        months = self.__sessions.astype("datetime64[M]").astype(np.int64)
        month = months[np.maximum(self.__rows, 0)] - ago
        rows = np.searchsorted(months, month, side="right") - 1
        known = (rows >= 0) & (self.__rows >= 0) & (months[np.maximum(rows, 0)] == month)
        return np.where(known, rows, -1)


def _at_least(window: int, least: int) -> None:
    if window < least:
        raise ValueError(f"a window has at least {least} session{'s' if least > 1 else ''}")
