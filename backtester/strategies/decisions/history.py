"""The prices that a strategy may use at each decision: up to and including its session, none later.

Look-ahead is impossible by construction: every accessor counts backwards from the decision, a negative count is an
error, and the underlying arrays are private.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np

from backtester.model.calendar import measured_periods
from backtester.model.records import BoolArray, DateArray, FloatArray, IntArray

_BETWEEN_REPORTS = 16  # decisions


class History:
    """The price history before each of R decision dates, for N holdings."""

    def __init__(
        self, *, sessions: DateArray, close: FloatArray, decisions: IntArray, symbols: tuple[str, ...] = (),
        signals: dict[str, FloatArray] | None = None, partial: bool = False,
        ended: IntArray | None = None, periods_per_year: int = 252, periods_given: bool = False,
        own: BoolArray | None = None,
        signals_own: dict[str, BoolArray] | None = None, reached: Callable[[int], None] | None = None,
    ) -> None:  # fmt: skip
        """Take the sessions (T,), the closes (T, N) and the rows (R,) of the decisions; -1: before any history.

        signals: (T,) closes of the symbols that are only observed. partial: holdings may begin inside the period.
        ended: (N,) row of the last price of a holding that ends, T of others; None: none ends.
        periods_per_year: the run's P, as its metrics have it. periods_given: the caller chose it, for all sessions.
        own: (T, N) whether a close is the session's own, not carried; None: all are. signals_own: (T,) the same of the
        signals that have carried ones.
        reached: called now and then with the decision that a strategy deciding one by one has reached.
        """
        self.__close = close
        self.__rows = decisions
        self.__sessions = sessions
        self.__signals = signals or {}
        self.__partial = partial
        self.__ended = ended
        self.__reached = reached
        self.__own = own
        self.__signals_own = signals_own or {}
        self.__periods_given = periods_given
        self.__common: dict[bytes, IntArray] = {}
        self.symbols = symbols
        self.periods_per_year = periods_per_year

    @property
    def shape(self) -> tuple[int, int]:
        """R decisions, N holdings."""
        return self.__rows.size, self.__close.shape[1]

    def of(self, symbol: str) -> History:
        """Return the history of one symbol alone, a holding or a signal: N is 1. KeyError."""
        ended = None
        if symbol in self.symbols:
            column = self.symbols.index(symbol)
            close, own = self.__close[:, column], None if self.__own is None else self.__own[:, column]
            ended = None if self.__ended is None else self.__ended[column : column + 1]
        else:
            close, own = self.__signals[symbol], self.__signals_own.get(symbol)
        return History(
            sessions=self.__sessions, close=close[:, None], decisions=self.__rows, symbols=(symbol,),
            partial=self.__partial, ended=ended, periods_per_year=self.__periods(own),
            periods_given=self.__periods_given, own=None if own is None else own[:, None],
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
            from backtester.strategies.weights.windows import running_mean  # only some strategies need it

            return running_mean(self.__close, self.__rows, window)
        total = self.close()
        for ago in range(1, window):
            total += self.close(ago, unit=unit)
        total /= window
        return total

    def volatility(self, window: int) -> FloatArray:
        """Return the (R, N) standard deviation (ddof 1) of the daily returns of the `window` sessions to each decision.

        Of each holding the returns between consecutive sessions on which it has a price of its own. Exactly 0 where
        they are all equal; NaN where the history is too short, or has fewer than two.
        """
        _at_least(window, 2)
        from backtester.strategies.weights.windows import running_volatility  # only some strategies need it

        return running_volatility(self.__close, self.__rows, window, self.__own)

    def mix_returns(self, weights: FloatArray, window: int) -> FloatArray:
        """Return the (R, window) daily returns, oldest first, of the holdings at constant weights (N,).

        NaN on a session without an own price of every holding that has a weight; the next return reaches over it.
        """
        _at_least(window, 1)
        held = np.flatnonzero(weights)
        common = self.__common_rows(held)
        of_all = common.size == self.__close.shape[0]
        daily = np.full(self.__close.shape[0], np.nan)
        growth = np.full(max(common.size - 1, 0), -weights[held].sum())
        for holding in held:  # one after the other: a matrix product rounds by how much history there is
            close = self.__close[:, holding] if of_all else self.__close[common, holding]
            growth += weights[holding] * (close[1:] / close[:-1])
        daily[common[1:]] = growth
        rows = self.__rows[:, None] - np.arange(window - 1, -1, -1)
        return np.where(rows > 0, daily[np.maximum(rows, 0)], np.nan)

    def periods_of(self, weights: FloatArray) -> int:
        """Return the P of the sessions on which all holdings with a weight (N,) have a price of their own."""
        if self.__own is None:
            return self.periods_per_year
        return self.__periods(np.asarray(self.__own[:, weights != 0].all(axis=1)))

    def returns(self, window: int) -> FloatArray:
        """Return the (R, window, N) daily returns of the `window` sessions up to each decision, oldest first.

        0 on a session on which the price was carried forward.
        """
        _at_least(window, 1)
        prices = np.array([self.__take(row - np.arange(window, -1, -1)) for row in self.__rows])
        result: FloatArray = prices[:, 1:] / prices[:, :-1] - 1
        return result

    def common_returns(self, decision: int, window: int, holdings: IntArray) -> FloatArray:
        """Return the (L, n) daily returns of n holdings over the `window` sessions up to one of the R decisions.

        Between consecutive sessions on which all n have a price of their own, oldest first; L is at most the window.
        """
        _at_least(window, 1)
        if self.__reached is not None and decision % _BETWEEN_REPORTS == 0:
            self.__reached(decision)
        row, common = int(self.__rows[decision]), self.__common_rows(holdings)
        first, last = np.searchsorted(common, [row - window, row], side="right").tolist()
        prices = self.__close[common[max(first - 1, 0) : last]][:, holdings]
        result: FloatArray = prices[1:] / prices[:-1] - 1
        return result

    def known(self, *values: FloatArray) -> BoolArray:
        """Mark the holdings (R, N) with enough history: every one of `values` (R, N) is a number there.

        Unless the request allows partial histories, all holdings of a row that have not ended are marked, or none.
        """
        known = ~np.isnan(values[0])
        for value in values[1:]:
            known &= ~np.isnan(value)
        if self.__partial:
            return known
        if self.__ended is None:
            rows: BoolArray = np.empty(known.shape, dtype=bool)  # contiguous rows, whatever the values have
            rows[:] = known.all(axis=1, keepdims=True)
            return rows
        # what has ended has no price any more; that it will end changes nothing earlier
        gone: BoolArray = self.__rows[:, None] > self.__ended
        return (known | gone).all(axis=1, keepdims=True) & ~gone

    def __common_rows(self, holdings: IntArray) -> IntArray:
        """Return the rows on which all of the holdings have a price of their own."""
        if self.__own is None:
            return np.arange(self.__close.shape[0])
        key = holdings.tobytes()
        if key not in self.__common:
            self.__common[key] = np.flatnonzero(self.__own[:, holdings].all(axis=1))
        return self.__common[key]

    def __periods(self, own: BoolArray | None) -> int:
        if own is None or self.__periods_given:
            return self.periods_per_year
        return measured_periods(self.__sessions[own], otherwise=self.periods_per_year)

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


def callback_of(history: History) -> Callable[[int], None] | None:
    """Return the callback that is called with the decision that was reached. Not for strategies."""
    found: Callable[[int], None] | None = vars(history)["_History__reached"]
    return found


def with_callback(history: History, reached: Callable[[int], None]) -> History:
    """Return the history with another callback: that of the process in which a plug-in decides."""
    copied = copy.copy(history)
    vars(copied)["_History__reached"] = reached
    return copied


def rows_of(history: History) -> IntArray:
    """Return the rows (R,) of the sessions that decide. Not for strategies."""
    found: IntArray = vars(history)["_History__rows"]
    return found


def at_rows(history: History, rows: IntArray) -> History:
    """Return the history as decisions on other sessions see it. Their progress is not reported."""
    copied = copy.copy(history)
    vars(copied).update(_History__rows=rows, _History__reached=None)
    return copied


def every_session(history: History) -> tuple[History, IntArray]:
    """Return the history at each session up to the last decision, and the rows (R,) of the decisions among them.

    For trees of rules, whose every function of a session uses none after it, as their tests show. No method: a plug-in
    would see with it what comes after a decision.
    """
    private = {name.removeprefix("_History__"): value for name, value in vars(history).items()}
    rows: IntArray = private["rows"]
    until = int(rows.max(initial=-1)) + 1
    own = private["own"]
    every = History(
        sessions=private["sessions"][:until], close=private["close"][:until], decisions=np.arange(until),
        symbols=history.symbols, signals={symbol: close[:until] for symbol, close in private["signals"].items()},
        signals_own={symbol: mask[:until] for symbol, mask in private["signals_own"].items()},
        own=None if own is None else own[:until], ended=private["ended"], partial=private["partial"],
        periods_given=True,
    )  # fmt: skip
    return every, rows


def own_closes(history: History) -> BoolArray:
    """Mark the closes (R, N) that are of the decision's session itself, neither carried nor missing."""
    private, own = vars(history), ~np.isnan(history.close())
    marked: BoolArray | None = private["_History__own"]
    return own if marked is None else own & marked[np.maximum(private["_History__rows"], 0)]


def _at_least(window: int, least: int) -> None:
    if window < least:
        raise ValueError(f"a window has at least {least} session{'s' if least > 1 else ''}")
