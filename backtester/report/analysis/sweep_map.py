"""The block of a sweep: how much the choice is worth, the best beside the asked setting, and a heat map."""

from __future__ import annotations

from typing import Any

from backtester.report import written
from backtester.report.analysis import varied
from backtester.report.analysis.sweep_text import index_of, places_of
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Column, Table, Tile

_AT = ("analysis", "sweep")
_SHADES = 3
_MOST = 60  # values of an axis that a page has room for


def part(result: Result) -> dict[str, Any]:
    """Return the sentences, figures and heat map of a sweep."""
    heat = _heat_map(result)
    return {
        "sentences": [str(result.at(*_AT, "overfitting", "statement") or "")],
        "tiles": _tiles(result),
        "tables": [heat] if heat else [],
    }


def asked_index(result: Result) -> int | None:
    """Return where the request as asked stands in the columns; None where its setting was not tried."""
    index = 0
    for axis in result.at(*_AT, "axes") or []:
        own: Any = result.request
        for key in str(axis.get("pointer")).split("/")[1:]:
            own = own.get(key) if isinstance(own, dict) else own[int(key)] if _has(own, key) else None
        values = axis.get("values") or []
        if own not in values:
            return None
        index = index * len(values) + values.index(own)
    return index


def _has(items: Any, key: str) -> bool:
    return isinstance(items, list) and key.isdigit() and int(key) < len(items)


def rank(result: Result, index: int) -> int | None:
    """Return the place of a combination in the ranking, 1 for the best; None for one without a value."""
    column = _column(result)
    own = column[index] if index < len(column) else None
    if own is None:
        return None
    better = (other > own or (other == own and n < index) for n, other in enumerate(column) if other is not None)
    return 1 + sum(better)


def _column(result: Result) -> list[float | None]:
    found: list[float | None] = result.at(*_AT, "metrics", str(result.at(*_AT, "rank_by"))) or []
    return found


def _tiles(result: Result) -> list[Tile]:
    name, best = str(result.at(*_AT, "rank_by")), result.at(*_AT, "best") or {}
    runs, trials = (result.at(*_AT, *path) or 0 for path in (("runs",), ("overfitting", "trials")))
    unit, called = result.schema("metrics", name).get("x-unit"), result.title("metrics", name)
    column, asked = _column(result), asked_index(result)

    def cell(value: Any) -> Cell:
        return Cell(written.DASH, why="Not defined.") if value is None else Cell(written.by_unit(value, unit))

    index = best.get("index")
    top = column[index] if isinstance(index, int) and index < len(column) else None
    own = result.at("metrics", name) if asked is None else column[asked] if asked < len(column) else None
    place = None if asked is None else rank(result, asked)
    many = written.count(trials)
    made = [
        Tile(f"{called} of the best of {written.count(runs)}", cell(top), varied.in_words(result, best.get("patch")),
             result.meaning("metrics", name)),
        Tile(f"{called} as asked", cell(own),
             f"rank {place} of {written.count(runs)}" if place else "not among the settings that were tried", ""),
        Tile(f"{called} next to the best", cell(best.get("neighbours_mean")),
             "the mean of its neighbours, one step away; far below the best, it is a peak and not a plateau", ""),
    ]  # fmt: skip
    said = {
        "dsr": f"the probability that the best is more than the luck of {many} tries; below 95 % it may be that luck",
        "pbo": "in so many splits of the history the best of one half was in the lower half on the other; "
        "50 % is a coin toss",
        "expected_max_sharpe": f"the Sharpe ratio that the best of {many} worthless settings would show",
    }
    at = (*_AT, "overfitting")
    return made + [
        Tile(result.title(*at, key), result.cell(*at, key), words, result.meaning(*at, key))
        for key, words in said.items()
    ]


def _heat_map(result: Result) -> Table | None:
    """Return the ranking metric over the first two axes, the others at the best setting."""
    axes = result.at(*_AT, "axes") or []
    index = result.at(*_AT, "best", "index")
    if not axes or not isinstance(index, int):
        return None
    places = places_of(axes, index)
    down, across = (axes[0], axes[1]) if len(axes) > 1 else (None, axes[0])
    column = _column(result)
    ordered = sorted(value for value in column if value is not None)
    name = str(result.at(*_AT, "rank_by"))
    asked = asked_index(result)
    rows = []
    for row, value in enumerate((down["values"] if down else [None])[:_MOST]):
        cells = [Cell(varied.value(result, down["pointer"], value) if down else "")]
        for n in range(len(across["values"][:_MOST])):
            at = index_of(axes, [row, n, *places[2:]] if down else [n])
            marks = ("★ " if at == index else "", " ●" if at == asked else "")
            cells.append(_cell(result, name, column[at] if at < len(column) else None, ordered, marks))
        rows.append(cells)
    heads = [Column(varied.value(result, across["pointer"], each)) for each in across["values"][:_MOST]]
    titles = [
        f"{varied.title(result, axis['pointer'])} {way}" for axis, way in ((down, "down"), (across, "across")) if axis
    ]
    caption = f"{result.title('metrics', name)} by {' and '.join(titles)}"
    rest = [
        f"{varied.title(result, axis['pointer'])} {varied.value(result, axis['pointer'], axis['values'][place])}"
        for axis, place in list(zip(axes, places, strict=True))[2:]
    ]
    label = varied.title(result, down["pointer"]) if down else ""
    note = (
        f"★ is the best of {written.count(result.at(*_AT, 'runs') or 0)}, chosen with hindsight: expect less of it. "
        "● is the setting that was asked for, whose result this page shows. Blue is above the middle of all settings, "
        "orange below it."
    )
    if rest:
        note += f" Shown at {', '.join(rest)}; the document has the others."
    return Table(caption, [Column(label, "text"), *heads], rows, note, "heat")


def _cell(result: Result, name: str, value: float | None, ordered: list[float], marks: tuple[str, str]) -> Cell:
    if value is None:
        return Cell(written.DASH, why="It gave no result, or was left out.")
    middle = ordered[len(ordered) // 2]
    span = middle - ordered[0] if value < middle else ordered[-1] - middle
    shade = 0 if not span else min(_SHADES, max(1, -int(-_SHADES * abs(value - middle) // span)))
    classes = "up0" if value == middle else f"{'down' if value < middle else 'up'}{shade}"
    figure = written.by_unit(value, result.schema("metrics", name).get("x-unit"))
    return Cell(f"{marks[0]}{figure}{marks[1]}", classes)
