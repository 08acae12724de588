"""A sweep on a terminal: the best settings as a table, a heat map of two axes, and what being the best is worth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from backtester.report import written
from backtester.report.analysis import varied
from backtester.report.analysis.sweep_grid import asked_index, index_of, map_places, places_of
from backtester.report.lookup import Result

_BEST = 5  # settings in the table
_BESIDE = ("cagr", "sharpe_ratio", "max_drawdown")
_ROOM = 78
_MOST_ROWS = 24  # of a heat map
_LONGEST_LABEL = 24  # of such a row
_SCALE = (52, 88, 124, 166, 178, 142, 70, 28)  # of 256 colours, from the lowest value to the highest
_SHADES = " .:-=+%#"


def lines(result: Result, answer: dict[str, Any], *, colour: bool) -> Iterator[str]:
    """Yield the lines of a sweep. answer: `result.analysis.sweep`."""
    rank_by, axes = answer["rank_by"], answer["axes"]
    title = result.title("metrics", rank_by)
    names = written.listed([varied.title(result, axis["pointer"]) for axis in axes])
    left_out = answer["left_out"] + len(answer["failed"])
    aside = f", {written.count(left_out)} left out or failed" if left_out else ""
    yield f"Sweep: {written.count(answer['runs'])} combinations of {names}{aside}."
    if answer["best"] is not None:
        yield from _table(result, answer)
        yield from _heat_map(result, answer, colour=colour)
        mean = answer["best"]["neighbours_mean"]
        if mean is not None:
            best = answer["metrics"][rank_by][answer["best"]["index"]]
            near = _figure(result, rank_by, mean)
            yield f"{title}: the best has {_figure(result, rank_by, best)}, its neighbours {near}."
    yield answer["overfitting"]["statement"]


def _figure(result: Result, name: str, value: float | None) -> str:
    return written.DASH if value is None else written.by_unit(value, result.schema("metrics", name).get("x-unit"))


def _table(result: Result, answer: dict[str, Any]) -> Iterator[str]:
    """Yield the best settings, each with its metrics."""
    axes, rank_by, metrics = answer["axes"], answer["rank_by"], answer["metrics"]
    ranked = sorted(
        (index for index, value in enumerate(metrics[rank_by]) if value is not None),
        key=lambda index: (-metrics[rank_by][index], index),
    )  # fmt: skip
    shown = [name for name in dict.fromkeys((rank_by, *_BESIDE)) if name in metrics]
    pointers = [axis["pointer"] for axis in axes]
    rows = [[*(varied.title(result, at) for at in pointers), *(result.title("metrics", name) for name in shown)]]
    for index in ranked[:_BEST]:
        places = zip(axes, places_of(axes, index), strict=True)
        values = [varied.value(result, axis["pointer"], axis["values"][place]) for axis, place in places]
        rows.append([*values, *(_figure(result, name, metrics[name][index]) for name in shown)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "   ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield line if len(line) <= _ROOM else line[: _ROOM - 1] + "…"


def _heat_map(result: Result, answer: dict[str, Any], *, colour: bool) -> Iterator[str]:
    """Yield the two longest axes as a map of rank_by, the others as the best has them; nothing for a single axis."""
    axes, values, best = answer["axes"], answer["metrics"][answer["rank_by"]], answer["best"]["index"]
    said = [[varied.value(result, axis["pointer"], value) for value in axis["values"]] for axis in axes]
    longest = sorted(sorted(range(len(axes)), key=lambda axis: -len(said[axis]))[:2])
    if len(longest) < 2 or any(len(said[axis]) < 2 for axis in longest):
        return
    down, across, width = _layout(said, *longest)
    label = _label(said[down])
    room = {down: _MOST_ROWS, across: (_ROOM - label - 3) // width}
    shown, sentences = map_places(result, axes, room, (best, asked_index(result)))
    fixed = places_of(axes, best)
    known = [value for value in values if value is not None]
    low, high = min(known), max(known)
    heads = [said[across][column] for column in shown[across]]
    ends = "" if width > 1 else f" from {heads[0]} to {heads[-1]}"
    rows, columns = (varied.title(result, axes[axis]["pointer"]) for axis in (down, across))
    yield f"{result.title('metrics', answer['rank_by'])} by {rows} (down) and {columns} (across{ends}), * the best"
    if width > 1:
        yield " " * (label + 2) + "".join(f"{head:>{width}}"[:width] for head in heads)
    for row in shown[down]:
        cells = []
        for column in shown[across]:
            places = [{down: row, across: column}.get(axis, place) for axis, place in enumerate(fixed)]
            value = values[index_of(axes, places)]
            cells.append(_cell(value, low, high, width=width, best=places == fixed, colour=colour))
        yield f"{said[down][row][:label]:>{label}}  " + "".join(cells)
    yield from sentences


def _layout(said: list[list[str]], first: int, second: int) -> tuple[int, int, int]:
    """Return the axis down, the axis across, and the width of a cell: a value or, where there is no room, a shade.

    said: the values of each axis in words.
    """
    for width in (6, 1):
        for down, across in ((first, second), (second, first)):
            if len(said[down]) <= _MOST_ROWS and _label(said[down]) + 3 + width * len(said[across]) <= _ROOM:
                return down, across, width
    down, across = sorted((first, second), key=lambda axis: len(said[axis]))
    return down, across, 1


def _label(values: list[str]) -> int:
    """Return the width of the labels of an axis that goes down."""
    return min(_LONGEST_LABEL, max(map(len, values)))


def _cell(value: float | None, low: float, high: float, *, width: int, best: bool, colour: bool) -> str:
    """Return a cell: the value where there is room, else a shade; on a colour of the scale."""
    if value is None:
        return " " * width
    share = (value - low) / (high - low) if high > low else 1.0
    place = min(int(share * len(_SCALE)), len(_SCALE) - 1)
    if width == 1:
        text = "*" if best else " " if colour else _SHADES[place]
    else:
        text = f"{_short(value)}{'*' if best else ' '}".rjust(width)
    return f"\x1b[97;48;5;{_SCALE[place]}m{text}\x1b[0m" if colour else text


def _short(value: float) -> str:
    """Return a value in at most five characters."""
    if abs(value) < 100 or not math.isfinite(value):
        return f"{value:.2f}"
    for factor, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= factor:
            return f"{value / factor:.0f}{unit}"
    return f"{value:.0f}"
