"""The tests of `analysis.trust` on the page: chance, dates, delay and costs."""

from __future__ import annotations

from typing import Any

from backtester.report import shared, written
from backtester.report.analysis import says
from backtester.report.analysis.axes import Axis, date_axis, days, percent_axis, ratio_axis
from backtester.report.analysis.drawing import Drawing, Line, box, dot, drawing, plot, rule, scale, svg, text
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Column, Table

_AT = ("analysis", "trust")
_ROW, _NAME, _FIGURE = 34, 130, 64
_RADIUS = 5
_CHANCE = ("significance", "random", "look_ahead", "bootstrap", "start_dates")


def chance(result: Result) -> dict[str, Any]:
    """Return what the record's length, random picks, resampled histories and other starts say; empty where unasked."""
    asked = result.at(*_AT)
    if not any(name in asked for name in _CHANCE):
        return {}
    missing = [name for name in ("bootstrap", "start_dates") if asked.get(name, {}) is None]
    return {
        "sentences": [" ".join(said)] if (said := says.chance(result)) else [],
        "tiles": says.chance_facts(result),
        "drawings": [each for each in (_intervals(result), _start_dates(result)) if each],
        "why": " ".join(f"{result.title(*_AT, name)}: {result.why(*_AT, name)}" for name in missing),
    }


def _intervals(result: Result) -> Drawing | None:
    """Return a bar for each interval, with the run's own figure on it."""
    rows = []
    for key in shared.of("intervals"):
        low, high = (result.at(*_AT, "bootstrap", key, n) for n in (0, 1))
        own = result.at("metrics", key)
        if None not in (low, high, own):
            rows.append((key, low, high, own))
    if not rows:
        return None

    def draw(width: int) -> str:
        name = _NAME if width > 500 else 0
        body = []
        for n, (key, low, high, own) in enumerate(rows):
            unit, y = (
                result.schema("metrics", key).get("x-unit"),
                n * (_ROW + (0 if name else 18)) + (17 if name else 34),
            )
            ends = Axis(min(low, own, 0), max(high, own, 0), [])
            place = scale(ends, name + _FIGURE, width - _FIGURE)
            body.append(text(0, y + 4 if name else y - 18, result.title("metrics", key), anchor="start"))
            body.append(text(name + _FIGURE - 10, y + 4, written.by_unit(low, unit), anchor="end", classes="end"))
            body.append(text(width - _FIGURE + 10, y + 4, written.by_unit(high, unit), anchor="start", classes="end"))
            body.append(rule(name + _FIGURE, y, width - _FIGURE, y, "zero"))
            body.append(rule(place(0), y - 8, place(0), y + 8, "zero"))
            body.append(box(place(low), y - 4, place(high) - place(low), 8, "inner"))
            body.append(dot(place(own), y, 6, "asked", f"The run's own: {written.by_unit(own, unit)}"))
        return svg(width, len(rows) * (_ROW + (0 if name else 18)), "".join(body))

    said = "; ".join(f"{result.title('metrics', key)}: {says.interval(result, key)}" for key, *_ in rows)
    return drawing(
        shared.title("intervals", level=says.confidence(result)),
        f"{said}.", draw, note="The dot is the run itself, the thin upright line zero.",
    )  # fmt: skip


def _start_dates(result: Result) -> Drawing | None:
    starts = result.at(*_AT, "start_dates", "starts") or []
    excess = any(value is not None for value in result.at(*_AT, "start_dates", "excess") or [])
    values = result.at(*_AT, "start_dates", "excess" if excess else "cagr") or []
    known = [(start, value) for start, value in zip(starts, values, strict=False) if value is not None]
    if len(known) < 2:
        return None
    dates, found = [start for start, _ in known], [value for _, value in known]
    x, y = date_axis(dates), percent_axis(found, zero=True)
    lines = [Line([(days(start), value) for start, value in known])]
    title = shared.title("begun_above" if excess else "begun", market=result.benchmark or "the benchmark")
    return drawing(
        title,
        f"Line chart: {written.percent(min(found))} to {written.percent(max(found))} a year.",
        lambda width: plot(width, x, y, lines, height=200, level=0.0 if excess else None),
        note="All end with the run. Starts that leave less than a year are left out.",
    )


