"""`compare`: the request as asked and its variations, side by side over the period that all have in common.

Each column is the single run of the patched request over that period, to the bit.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.analysis.question import Answer
from backtester.analysis.variations import Variations, dated
from backtester.codec.columns import iso_dates, points, thin
from backtester.contract.check import CheckedRequest
from backtester.contract.variations.variation_rules import AS_ASKED
from backtester.model.errors import BacktestError, DataError, RunWarning
from backtester.model.record import Record
from backtester.model.records import DateArray, FloatArray, Progress
from backtester.pipeline import Loaded, Measured

_ENDS_THE_WHOLE = (4, 5)  # exit statuses: a limit, cancelled


class _Compared(Record):
    """A run of the comparison: what was loaded, and what came of it."""

    checked: CheckedRequest
    loaded: Loaded
    outcome: Measured

    @property
    def sessions(self) -> DateArray:
        """The sessions of its period."""
        return self.outcome.ledger.sessions


class ComparedRuns:
    """The question `compare`, its prices loaded."""

    def __init__(self, variations: Variations, asked: list[dict[str, Any]]) -> None:
        self._variations = variations
        self._names = [AS_ASKED, *(each["name"] for each in asked)]
        self._errors: dict[str, BacktestError] = {}
        self._loaded: dict[str, tuple[CheckedRequest, Loaded]] = {}
        for each in asked:
            self._try(each["name"], functools.partial(self._load, each["name"], each["patch"]))

    @property
    def digests(self) -> dict[str, Any]:
        """The digest of each symbol's prices, by variation; of one that failed, its error."""
        found: dict[str, Any] = {name: error.code for name, error in self._errors.items()}
        for name, (_, loaded) in self._loaded.items():
            found[name] = {symbol: entry["digest"] for symbol, entry in loaded.prices.provenance.items()}
        return found

    @property
    def runs(self) -> int:
        """One for each variation, and one again where their periods differ."""
        return len(self._names)

    def answer(self, asked: Measured, progress: Progress) -> Answer:
        """Return `result.comparison`."""
        base = self._variations.patched({}), self._variations.asked
        runs = {AS_ASKED: _Compared(checked=base[0], loaded=base[1], outcome=asked)}
        for number, (name, (checked, loaded)) in enumerate(self._loaded.items()):
            progress("simulating", number, len(self._names))
            self._try(name, functools.partial(self._carry_out, runs, name, checked, loaded))
        limited_by, warnings = self._limit(runs)
        self._make_common(runs)
        return self._rendered(runs, limited_by, warnings)

    # -- runs

    def _load(self, name: str, patch: dict[str, Any]) -> None:
        checked = self._variations.patched(patch)
        self._loaded[name] = checked, self._variations.load(checked)

    def _carry_out(self, runs: dict[str, _Compared], name: str, checked: CheckedRequest, loaded: Loaded) -> None:
        runs[name] = _Compared(checked=checked, loaded=loaded, outcome=self._variations.carry_out(loaded))

    def _again(self, runs: dict[str, _Compared], name: str, start: str, end: str) -> None:
        checked = dated(runs[name].checked, start, end)
        self._carry_out(runs, name, checked, self._variations.load(checked))

    def _try(self, name: str, work: Callable[[], None]) -> None:
        """Do a piece of the work of one run; note the error that it ends in. Limits and cancelling end the whole."""
        try:
            work()
        except BacktestError as error:  # that of a plug-in is of no class of its own
            if error.exit_code in _ENDS_THE_WHOLE:
                raise
            self._errors[name] = error

    # -- the common period

    def _limit(self, runs: dict[str, _Compared]) -> tuple[str | None, tuple[RunWarning, ...]]:
        """Leave out runs without a session in common with those before; return which run limits the period."""
        common = runs[AS_ASKED].sessions
        for name, run in [*runs.items()]:
            shared = np.intersect1d(common, run.sessions)
            if shared.size:
                common = shared
                continue
            detail = (
                f"It runs from {run.sessions[0]} to {run.sessions[-1]}, and has no session in common with the runs "
                f"before it, from {common[0]} to {common[-1]}."
            )
            self._errors[name] = DataError("NO_DATA_IN_RANGE", detail)
            del runs[name]
        starts, ends = ({name: run.sessions[n] for name, run in runs.items()} for n in (0, -1))
        if len(set(starts.values())) == 1 and len(set(ends.values())) == 1:
            return None, ()
        if len(set(starts.values())) > 1:
            name, what = max(starts, key=lambda n: starts[n]), "begins last"
        else:
            name, what = min(ends, key=lambda n: ends[n]), "ends first"
        detail = f"The periods differ. The runs are compared from {common[0]} to {common[-1]}: {name} {what}."
        return name, (RunWarning(code="PERIODS_DIFFER", detail=detail, pointer="/compare"),)

    def _make_common(self, runs: dict[str, _Compared]) -> None:
        """Make the runs again from the first to the last session that all have, where their periods differ.

        From a later start, withdrawals may take the last money earlier: then once more.
        """
        while len({(run.sessions[0], run.sessions[-1]) for run in runs.values()}) > 1:
            start, end = (str(day) for day in _common_sessions(runs)[[0, -1]])
            self._again(runs, AS_ASKED, start, end)
            for name in [*runs][1:]:
                self._try(name, functools.partial(self._again, runs, name, start, end))
                if name in self._errors:
                    del runs[name]

    # -- the document

    def _rendered(self, runs: dict[str, _Compared], limited_by: str | None, warnings: tuple[RunWarning, ...]) -> Answer:
        reasons: dict[str, str] = {}
        sessions = _common_sessions(runs)
        rows = {name: np.searchsorted(run.sessions, sessions) for name, run in runs.items()}
        values = {name: run.outcome.ledger.equity[rows[name]] for name, run in runs.items()}
        growths = {name: run.outcome.report.growth[rows[name]] for name, run in runs.items()}
        drawdowns = [run.outcome.report.drawdown[rows[name]] for name, run in runs.items()]
        most = self._variations.checked.request["output"]["max_points"]
        shown = points(most, *zip(values.values(), drawdowns, strict=True))
        dates = iso_dates(sessions)
        block = {
            "period": {
                "start": dates[0], "end": dates[-1], "sessions": len(dates), "limited_by": limited_by,
            },
            "names": self._names,
            "metrics": self._metrics(runs, reasons),
            "dates": dates if shown is None else [dates[row] for row in shown],
            "portfolio_value": {name: thin(value, shown).tolist() for name, value in values.items()},
            "correlations": self._correlations(growths, reasons),
            "warnings": self._warnings(runs),
            "errors": {name: _error(self._errors[name]) for name in self._names if name in self._errors},
        }  # fmt: skip
        return Answer(block=block, null_reasons=reasons, warnings=warnings)

    def _metrics(self, runs: dict[str, _Compared], reasons: dict[str, str]) -> dict[str, list[float | None]]:
        columns: dict[str, list[float | None]] = {}
        for metric in runs[AS_ASKED].outcome.report.metrics:
            column = columns[metric] = []
            for number, name in enumerate(self._names):
                at, value = f"/metrics/{metric}/{number}", math.nan
                if name in runs:
                    report = runs[name].outcome.report
                    value = report.metrics[metric]
                    reason = report.null_reasons.get(f"/metrics/{metric}", "")
                else:
                    reason = "VARIATION_FAILED"
                column.append(value if math.isfinite(value) else None)
                if column[-1] is None:
                    reasons[at] = reason
        return columns

    def _correlations(self, growths: dict[str, FloatArray], reasons: dict[str, str]) -> list[list[float | None]]:
        """Return the matrix in the order of the names; of a run that failed, a row and a column of nulls."""
        steps = np.array([curve[1:] / curve[:-1] - 1 for curve in growths.values()])
        enough = steps.shape[1] >= 2
        matrix = np.full((len(self._names), len(self._names)), np.nan)
        place = [self._names.index(name) for name in growths]
        if enough:
            known = np.atleast_2d(np.corrcoef(steps))
            known = np.clip((known + known.T) / 2, -1, 1)
            known[np.diag_indices_from(known)] /= np.diag(known)  # 1 but for rounding
            matrix[np.ix_(place, place)] = known
        for row, column in np.argwhere(np.isnan(matrix)).tolist():
            failed = not {self._names[row], self._names[column]} <= growths.keys()
            undefined = "ZERO_DENOMINATOR" if enough else "TOO_FEW_OBSERVATIONS"
            reasons[f"/correlations/{row}/{column}"] = "VARIATION_FAILED" if failed else undefined
        return [[value if value == value else None for value in row] for row in matrix.tolist()]

    def _warnings(self, runs: dict[str, _Compared]) -> dict[str, list[dict[str, Any]]]:
        known = _warnings_of(runs[AS_ASKED])
        found = {name: [w for w in _warnings_of(run) if w not in known] for name, run in runs.items()}
        return {name: warnings for name, warnings in found.items() if warnings}


def _common_sessions(runs: dict[str, _Compared]) -> DateArray:
    """Return the sessions that all runs have."""
    common: DateArray = functools.reduce(np.intersect1d, (run.sessions for run in runs.values()))
    return common


def _warnings_of(run: _Compared) -> list[dict[str, Any]]:
    loaded, outcome = run.loaded, run.outcome
    stages = (loaded.spec.warnings, loaded.prices.warnings, outcome.targets.warnings, outcome.ledger.warnings)
    return [warning.as_document() for warnings in stages for warning in warnings]


def _error(error: BacktestError) -> dict[str, Any]:
    """Return the error of a run. A pointer is that of its first problem, into the patched request."""
    pointer = {"pointer": error.problems[0].pointer} if error.problems else {}
    return {"code": error.code, "detail": error.detail, **pointer}
