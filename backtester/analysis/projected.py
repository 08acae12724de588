"""`analysis.projection`: the years to come, drawn from the months or years of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from backtester.analysis.nulls import Nulls
from backtester.analysis.question import Answer
from backtester.analysis.statistics.projection import block_growth, normal_growth, project, yearly_growth
from backtester.analysis.variations import Variations
from backtester.metrics import returns as rt
from backtester.metrics.measure import run_calendar
from backtester.model.calendar import Calendar
from backtester.model.records import DateArray, FloatArray, IntArray, Progress
from backtester.pipeline import Measured

_LEAST = {"block_bootstrap": 1, "iid_years": 1, "normal": 2}  # full months, or years


class Projected:
    """The question `analysis.projection`. It needs no prices but those of the run."""

    digests: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, variations: Variations, asked: dict[str, Any]) -> None:
        self._loaded = variations.asked
        self._asked = asked

    @property
    def runs(self) -> int:
        """About how many runs take as long."""
        return int(self._asked["paths"] * self._asked["years"] // 10_000) + 1

    def answer(self, asked: Measured, progress: Progress) -> Answer:
        """Return `result.analysis.projection`; null where the period has too few full months or years."""
        options, nulls = self._asked, Nulls()
        history = self._history(asked)
        if history.size < _LEAST[options["model"]]:
            nulls.nothing("", "PERIOD_TOO_SHORT")
            return Answer(block=None, null_reasons=nulls.reasons)
        growth = self._growth(history)
        if options["withdrawal"]["real"]:
            growth /= 1 + options["inflation_rate"]
        percentiles = options["percentiles"]
        found = project(growth, withdrawal=options["withdrawal"]["annual_rate"], percentiles=np.array(percentiles))
        names = [repr(float(percentile)).removesuffix(".0") for percentile in percentiles]  # no two are alike
        block = {
            "years": [*range(1, options["years"] + 1)],
            "bands": {name: band.tolist() for name, band in zip(names, found.bands, strict=True)},
            "success": found.success.tolist(),
            "safe_withdrawal_rate": dict(zip(names, found.safe_rate.tolist(), strict=True)),
            "perpetual_withdrawal_rate": dict(zip(names, found.perpetual_rate.tolist(), strict=True)),
        }
        return Answer(block=block, null_reasons=nulls.reasons)

    def _history(self, asked: Measured) -> FloatArray:
        """Return the returns of the run's full months; of its full years where those are drawn."""
        ledger, growth = asked.ledger, asked.report.growth
        calendar = run_calendar(ledger, self._loaded.prices)
        yearly = self._asked["model"] == "iid_years"
        rows = full_years(ledger.sessions, calendar) if yearly else rt.full_months(ledger.sessions, calendar)
        before = self._loaded.spec.initial_capital if rows[0] < 0 else float(growth[rows[0]])
        return rt.simple_returns(growth[rows[1:]], before)

    def _growth(self, history: FloatArray) -> FloatArray:
        options = self._asked
        sizes = {"years": options["years"], "paths": options["paths"], "seed": options["seed"]}
        if options["model"] == "iid_years":
            return yearly_growth(history, **sizes)
        if options["model"] == "normal":
            return normal_growth(history, **sizes)
        return block_growth(history, block_months=options["block_months"], **sizes)


def full_years(sessions: DateArray, calendar: Calendar) -> IntArray:
    """Return the rows of the value before the first full year of sessions (P,), and of the end of each.

    As `returns.full_months`.
    """
    rows = rt.last_rows(sessions, "Y")
    full = calendar.full_periods(sessions, rows, "annually")
    found: IntArray = np.append(-1 if full[0] else rows[0], rows[full])
    return found
