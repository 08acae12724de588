"""`analysis.walk_forward`: a setting is chosen on one stretch of history and held over the next, again and again.

Pardo (2008), "The Evaluation and Optimization of Trading Strategies", second edition, chapter 11.
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from backtester.analysis.batch.configurations import Configurations
from backtester.analysis.batch.parts import described
from backtester.analysis.batch.runs import Piece, PieceRuns, pieces_of
from backtester.analysis.benchmark_growth import benchmark_growth
from backtester.analysis.common_period import ready
from backtester.analysis.nulls import Nulls
from backtester.analysis.question import Answer, reporting
from backtester.analysis.statistics.trials import highest
from backtester.analysis.variations import Variations
from backtester.analysis.walk_forward.choices import Choices
from backtester.analysis.walk_forward.stitched import Stitched, held
from backtester.analysis.walk_forward.stretches import GrowthCurves, Stretch, is_long, latest_training, windows_of
from backtester.codec.columns import iso_dates, points, thin
from backtester.contract.variations.grid import grid_of
from backtester.metrics.measure import undefined_reason
from backtester.model.errors import DataError, InternalError, RequestError
from backtester.model.records import DateArray, FloatArray, Progress, Report
from backtester.model.ties import TOLERANCE, tolerance_of
from backtester.pipeline import Done, Loaded, Measured

_FAILED = "VARIATION_FAILED"


class WalkForward:
    """The question `analysis.walk_forward`, its prices loaded."""

    def __init__(self, variations: Variations, asked: dict[str, Any]) -> None:
        self._asked = asked
        self._variations = variations
        self._grid = grid_of(asked)
        self._configurations = Configurations(variations, self._grid)
        self._ready = ready(self._configurations, variations)
        self._runs_of = PieceRuns(self._configurations, [loaded for _, loaded in self._ready.runs])
        self._sessions = self._period()
        anchored, months = asked["mode"] == "anchored", asked["train_months"]
        self._windows = windows_of(
            self._sessions, train_months=months, test_months=asked["test_months"], anchored=anchored,
            gap_sessions=asked["gap_sessions"],
        ) if self._sessions.size else []  # fmt: skip
        self._whole = [] if not self._windows else [
            latest_training(self._sessions, train_months=months, anchored=anchored),
            Stretch(begin=self._windows[0].test.begin, end=self._sessions.size),
        ]  # fmt: skip

    @property
    def digests(self) -> Any:
        """The digests of the prices of each group of settings."""
        return self._ready.digests

    @property
    def runs(self) -> int:
        """One for each setting, and those of the answer."""
        return len(self._configurations.wanted) + 4

    def _period(self) -> DateArray:
        if not self._ready.runs:
            return self._variations.asked.prices.sessions[:0]
        prices = self._ready.runs[0][1].prices
        return prices.sessions[prices.first :]

    def answer(self, asked: Measured, progress: Progress) -> Answer:
        """Return `result.analysis.walk_forward`; null for a period without a test, or where every setting failed."""
        nulls = Nulls()
        if not self._windows:
            nulls.nothing("", "PERIOD_TOO_SHORT" if self._ready.runs else _FAILED)
            return Answer(block=None, null_reasons=nulls.reasons)
        choices = self._choices(progress)
        progress("simulating", self.runs - 4, self.runs)
        if self._all_failed and (choices.index < 0).all():
            return Answer(block=None, null_reasons={"": _FAILED})
        try:
            block = self._block(choices, nulls)
        except (RequestError, DataError, InternalError):  # of the portfolio that moves between the settings
            return Answer(block=None, null_reasons={"": _FAILED})
        return Answer(block=block, null_reasons=nulls.reasons)

    # -- the settings, each over every stretch

    def _choices(self, progress: Progress) -> Choices:
        """Choose in each window among all settings. Fill in rank_by (C,) over all tests."""
        choices = self._no_choices()
        self._over_tests = np.full(self._grid.size, np.nan)
        self._failed = {index: described(error) for index, error in self._ready.failed.items()}
        pieces = pieces_of(indices for indices, _ in self._ready.runs)
        for found in self._variations.each(self._work, pieces, done=reporting(progress, self.runs)):
            choices.merge(found["choices"])
            self._over_tests[found["indices"]] = found["over_tests"]
            self._failed |= {index: (code, detail) for index, code, detail in found["failed"]}
        return choices

    @property
    def _all_failed(self) -> bool:
        return len(self._failed) == len(self._configurations.wanted)

    def _no_choices(self) -> Choices:
        return Choices(self._windows, self._whole[0], rank_by=self._asked["rank_by"])

    def _work(self, piece: Piece, done: Done) -> dict[str, Any]:
        """Run some settings over the whole period, and choose in each window among them; as `Isolation.each`."""
        loaded, choices = self._ready.runs[piece.group][1], self._no_choices()
        benchmark = benchmark_growth(loaded.spec, loaded.prices, size=self._sessions.size)
        over_tests = dict.fromkeys(piece.indices, math.nan)
        failed: dict[int, tuple[str, str]] = {}
        for runs in self._runs_of.run(piece):
            failed |= {index: described(error) for index, error in runs.failed.items()}
            if runs.indices and runs.returns.shape[1] == self._sessions.size:
                curves = _curves(loaded, self._sessions, runs.returns, benchmark)
                choices.take(np.array(runs.indices), curves)
                ranked = curves.ranking(self._whole[1], self._asked["rank_by"])
                over_tests.update(zip(runs.indices, ranked.tolist(), strict=True))
            for index, returns in runs.used_up.items():  # what came before counts: the end of the money was not known
                until = np.full((1, self._sessions.size), np.nan)
                until[0, : returns.size] = returns
                choices.take(np.array([index]), _curves(loaded, self._sessions, until, benchmark))
            done(len(runs.indices) + len(runs.failed))
        return {
            "choices": choices.packable(), "indices": np.array(piece.indices, dtype=np.int64),
            "over_tests": np.array([*over_tests.values()]), "failed": [[index, *failed[index]] for index in failed],
        }  # fmt: skip

    def _hindsight(self) -> int | None:
        """Return the setting that was the best over all tests."""
        return highest(self._over_tests, np.arange(self._grid.size))

    def _median(self) -> int | None:
        """Return the first setting with the median over all tests, of an even number the worse of the two."""
        known = np.flatnonzero(np.isfinite(self._over_tests))
        if not known.size:
            return None
        median = float(np.sort(self._over_tests[known])[(known.size - 1) // 2])
        return int(known[np.abs(self._over_tests[known] - median) <= tolerance_of(median)][0])

    # -- the document

    def _block(self, choices: Choices, nulls: Nulls) -> dict[str, Any]:
        *chosen, latest = [None if index < 0 else index for index in choices.index.tolist()]
        stitched = Stitched(self._configurations, self._variations, self._sessions)
        tests = [window.test for window in self._windows]
        run = stitched.run(held(chosen), tests)
        failed = self._failed
        return {
            "runs": len(self._configurations.wanted) - len(failed),
            "failed": [{"index": i, "code": failed[i][0], "detail": failed[i][1]} for i in sorted(failed)],
            "windows": self._shown_windows(choices, chosen, nulls),
            "series": self._series(run),
            "metrics": self._metrics("/metrics", run.report, nulls),
            "efficiency": nulls.number("/efficiency", *self._efficiency(choices)),
            "stability": self._stability(chosen, nulls),
            "next": self._patch("/next", latest, self._whole[0], nulls),
            "yardsticks": self._yardsticks(stitched, tests[0], nulls),
        }

    def _shown_windows(self, choices: Choices, chosen: list[int | None], nulls: Nulls) -> dict[str, Any]:
        rows = {
            "train_start": [window.train.begin for window in self._windows],
            "train_end": [window.train.end - 1 for window in self._windows],
            "test_start": [window.test.begin for window in self._windows],
            "test_end": [window.test.end - 1 for window in self._windows],
        }
        columns: dict[str, Any] = {
            name: np.datetime_as_string(self._sessions[each]).tolist() for name, each in rows.items()
        }
        trains, tests = [window.train for window in self._windows], [window.test for window in self._windows]
        columns["patch"] = [
            self._patch(f"/windows/patch/{n}", index, trains[n], nulls) for n, index in enumerate(chosen)
        ]
        for name, values, stretches in (("train", choices.train, trains), ("test", choices.test, tests)):
            reasons = [
                _FAILED if index in self._failed else self._reason(stretch)
                for index, stretch in zip(chosen, stretches, strict=True)
            ]
            columns[name] = nulls.column(f"/windows/{name}", values[: len(chosen)].tolist(), reasons)
        return columns

    def _patch(self, at: str, index: int | None, stretch: Stretch, nulls: Nulls) -> dict[str, Any] | None:
        """Return the merge patch of a setting; None where none could be ranked over a stretch."""
        if index is None:
            nulls.nothing(at, self._reason(stretch))
            return None
        return self._configurations.patch(index)

    def _reason(self, stretch: Stretch) -> str:
        """Return why rank_by may not be defined over a stretch."""
        if self._all_failed:
            return _FAILED
        return undefined_reason(
            self._asked["rank_by"], math.nan, yearly=is_long(self._sessions, stretch),
            observations=stretch.end - stretch.begin,
            benchmark=self._variations.checked.request["benchmark"] is not None,
        )  # fmt: skip

    def _series(self, run: Measured) -> dict[str, Any]:
        ledger, below = run.ledger, run.report.drawdown
        shown = points(self._variations.checked.request["output"]["max_points"], (ledger.equity, below))
        dates = iso_dates(ledger.sessions)
        return {
            "dates": dates if shown is None else [dates[row] for row in shown],
            "portfolio_value": thin(ledger.equity, shown).tolist(),
            "drawdown": thin(below, shown).tolist(),
        }  # fmt: skip

    @staticmethod
    def _metrics(at: str, report: Report, nulls: Nulls) -> dict[str, float | None]:
        """Return the metrics as a result has them."""
        return {
            name: nulls.number(f"{at}/{name}", value, report.null_reasons.get(f"/metrics/{name}", ""))
            for name, value in report.metrics.items()
        }

    def _efficiency(self, choices: Choices) -> tuple[float, str]:
        """Return mean yearly return of the tests / that of the trainings, and why it may not be defined."""
        counts = choices.compared
        if not counts.any():
            return math.nan, "TOO_FEW_OBSERVATIONS"
        train = float(choices.train_yearly[:-1][counts].mean())
        found = float(choices.test_yearly[:-1][counts].mean()) / train if train > TOLERANCE else math.nan
        return found, "NOT_ABOVE_ZERO"

    def _stability(self, chosen: list[int | None], nulls: Nulls) -> dict[str, Any]:
        made, train = [index for index in chosen if index is not None], self._windows[0].train
        most = max(dict.fromkeys(made), key=made.count, default=None)
        share = math.nan if most is None else made.count(most) / len(chosen)
        return {
            "settings": len(set(made)),
            "changes": sum(one != other for one, other in itertools.pairwise(made)),
            "most_chosen": self._patch("/stability/most_chosen", most, train, nulls),
            "most_chosen_share": nulls.number("/stability/most_chosen_share", share, self._reason(train)),
        }

    def _yardsticks(self, stitched: Stitched, first: Stretch, nulls: Nulls) -> dict[str, Any]:
        """Return the metrics of other rules over the sessions of the tests."""
        answer: dict[str, Any] = {}
        for name, index in (("best_in_hindsight", self._hindsight()), ("median_setting", self._median())):
            at = f"/yardsticks/{name}"
            answer[name] = {"patch": self._patch(f"{at}/patch", index, self._whole[1], nulls), "metrics": {}}
            if index is not None:
                found = stitched.alone(index, first).report
                answer[name]["metrics"] = self._metrics(f"{at}/metrics", found, nulls)
        asked = stitched.alone(None, first).report
        answer["as_asked"] = {"patch": {}, "metrics": self._metrics("/yardsticks/as_asked/metrics", asked, nulls)}
        return answer


def _curves(loaded: Loaded, sessions: DateArray, returns: FloatArray, benchmark: FloatArray | None) -> GrowthCurves:
    spec = loaded.spec
    growth: FloatArray = np.multiply.accumulate(1 + returns, axis=1)
    return GrowthCurves(
        sessions=sessions, calendar=loaded.prices.calendar, growth=growth, initial=spec.initial_capital,
        risk_free=spec.risk_free_rate, benchmark=None if benchmark is None else benchmark / spec.initial_capital,
    )  # fmt: skip
