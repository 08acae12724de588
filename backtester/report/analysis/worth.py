"""The answers of `analysis` and `compare` on the page: plain sentences first, then figures and charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from backtester.report import shared
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


# Each question: where its answer stands in `analysis`, and what makes the block of it.
_PARTS: dict[str, tuple[tuple[str, ...], Callable[[Result], dict[str, Any]]]] = {
    "sweep": (("sweep",), sweep_map.part),
    "walk_forward": (("walk_forward",), walk.part),
    "chance": (("trust",), luck.chance),
    "timing_luck": (("trust", "timing_luck"), luck.timing_luck),
    "lag": (("trust", "lag"), luck.lag),
    "break_even": (("trust", "break_even"), luck.break_even),
    "projection": (("projection",), walk.projection),
}


def parts(result: Result) -> list[Answered]:
    """Return the questions that were asked of the result, with their answers."""
    found = []
    for name, (path, of) in _PARTS.items():
        around = result.at("analysis", *path[:-1])
        if not isinstance(around, dict) or path[-1] not in around:
            continue
        answer = of(result) if isinstance(around[path[-1]], dict) else {"why": result.why("analysis", *path)}
        found += [Answered(shared.question(name), **answer)] if answer else []
    return found


def compared(result: Result) -> Answered | None:
    """Return the variations of `compare`, side by side; None where the request has none."""
    if not isinstance(result.at("comparison"), dict):
        return None
    return Answered("", **walk.comparison(result))
