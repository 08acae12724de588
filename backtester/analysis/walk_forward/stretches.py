"""The windows of a walk-forward, in calendar months, and the metrics of curves over a stretch of their sessions."""

from __future__ import annotations

import math

import numpy as np

from backtester.analysis.batch.curve_metrics import Frame, metrics_of, returns_of
from backtester.analysis.statistics.trials import sharpe_ratios
from backtester.metrics.returns import DAYS_A_YEAR, full_months
from backtester.metrics.risk import periodic_rate
from backtester.model.calendar import Calendar
from backtester.model.record import Record, replace
from backtester.model.records import DateArray, FloatArray

_LEAST_DAYS = 28  # of a yearly rate: that of a few days means nothing


class Stretch(Record):
    """Sessions of the period, from row `begin` to the row before `end`."""

    begin: int
    end: int


class Window(Record):
    """A training stretch, and the test that follows it."""

    train: Stretch
    test: Stretch


def windows_of(
    sessions: DateArray, *, train_months: int, test_months: int, anchored: bool, gap_sessions: int
) -> list[Window]:
    """Return the windows of the sessions (P,) of a period. The month that it begins in is the first, full or not.

    A last partial test counts. The gap is taken off the end of the training; a window without any left is left out.
    """
    months = sessions.astype("datetime64[M]").astype(np.int64)
    found, begin = [], int(months[0])
    for test_month in range(begin + train_months, int(months[-1]) + 1, test_months):
        first, last = np.searchsorted(months, [test_month, test_month + test_months]).tolist()
        start = 0 if anchored else int(np.searchsorted(months, test_month - train_months))
        if first < last and start < first - gap_sessions:
            train = Stretch(begin=start, end=first - gap_sessions)
            found.append(Window(train=train, test=Stretch(begin=first, end=last)))
    return found


def latest_training(sessions: DateArray, *, train_months: int, anchored: bool) -> Stretch:
    """Return the training stretch that ends with the period."""
    months = sessions.astype("datetime64[M]").astype(np.int64)
    begin = 0 if anchored else int(np.searchsorted(months, months[-1] - train_months + 1))
    return Stretch(begin=begin, end=sessions.size)


def days_of(sessions: DateArray, stretch: Stretch) -> int:
    """Return the calendar days from the close before a stretch to its last session; of the first, from its first."""
    return int((sessions[stretch.end - 1] - sessions[max(stretch.begin - 1, 0)]).astype(int))


def is_long(sessions: DateArray, stretch: Stretch) -> bool:
    """Return whether a yearly rate of a stretch is defined."""
    return days_of(sessions, stretch) >= _LEAST_DAYS


class GrowthCurves(Record):
    """GrowthCurves over one period, and what their metrics need besides."""

    sessions: DateArray  # (P,)
    calendar: Calendar
    growth: FloatArray  # (C, P) V / initial capital; NaN after a withdrawal of the last money
    initial: float
    risk_free: float  # annual
    benchmark: FloatArray | None  # (P,) its growth

    def only(self, place: int) -> GrowthCurves:
        """Return one of the curves alone."""
        return replace(self, growth=self.growth[place : place + 1])

    def ranking(self, stretch: Stretch, name: str) -> FloatArray:
        """Return a metric of each curve (C,) over a stretch, as of a run that had its money just before it.

        A yearly rate has any stretch of a month, since a stretch is compared with none but itself. NaN for a curve that
        ends before the stretch does.
        """
        lasts = np.isfinite(self.growth[:, stretch.end - 1])
        if not lasts.all():
            found = np.full(lasts.size, math.nan)
            if lasts.any():
                found[lasts] = replace(self, growth=self.growth[lasts]).ranking(stretch, name)
            return found
        grown = self._within(self.growth, stretch)
        if name == "sharpe_ratio":  # what mostly ranks, alone: all metrics take fifty times as long
            periods = self.calendar.periods_per_year
            excess = returns_of(grown, 1.0) - periodic_rate(self.risk_free, periods)
            annual: FloatArray = sharpe_ratios(excess.T) * periods**0.5
            return annual
        values = self.initial * grown
        columns, _ = metrics_of(values, returns_of(values, self.initial), self._frame(stretch))
        if name == "money_weighted_return":  # of a curve, into which nothing is paid
            return columns["cagr"]
        if name == "total_profit":
            return values[:, -1] - self.initial
        return columns.get(name, np.full(len(grown), math.nan))  # none against a benchmark without one

    def _frame(self, stretch: Stretch) -> Frame:
        sessions = self.sessions[stretch.begin : stretch.end]
        calendar = replace(
            self.calendar,
            previous=self._day(stretch.begin - 1) if stretch.begin else self.calendar.previous,
            following=self._day(stretch.end) if stretch.end < self.sessions.size else self.calendar.following,
        )
        benchmark = None
        if self.benchmark is not None:
            benchmark = self.initial * self._within(self.benchmark[None], stretch)[0]
        return Frame(
            sessions=sessions, initial=self.initial, periods=self.calendar.periods_per_year, risk_free=self.risk_free,
            months=full_months(sessions, calendar), benchmark=benchmark, since=self.sessions[max(stretch.begin - 1, 0)],
            least_days=_LEAST_DAYS,
        )  # fmt: skip

    def yearly(self, stretch: Stretch) -> FloatArray:
        """(V_end / V_before)^(365.25 / days) - 1 of each curve (C,), days: `days_of`; NaN for a few of them."""
        grown = self._within(self.growth, stretch)[:, -1]
        if not is_long(self.sessions, stretch):
            return np.full(len(grown), math.nan)
        found: FloatArray = grown ** (DAYS_A_YEAR / days_of(self.sessions, stretch)) - 1
        return found

    def _within(self, curves: FloatArray, stretch: Stretch) -> FloatArray:
        """Return curves (C, P') that are 1 just before the stretch."""
        part: FloatArray = curves[:, stretch.begin : stretch.end]
        return part / curves[:, stretch.begin - 1 : stretch.begin] if stretch.begin else part

    def _day(self, row: int) -> int:
        return int(self.sessions[row].astype(np.int64))
