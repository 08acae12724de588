"""The block of a sweep: how much the choice is worth, the best beside the asked setting, and a heat map."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from backtester.report import shared, written
from backtester.report.analysis import says, varied
from backtester.report.analysis.sweep_grid import asked_index, index_of, map_places, places_of, ranking
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Column, Table

_AT = ("analysis", "sweep")
_SHADES = 3
_NONE = Cell(written.DASH, why="It gave no result, or was left out.")


def part(result: Result) -> dict[str, Any]:
    """Return the sentences, figures and heat map of a sweep."""
    heat = _heat_map(result)
    return {
        "sentences": [str(result.at(*_AT, "overfitting", "statement") or "")],
        "tiles": says.sweep_facts(result),
        "tables": [heat] if heat else [],
    }


def _heat_map(result: Result) -> Table | None:
    """Return the ranking metric over the first two axes, the others at the best setting."""
    axes = result.at(*_AT, "axes") or []
    index = result.at(*_AT, "best", "index")
    if not axes or not isinstance(index, int):
        return None
    places = places_of(axes, index)
    down, across = (axes[0], axes[1]) if len(axes) > 1 else (None, axes[0])
    column = ranking(result)
    name = str(result.at(*_AT, "rank_by"))
    unit = result.schema("metrics", name).get("x-unit")
    cells_of = _cells(column, lambda value: written.by_unit(value, unit))
    asked = asked_index(result)
    room = dict.fromkeys(range(len(axes[:2])), int(shared.of("most_map_values")))
    shown, thinned = map_places(result, axes, room, (index, asked))
    *lines, columns = shown.values()
    rows = []
    for row in lines[0] if down else [0]:
        cells = [Cell(varied.value(result, down["pointer"], down["values"][row]) if down else "")]
        for n in columns:
            at = index_of(axes, [row, n, *places[2:]] if down else [n])
            marks = ("★ " if at == index else "", " ●" if at == asked else "")
            cells.append(_marked(cells_of[at], marks) if at < len(column) else _NONE)
        rows.append(cells)
    heads = [Column(varied.value(result, across["pointer"], across["values"][n])) for n in columns]
    titles = [
        f"{varied.title(result, axis['pointer'])} {way}" for axis, way in ((down, "down"), (across, "across")) if axis
    ]
    caption = f"{result.title('metrics', name)} by {' and '.join(titles)}"
    label = varied.title(result, down["pointer"]) if down else ""
    return Table(caption, [Column(label, "text"), *heads], rows, _note(result, axes, places, thinned), "heat cor")


def _note(result: Result, axes: list[dict[str, Any]], places: list[int], thinned: list[str]) -> str:
    """Return what the marks and colours mean, and at which values the axes stand that are not drawn."""
    rest = [
        f"{varied.title(result, axis['pointer'])} {varied.value(result, axis['pointer'], axis['values'][place])}"
        for axis, place in list(zip(axes, places, strict=True))[2:]
    ]
    note = (
        f"{' '.join(says.best_mark(result))} "
        "● is the setting that was asked for, whose result this page shows. Blue is above the middle of all settings, "
        "orange below it."
    )
    if rest:
        note += f" Shown at {', '.join(rest)}; the document has the others."
    return " ".join([note, *thinned])


def _cells(column: Sequence[float | None], write: Callable[[float], str]) -> list[Cell]:
    """Return the figures in their shades. What is written alike is equal: a digit that is not shown gives no colour."""
    texts = [None if value is None else write(value) for value in column]
    lowest: dict[str, float] = {}
    for text, value in zip(texts, column, strict=True):
        if text is not None and value is not None:
            lowest[text] = min(value, lowest.get(text, value))
    ordered = sorted(lowest[text] for text in texts if text is not None)
    return [_NONE if text is None else Cell(text, _shade(lowest[text], ordered)) for text in texts]


def _shade(value: float, ordered: Sequence[float]) -> str:
    middle = ordered[len(ordered) // 2]
    span = middle - ordered[0] if value < middle else ordered[-1] - middle
    shade = 0 if not span else min(_SHADES, max(1, -int(-_SHADES * abs(value - middle) // span)))
    return "up0" if value == middle else f"{'down' if value < middle else 'up'}{shade}"


def _marked(cell: Cell, marks: tuple[str, str]) -> Cell:
    return cell if cell is _NONE else cell._replace(text=f"{marks[0]}{cell.text}{marks[1]}")
