"""The grid of a sweep: its columns are in row-major order, the last axis fastest."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from backtester.report import shared, written
from backtester.report.analysis import varied
from backtester.report.lookup import Result

Axes = list[dict[str, Any]]
_AT = ("analysis", "sweep")
_SAME = 1e-11  # two figures of a document, which have twelve digits, that differ by no more are equal


def places_of(axes: Axes, index: int) -> list[int]:
    """Return the place of a combination on each axis."""
    places = []
    for axis in reversed(axes):
        index, place = divmod(index, len(axis["values"]))
        places.append(place)
    return places[::-1]


def index_of(axes: Axes, places: list[int]) -> int:
    """Return the combination at a place on each axis."""
    index = 0
    for axis, place in zip(axes, places, strict=True):
        index = index * len(axis["values"]) + place
    return index


def drawn(length: int, most: int, marked: Iterable[int]) -> list[int]:
    """Return the places of an axis that a heat map with room for `most` of them draws.

    All where there is room; else some at even distances from the first on, and those that are marked (at most two).
    """
    own = set(marked)
    step = 1 if length <= most else -(-length // (most - len(own)))
    return sorted({*range(0, length, step), *own})


def map_places(
    result: Result, axes: Axes, room: dict[int, int], marked: Iterable[int | None]
) -> tuple[dict[int, list[int]], list[str]]:
    """Return the places that a heat map draws of each axis of `room`, and a sentence for each that is not drawn whole.

    marked: the combinations that are never left out; None for one that there is not.
    """
    kept = [places_of(axes, index) for index in marked if index is not None]
    shown, sentences = {}, []
    for axis, most in room.items():
        length = len(axes[axis]["values"])
        shown[axis] = drawn(length, most, (places[axis] for places in kept))
        if len(shown[axis]) < length:
            counts = {"drawn": written.count(len(shown[axis])), "values": written.count(length)}
            sentences.append(shared.say("map_thinned", axis=varied.title(result, axes[axis]["pointer"]), **counts))
    return shown, sentences


def ranking(result: Result) -> list[float | None]:
    """Return the metric that ranks, of every combination."""
    found: list[float | None] = result.at(*_AT, "metrics", str(result.at(*_AT, "rank_by"))) or []
    return found


def asked_index(result: Result) -> int | None:
    """Return where the request as asked stands in the columns; None where its setting was not tried."""
    axes, places = result.at(*_AT, "axes") or [], []
    for axis in axes:
        own, values = varied.asked(result, str(axis.get("pointer"))), axis.get("values") or []
        if own not in values:
            return None
        places.append(values.index(own))
    where = result.at("request", *_AT, "where") or []
    tried = all(varied.asked(result, low) < varied.asked(result, high) for low, _, high in where)
    return index_of(axes, places) if tried else None


def ranked(result: Result, index: int) -> int | None:
    """Return the place of a combination in the ranking, 1 for the best; None for one without a value.

    Of those that differ in the last digit alone the first is the better one, as `analysis.sweep` chooses the best.
    """
    column = ranking(result)
    own = column[index] if index < len(column) else None
    if own is None:
        return None
    least = _SAME * max(1.0, abs(own))
    better = (value - own > (-least if n < index else least) for n, value in enumerate(column) if value is not None)
    return 1 + sum(better)
