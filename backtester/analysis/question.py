"""What a request asks beyond its own run, and what answers it: one class for each key, imported where it is asked."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from backtester.analysis.variations import Variations
from backtester.model.errors import RunWarning, invalid_at
from backtester.model.record import Record
from backtester.model.records import Progress
from backtester.pipeline import Done, Measured

# by JSON pointer into the request: the class that answers it, called with the variations and with what is asked
QUESTIONS: dict[str, str] = {
    "/compare": "backtester.analysis.compare:ComparedRuns",
    "/analysis/sweep": "backtester.analysis.sweep.sweep:Sweep",
    "/analysis/walk_forward": "backtester.analysis.walk_forward.walk_forward:WalkForward",
    "/analysis/trust": "backtester.analysis.trust.trust:Trust",
    "/analysis/projection": "backtester.analysis.projected:Projected",
}


class Answer(Record):
    """What a question adds to the result."""

    block: dict[str, Any] | None  # as the schema has it, without NaN; None: it has no answer, for a reason
    null_reasons: dict[str, str] = {}  # noqa: RUF012  by JSON pointer into the block
    warnings: tuple[RunWarning, ...] = ()


class Question(Protocol):
    """A question whose prices are loaded: a result_id needs their digests before anything is computed."""

    @property
    def digests(self) -> Any:
        """The digests of the prices beside those of the request as asked, as JSON."""

    @property
    def runs(self) -> int:
        """About how many runs the answer takes, for the progress."""

    def answer(self, asked: Measured, progress: Progress) -> Answer:
        """Return the answer. asked: the request's own run. progress: of this question, in any unit."""


@runtime_checkable
class Shareable(Protocol):
    """A question that is answered in pieces, which several machines may compute."""

    @property
    def pieces(self) -> Sequence[Any]:
        """The pieces: always the same ones. Each says its `runs`."""

    def work(self, piece: Any, done: Done) -> Any:
        """Compute a piece: as `Isolation.each`."""


def reporting(progress: Progress, total: int) -> Done:
    """Return a Done that reports how many of all runs of a question are done."""
    completed = 0

    def done(runs: int) -> None:
        nonlocal completed
        completed += runs
        progress("simulating", completed, total)

    return done


def questions_of(request: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the pointer and the content of each question of a complete request, in the order of their answers."""
    if "compare" in request:
        yield "/compare", request["compare"]
    for name, asked in request.get("analysis", {}).items():
        yield f"/analysis/{name}", asked


def import_questions() -> None:
    """Import what answers any question."""
    for named in QUESTIONS.values():
        importlib.import_module(named.partition(":")[0])


def load_question(pointer: str, asked: Any, variations: Variations) -> Question:
    """Return a question with its prices. DataError; RequestError where this version cannot answer it."""
    if pointer not in QUESTIONS:
        raise invalid_at(pointer, "UNEXPECTED", f"This version does not answer {pointer}.")
    module, _, name = QUESTIONS[pointer].partition(":")
    made: Question = getattr(importlib.import_module(module), name)(variations, asked)
    return made
