"""Target weights in polars, for the peers that take data frames of polars and have no ranking: their users write it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

PERIODS: dict[str, Callable[[datetime.date], Any]] = {
    "weekly": lambda day: day.isocalendar()[:2], "monthly": lambda day: (day.year, day.month),
    "quarterly": lambda day: (day.year, (day.month - 1) // 3), "annually": lambda day: day.year,
}  # fmt: skip


class Targets(NamedTuple):
    """Closes (T, N) without their dates, the rows that are decided and filled on, and weights (R, N)."""

    sessions: list[datetime.date]
    close: pl.DataFrame
    rows: list[int]
    weights: pl.DataFrame


def market(job: dict[str, Any]) -> tuple[list[datetime.date], pl.DataFrame]:
    """Return the sessions and the closes: out of an Arrow file where the job names one, else out of the job."""
    if "arrow" in job:
        close = pl.read_ipc(job["arrow"])
        return close["date"].to_list(), close.drop("date")
    sessions = [datetime.date.fromisoformat(day) for day in job["sessions"]]
    return sessions, pl.DataFrame(dict(zip(job["symbols"], job["close"], strict=True)))


def targets(run: dict[str, Any], sessions: list[datetime.date], close: pl.DataFrame) -> Targets:
    """Rank and weigh on the first row and on the last session of each period after it."""
    close = close.select(run["symbols"])
    rows = [run["first"], *period_ends(sessions, run["first"], run["frequency"])]
    if run["strategy"] == "buy_hold":
        weights = pl.DataFrame([run["weights"]] * len(rows), schema=close.columns, orient="row")
    else:
        growth = close.select(pl.all() / pl.all().shift(run["lookback"]))[rows]
        rank = growth.transpose().select(pl.all().rank("ordinal", descending=True))
        held = rank.select((pl.all() <= run["top_n"]).cast(pl.Float64) / run["top_n"])
        weights = held.transpose(column_names=close.columns)
    return Targets(sessions, close, rows, weights)


def period_ends(sessions: list[datetime.date], first: int, frequency: str) -> list[int]:
    """Return the rows after `first` that another month (week, quarter, year) follows."""
    if frequency == "never":
        return []
    period = list(map(PERIODS[frequency], sessions))
    return [row for row in range(first + 1, len(period) - 1) if period[row + 1] != period[row]]