def timing_luck(result: Result) -> dict[str, Any]:
    """Return the strips of dots of the same rule on other days."""
    drawings = [each for key in shared.of("intervals") if (each := _strip(result, key))]
    return {"sentences": says.timing_luck(result), "drawings": drawings}


def _strip(result: Result, key: str) -> Drawing | None:
    at = (*_AT, "timing_luck")
    values, offsets = (result.at(*at, name) or [] for name in (key, "offsets"))
    known = [(n, value) for n, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return None
    mixed, unit = result.at(*at, "tranches", key), result.schema("metrics", key).get("x-unit")
    around = [value for _, value in known] + ([mixed] if mixed is not None else [])
    axis = percent_axis(around) if unit != "ratio" else ratio_axis(around)

    def draw(width: int) -> str:
        place = scale(axis, 24, width - 24)
        dots = _stacked(known, place)
        floor = max(3, *(level + 1 for *_, level in dots)) * 2 * _RADIUS + 16
        body = [rule(0, floor, width, floor, "zero")]
        for mark, said in axis.marks[:: 1 if width > 500 else 2]:
            body.append(rule(place(mark), 0, place(mark), floor, "grid") + text(place(mark), floor + 18, said))
        if mixed is not None:
            body.append(rule(place(mixed), 2, place(mixed), floor, "mixed"))
        for n, value, level in reversed(dots):
            later = (offsets[n] - offsets[0]) if n < len(offsets) else n
            said = f"{'As asked' if n == 0 else f'{later} sessions later'}: {written.by_unit(value, unit)}"
            y, big = floor - _RADIUS - 2 - level * 2 * _RADIUS, n == 0
            body.append(dot(place(value), y, 8 if big else 4.5, "asked" if big else "fill other", said))
        return svg(width, floor + 26, "".join(body))

    name = result.title("metrics", key)
    note = "Large: as asked."
    if mixed is not None:
        note += f" Upright line: the money spread over all the days, {written.by_unit(mixed, unit)}."
    said = f"Strip of {len(known)} dots, one for each day of the cycle, the asked one marked."
    title = shared.title("other_days", metric=name, days=written.count(len(values)))
    return drawing(title, said, draw, note=note)


def _stacked(known: list[tuple[int, float]], place: Any) -> list[tuple[int, float, int]]:
    """Return dots with the level of each, so that none covers another."""
    dots: list[tuple[int, float, int]] = []
    for n, value in known:
        level = 0
        while any(
            other == level and abs(place(at) - place(value)) < 2 * _RADIUS + (4 if 0 in (n, m) else 0)
            for m, at, other in dots
        ):
            level += 1
        dots.append((n, value, level))
    return dots


def lag(result: Result) -> dict[str, Any]:
    """Return the curve of later fills."""
    at = (*_AT, "lag")
    sessions = result.at(*at, "sessions") or []
    key, name = says.lag_metric(result)
    values = result.at(*at, key) or []
    points = [(float(session), value) for session, value in zip(sessions, values, strict=False)]
    if len(points) < 2:
        return {}
    write, axis = (written.percent, percent_axis) if key == "cagr" else (written.ratio, ratio_axis)
    known = [(session, write(value)) for session, value in points if value is not None]
    x = Axis(-0.3, max(sessions) + 0.3, [(session, str(session)) for session in sessions])
    y = axis(values)
    lines = [Line(points, dots=True)]
    said = ", ".join(f"{session:g} sessions later {figure}" for session, figure in known)
    title = shared.title("delays", metric=f"{name[:1].upper()}{name[1:]}")
    drawn = drawing(title, f"Line chart: {said}.", lambda width: plot(width, x, y, lines, height=200))
    return {"sentences": says.lag(result), "drawings": [drawn]}


def break_even(result: Result) -> dict[str, Any]:
    """Return the commissions at which the advantage is gone."""
    at = (*_AT, "break_even")
    asked = result.at("request", "costs", "commission_bps") or 0
    names = says.rivals(result)
    rows = [[Cell("As asked"), Cell(says.bps(asked))]]
    rows += [[Cell(name), result.cell(*at, key, how=says.bps)] for key, name in names.items()]
    heads = [Column("", "text"), Column("Commission", "", result.meaning(*at))]
    table = Table(shared.title("commissions"), heads, rows, classes="short")
    return {"sentences": [" ".join(says.break_even(result))], "tables": [table]}
