"""Axes of static drawings: their ends, their marks, and the labels beside them.

The page's scripts have the same in `static/ticks.js`; tests/support/ticks.json holds the two together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import NamedTuple

from backtester.report import written

Values = Sequence[float | None]
Marks = Sequence[tuple[float, str]]


class Axis(NamedTuple):
    """One axis: its ends, and its marks with their labels. log: a logarithmic scale; both ends are above 0."""

    low: float
    high: float
    marks: Marks
    log: bool = False


def nice_ticks(low: float, high: float, most: int) -> tuple[list[float], float]:
    """Return marks at 1, 2 or 5 times a power of ten between two values, and their distance."""
    raw = (high - low) / most or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next((n * power for n in (1, 2, 5) if n * power >= raw * (1 - 1e-9)), 10 * power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{n * step:.12g}") for n in range(first, last + 1)], step


def log_ticks(low: float, high: float) -> list[float]:
    """Return marks of a logarithmic axis: fewer in each decade the more decades there are."""
    decades = math.log10(high / low)
    marks = next(
        (found for least, found in ((3.5, (1,)), (1.8, (1, 3)), (1.1, (1, 2, 5)), (0.5, (1, 2, 3, 5, 7)))
         if decades > least), None,
    )  # fmt: skip
    if marks is None:
        return [tick for tick in nice_ticks(low, high, 5)[0] if tick > 0]
    powers = range(math.floor(math.log10(low)), math.floor(math.log10(high)) + 1)
    ticks = (float(f"{mark * 10.0**power:.12g}") for power in powers for mark in marks)
    return [tick for tick in ticks if low <= tick <= high]


def decimals(step: float) -> int:
    """Return how many decimals a step of an axis needs."""
    return max(0, math.ceil(-math.log10(step) - 1e-9))


def percent_labels(ticks: Sequence[float]) -> list[str]:
    """Return marks in per cent, with as many decimals as their step needs."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 0.01
    return [written.percent(tick, decimals(100 * step)) for tick in ticks]


def money_labels(ticks: Sequence[float]) -> list[str]:
    """Return marks of money, in full: in three digits $10,010 and $10,020 would both be $10k."""
    return [written.short_money(tick, 12) for tick in ticks]


def is_logarithmic(low: float, high: float) -> bool:
    """Return whether money is drawn on a logarithmic scale: its highest value is above four times its lowest."""
    return low > 0 and high / low > 4


def value_range(low: float, high: float, *, log: bool = False) -> tuple[float, float]:
    """Return the ends of an axis of values: room above and below; a flat line stands in the middle."""
    if log:
        pad = (high / low) ** 0.04 if high / low > 1.0001 else 1.1
        return low / pad, high * pad
    pad = (high - low) * 0.04 or abs(high) * 0.1 or 1.0
    return low - pad, high + pad


def return_range(low: float, high: float) -> tuple[float, float]:
    """Return the ends of an axis of returns: zero is a part of it, with room beyond what lies above and below."""
    start, end = min(low, 0.0), max(high, 0.0)
    pad = ((end - start) or 0.1) * 0.05
    return (start - pad if start < 0 else 0.0), (end + pad if end > 0 or start == 0 else 0.0)


def time_ticks(first: date, last: date, most: int) -> list[tuple[float, str]]:
    """Return marks of a time axis, as days: years, months or days, whichever leave at most so many."""
    span = (last - first).days
    days = next((step for step in (1, 2, 5, 10, 15) if span / step <= most), None)
    if days is not None:
        every = (date.fromordinal(n) for n in range(first.toordinal(), last.toordinal() + 1))
        # From the first of the month on; none so late that the next month's first would touch it.
        shown = (d for d in every if days == 1 or ((d.day - 1) % days == 0 and d.day + days / 2 <= 31))
        return [(float(d.toordinal()), f"{d.day} {written.MONTHS[d.month - 1]}") for d in shown]
    months = next((step for step in (1, 2, 3, 6) if span / 30.44 / step <= most), None)
    years = next((step for step in (1, 2, 5, 10, 20, 50) if span / 365.25 / step <= most), 100)
    step = months or 12 * years
    begin = (first.year * 12 + first.month - 1) // step * step
    marks = []
    for n in range(begin, last.year * 12 + last.month, step):
        day = date(n // 12, n % 12 + 1, 1)
        label = str(day.year) if day.month == 1 or step >= 12 else written.MONTHS[day.month - 1]
        marks += [(float(day.toordinal()), label)] if first <= day <= last else []
    return marks


def _extent(values: Values, default: tuple[float, float]) -> tuple[float, float]:
    known = [value for value in values if value is not None]
    return (min(known), max(known)) if known else default


def percent_axis(values: Values, *, zero: bool = False) -> Axis:
    """Return an axis of fractions, labelled in per cent. zero: the axis reaches it."""
    low, high = (return_range if zero else value_range)(*_extent(values, (0.0, 1.0)))
    ticks, _ = nice_ticks(low, high, 5)
    return Axis(low, high, list(zip(ticks, percent_labels(ticks), strict=True)))


def ratio_axis(values: Values) -> Axis:
    """Return an axis of ratios."""
    low, high = value_range(*_extent(values, (0.0, 1.0)))
    ticks, step = nice_ticks(low, high, 5)
    return Axis(low, high, [(tick, written.plain(tick, decimals(step))) for tick in ticks])


def money_axis(values: Values) -> Axis:
    """Return an axis of money."""
    ends = _extent([value for value in values if value is not None and value > 0], (1.0, 10.0))
    log = is_logarithmic(*ends)
    low, high = value_range(*ends, log=log)
    ticks = log_ticks(low, high) if log else nice_ticks(low, high, 5)[0]
    return Axis(low, high, list(zip(ticks, money_labels(ticks), strict=True)), log)


def days(iso: str) -> float:
    """Return a date as a number of days."""
    return float(date.fromisoformat(iso).toordinal())


def date_axis(dates: Sequence[str]) -> Callable[[int], Axis]:
    """Return the axis from the first to the last of some dates, for a number of marks that have room."""
    first, last = date.fromisoformat(dates[0]), date.fromisoformat(dates[-1])
    return lambda most: Axis(days(dates[0]), days(dates[-1]), time_ticks(first, last, most))
