"""What may be known at each decision: prices up to and including its session, and none later.

This is where look-ahead ends by construction: every accessor counts backwards from the decision, a negative count
is an error, and the arrays behind it are not handed out.
"""

from __future__ import annotations

import numpy as np

from backtester.model import DateArray, FloatArray, IntArray


class History:
    """The past as seen from R decision dates, for N holdings."""

    def __init__(self, *, sessions: DateArray, close: FloatArray, decisions: IntArray) -> None:
        """Take the sessions (T,), the closes (T, N) and the rows (R,) of the decisions; -1: before any history."""
        self.__close = close
        self.__rows = decisions
        self.__sessions = sessions

    @property
    def shape(self) -> tuple[int, int]:
        """R decisions, N holdings."""
        return self.__rows.size, self.__close.shape[1]

    def close(self, ago: int = 0, *, unit: str = "sessions") -> FloatArray:
        """Return the (R, N) closes `ago` sessions, or month-ends, before each decision; 0 is the decision's own.

        A month-end is the last session of its month; 1 is that of the month before the decision's.
        NaN where the history does not reach back so far.
        """
        if ago < 0:
            raise ValueError("a strategy cannot look ahead")
        rows = self.__rows - ago if unit == "sessions" else self.__month_ends(ago)
        return self.__take(rows)

    def returns(self, window: int) -> FloatArray:
        """Return the (R, window, N) daily returns of the `window` sessions up to each decision, oldest first."""
        if window < 1:
            raise ValueError("a window has at least one session")
        rows = self.__rows[:, None] - np.arange(window, -1, -1)
        prices = self.__take(rows)
        result: FloatArray = prices[:, 1:] / prices[:, :-1] - 1
        return result

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
