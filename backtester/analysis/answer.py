"""Answers a request: its own run, then each question that it asks. Where it asks none, the pipeline is all there is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from backtester import pipeline
from backtester.analysis.question import Answer, Question, Shareable, load_question, questions_of
from backtester.analysis.variations import Variations
from backtester.codec.column_types import plain
from backtester.contract.check import CheckedRequest, check
from backtester.model.records import Progress
from backtester.pipeline import AlreadyKnownError, Clock, Isolation, NoIsolation, always_compute, silent, uncounted
from backtester.result import result_id
from backtester.settings import Settings, read_settings

_FEW = 20  # runs, of which each is shown in so many steps
_STEPS = 1000
_LAST = ("audit", "warnings", "null_reasons", "data")  # the keys of a result that come after the answers


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run one request in this process and return the result document.

    request: as schemas/request.schema.json has it; it is not changed. BacktestError (RequestError, DataError) where
    there is no result; its `as_document()` is the error document. The deadline and the memory limit do not apply,
    since no other process supervises the run.
    """
    from backtester.codec.decode import check_tree  # a spawned run decodes in its supervising process

    settings = read_settings()
    check_tree(request)
    checked = check(request, csv_available=settings.csv_dir is not None)
    document: dict[str, Any] = plain(run_checked(checked, settings=settings))
    return document


def compare(request: dict[str, Any], variations: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """Run a request beside variations of it, in this process, and return the comparison.

    variations: JSON merge patches over the request, by name. Returns `result.comparison` of the request with them as
    `compare`; the request itself is the first column. BacktestError as `run`.
    """
    asked = [{"name": name, "patch": patch} for name, patch in variations.items()]
    document = run({**request, "compare": asked, "output": {**request.get("output", {}), "include": []}})
    comparison: dict[str, Any] = document["comparison"]
    return comparison


def sweep(request: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Run every combination of some settings of a request in this process, and return the sweep.

    asked: as `analysis.sweep` of a request; `over` is required. Returns `result.analysis.sweep`. BacktestError as
    `run`.
    """
    return _answer_to("sweep", request, asked) or {}


def walk_forward(request: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any] | None:
    """Run a request in this process and return its walk-forward.

    asked: as `analysis.walk_forward` of a request; `over` is required. Returns `result.analysis.walk_forward`, None for
    a period without a test. BacktestError as `run`.
    """
    return _answer_to("walk_forward", request, asked)


def trust(request: dict[str, Any], asked: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a request in this process and return the tests of its result.

    asked: as `analysis.trust` of a request; None: all tests. Returns `result.analysis.trust`. BacktestError as `run`.
    """
    return _answer_to("trust", request, asked or {}) or {}


def projection(request: dict[str, Any], asked: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """Run a request in this process and return the years to come.

    asked: as `analysis.projection` of a request. Returns `result.analysis.projection`, None for a period without a
    full month or year. BacktestError as `run`.
    """
    return _answer_to("projection", request, asked or {})


def _answer_to(name: str, request: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any] | None:
    document = run({**request, "analysis": {name: asked}, "output": {**request.get("output", {}), "include": []}})
    answer: dict[str, Any] | None = document["analysis"][name]
    return answer


def run_checked(
    checked: CheckedRequest, *, settings: Settings, progress: Progress = silent,
    should_compute: Callable[[str], bool] = always_compute, guard: Isolation | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Run a checked request and answer its questions. Parameters, errors and result as `pipeline.run_checked`.

    An error of the request's own run is the error of the whole; that of a variation stands in the answer.
    """
    if checked.document is None:
        return pipeline.run_checked(
            checked, settings=settings, progress=progress, should_compute=should_compute, guard=guard
        )
    # every stage handles zero denominators and overflow itself; numpy must not warn on stderr as well
    with np.errstate(all="ignore"):
        return _answered(
            checked, settings=settings, progress=progress, should_compute=should_compute, guard=guard or NoIsolation()
        )


def _answered(
    checked: CheckedRequest, *, settings: Settings, progress: Progress, should_compute: Callable[[str], bool],
    guard: Isolation,
) -> dict[str, Any]:  # fmt: skip
    clock = Clock()
    asked, questions, identity = _loaded(checked, settings=settings, progress=progress, guard=guard)
    if not should_compute(identity):
        raise AlreadyKnownError
    clock.lap("loading_data")
    total = 1 + sum(question.runs for question in questions.values())
    outcome = pipeline.carry_out(asked, _part(progress, 0, 1, total), clock)
    document = pipeline.rendered(asked, outcome, identity=identity, request_id=checked.request_id)
    clock.lap("measuring")
    done, answers = 1, {}
    for at, question in questions.items():
        answers[at] = question.answer(outcome, _part(progress, done, question.runs, total))
        done += question.runs
    progress("measuring", 1, 1)
    clock.lap("analysis")
    return {**_with_answers(document, answers), "timing_ms": clock.laps}


def _loaded(
    checked: CheckedRequest, *, settings: Settings, progress: Progress, guard: Isolation
) -> tuple[pipeline.Loaded, dict[str, Question], str]:
    """Return the request's own run with its prices, its questions with theirs, by pointer, and the result_id."""
    asked = pipeline.load(checked, settings=settings, progress=progress, guard=guard)
    variations = Variations(checked, asked, settings=settings, guard=guard, progress=progress)
    questions = {at: load_question(at, content, variations) for at, content in questions_of(checked.request)}
    others = {at: each.digests for at, each in questions.items()}
    return asked, questions, result_id(asked.spec, asked.prices, others=others)


def help_with(at: str, checked: CheckedRequest, *, result_id: str, settings: Settings, guard: Isolation) -> None:
    """Compute pieces of the question at a pointer, which another process answers; which ones, `guard` says.

    It computes none where its prices are not those of the other process: the result would have another id.
    """
    with np.errstate(all="ignore"):
        _, questions, identity = _loaded(checked, settings=settings, progress=silent, guard=guard)
        question = questions.get(at)
        if identity == result_id and isinstance(question, Shareable):
            for _ in guard.each(question.work, question.pieces, done=uncounted, question=at):
                pass


def _with_answers(document: dict[str, Any], answers: dict[str, Answer]) -> dict[str, Any]:
    """Return the document with each answer in its place, its reasons and its warnings among the others."""
    last = {key: document.pop(key) for key in _LAST}
    for at, answer in answers.items():
        place = "/comparison" if at == "/compare" else at
        if place == "/comparison":
            document["comparison"] = answer.block
        else:
            document.setdefault("analysis", {})[at.rpartition("/")[2]] = answer.block
        last["null_reasons"] |= {f"{place}{pointer}": reason for pointer, reason in answer.null_reasons.items()}
        last["warnings"] += [warning.as_document() for warning in answer.warnings]
    return document | last


def _part(progress: Progress, begin: int, runs: int, whole: int) -> Progress:
    """Return the progress of `runs` runs of a whole of so many, of which `begin` are done: all of it is simulating."""
    steps = _STEPS if whole <= _FEW else 1

    def report(stage: str, completed: int, total: int) -> None:
        if stage == "simulating":
            share = min(completed / total, 1.0) if total else 0.0
            progress(stage, begin * steps + round(runs * steps * share), whole * steps)

    return report
