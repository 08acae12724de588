"""`analysis.trust`: eight tests of a run, each on its prices and, where it can, on its decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from backtester.analysis.nulls import Nulls
from backtester.analysis.question import Answer, reporting
from backtester.analysis.trust.break_even import break_even
from backtester.analysis.trust.chance import resampled, significance
from backtester.analysis.trust.fill_lag import lag
from backtester.analysis.trust.look_ahead import look_ahead
from backtester.analysis.trust.random_holdings import random_holdings
from backtester.analysis.trust.start_dates import start_dates, start_rows
from backtester.analysis.trust.timing_luck import offsets_of, timing_luck
from backtester.analysis.trust.variants import FAILED, Variants
from backtester.analysis.variations import Variations
from backtester.model.errors import DataError, InternalError, RequestError
from backtester.model.records import Progress
from backtester.pipeline import Done, Measured

# about how many runs each test takes; the three others are counted
_RUNS = {"lag": 6, "break_even": 40, "significance": 1, "random": 150, "look_ahead": 20}
_PATHS_A_RUN = 40  # of the bootstrap


class Trust:
    """The question `analysis.trust`. It needs no prices but those of the run."""

    digests: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, variations: Variations, asked: dict[str, Any]) -> None:
        self._loaded = variations.asked
        self._each = variations.each
        self._asked = asked
        prices = self._loaded.prices
        self._offsets = offsets_of(self._loaded.spec, prices.calendar.periods_per_year)
        self._starts = start_rows(prices)

    @property
    def runs(self) -> int:
        """About how many runs the tests take."""
        return sum(self._sizes().values())

    def _sizes(self) -> dict[str, int]:
        sizes = {
            "timing_luck": max(len(self._offsets), 1), "bootstrap": self._asked["paths"] // _PATHS_A_RUN + 1,
            "start_dates": len(self._starts), **_RUNS,
        }  # fmt: skip
        return {name: sizes[name] for name in self._asked["include"]}

    def answer(self, asked: Measured, progress: Progress) -> Answer:
        """Return `result.analysis.trust`, the tests in the order that the request names them."""
        variants, sizes = Variants(self._loaded, asked), self._sizes()

        def work(name: str, told: Done) -> dict[str, Any]:
            nulls = Nulls()
            try:
                found = self._tests(variants, nulls)[name](_counted(told, sizes[name]))
            except (RequestError, DataError, InternalError):  # of a plug-in, asked once more
                found = None
                nulls.nothing(f"/{name}", FAILED)
            return {"found": found, "reasons": nulls.reasons}

        block: dict[str, Any] = {}
        reasons: dict[str, str] = {}
        done = reporting(progress, self.runs)
        for name, answer in zip(sizes, self._each(work, [*sizes], done=done), strict=True):
            block[name] = answer["found"]
            reasons |= answer["reasons"]
        return Answer(block=block, null_reasons=reasons)

    def _tests(self, variants: Variants, nulls: Nulls) -> dict[str, Callable[[Progress], Any]]:
        options = self._asked
        seed, confidence = options["seed"], options["confidence"]
        return {
            "timing_luck": lambda told: timing_luck(variants, self._offsets, nulls, told),
            "lag": lambda told: lag(variants, nulls, told),
            "break_even": lambda told: break_even(variants, nulls, told),
            "significance": lambda _: significance(
                variants, trials=options["trials"], confidence=confidence, nulls=nulls
            ),
            "bootstrap": lambda told: resampled(
                variants, paths=options["paths"], confidence=confidence, seed=seed, nulls=nulls, progress=told
            ),
            "start_dates": lambda told: start_dates(variants, self._starts, nulls, told),
            "random": lambda told: random_holdings(variants, seed=seed, nulls=nulls, progress=told),
            "look_ahead": lambda told: look_ahead(variants, seed=seed, progress=told),
        }


def _counted(done: Done, size: int) -> Progress:
    """Return the progress of one test of about `size` runs."""
    reported = 0

    def report(stage: str, completed: int, total: int) -> None:
        nonlocal reported
        before, reported = reported, size * completed // total if total else 0
        done(reported - before)

    return report
