"""The answers of `analysis` and `compare` on the page: plain sentences first, then figures and charts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from backtester.report.analysis import luck, sweep_map, walk
from backtester.report.analysis.drawing import Drawing
from backtester.report.lookup import Result
from backtester.report.shapes import Table, Tile


class Answered(NamedTuple):
    """One question with its answer, in this order on the page. why: the reason that there is none."""

    title: str
    sentences: Sequence[str] = ()
    tiles: Sequence[Tile] = ()
    drawings: Sequence[Drawing] = ()
    tables: Sequence[Table] = ()
    folded: Sequence[Table] = ()
    why: str = ""


_PARTS = (
    ("sweep", "Do other settings do better?", sweep_map.part),
    ("walk_forward", "Would choosing have worked?", walk.part),
)
_TESTS = (
    ("Could it be chance?", luck.odds),
    ("How much was the luck of the dates?", luck.timing_luck),
    ("Would it survive a delay?", luck.lag),
    ("Which costs would it bear?", luck.break_even),
)


def parts(result: Result) -> list[Answered]:
    """Return the questions that were asked of the result, with their answers."""
    analysis = result.at("analysis") or {}
    found: list[Answered] = []
    for name, title, of in (*_PARTS, ("projection", "What could come next?", walk.projection)):
        if name == "projection":
            found += [Answered(title, **answer) for title, of_test in _TESTS for answer in of_test(result)]
        if isinstance(analysis.get(name), dict):
            found.append(Answered(title, **of(result)))
        elif name in analysis:
            found.append(Answered(title, why=result.why("analysis", name)))
    return found


def compared(result: Result) -> Answered | None:
    """Return the variations of `compare`, side by side; None where the request has none."""
    if not isinstance(result.at("comparison"), dict):
        return None
    return Answered("Side by side", **walk.comparison(result))
