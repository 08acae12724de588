"""The tests of `analysis.trust` on the page: chance, dates, delay and costs."""

from __future__ import annotations

from typing import Any

from backtester.report import written
from backtester.report.analysis import answers
from backtester.report.analysis.axes import Axis, date_axis, days, percent_axis, ratio_axis
from backtester.report.analysis.drawing import Drawing, Line, box, dot, drawing, plot, rule, scale, svg, text
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Column, Table

_AT = ("analysis", "trust")
_INTERVALS = ("cagr", "sharpe_ratio", "max_drawdown")
_ROW, _NAME, _FIGURE = 34, 130, 64
_RADIUS = 5
_ODDS = ("significance", "random", "look_ahead", "bootstrap", "start_dates")


def _asked(result: Result, name: str) -> bool:
    return name in (result.at(*_AT) or {})


def odds(result: Result) -> list[dict[str, Any]]:
    """Return what the record's length, random picks, resampled histories and other starts say; empty where unasked."""
    names = [name for name in _ODDS if _asked(result, name)]
    if not names:
        return []
    drawings = [each for each in (_intervals(result), _start_dates(result)) if each]
    return [{"sentences": [said for name in names for said in answers.sentences(result, name)], "drawings": drawings}]


def interval_words(result: Result, metric: str) -> str:
    """Return `95 % interval 0.29 to 1.24` of a metric; empty where the run has none."""
    low, high = (result.at(*_AT, "bootstrap", metric, n) for n in (0, 1))
    if low is None or high is None:
        return ""
    unit = result.schema("metrics", metric).get("x-unit")
    level = written.percent(result.at("request", "analysis", "trust", "confidence") or 0.95, 0)
    return f"{level} interval {written.by_unit(low, unit)} to {written.by_unit(high, unit)}"


def _intervals(result: Result) -> Drawing | None:
    """Return a bar for each interval, with the run's own figure on it."""
    rows = []
    for key in _INTERVALS:
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

    said = "; ".join(f"{result.title('metrics', key)}: {interval_words(result, key)}" for key, *_ in rows)
    return drawing(
        "Had the same days come in another order: the intervals of the resampled histories",
        f"{said}.", draw, note="The dot is the run itself, the thin upright line zero.",
    )  # fmt: skip


def _start_dates(result: Result) -> Drawing | None:
    starts = result.at(*_AT, "start_dates", "starts") or []
    excess = [value for value in result.at(*_AT, "start_dates", "excess") or [] if value is not None]
    values = result.at(*_AT, "start_dates", "excess" if excess else "cagr") or []
    known = [value for value in values if value is not None]
    if len(known) < 2 or len(starts) != len(values):
        return None
    x, y = date_axis(starts), percent_axis(values, zero=True)
    lines = [Line([(days(start), value) for start, value in zip(starts, values, strict=False)])]
    above = f" above {result.benchmark or 'the benchmark'}" if excess else ""
    return drawing(
        f"Begun in another month: growth a year{above}, by first month",
        f"Line chart: {written.percent(min(known))} to {written.percent(max(known))} a year.",
        lambda width: plot(width, x, y, lines, height=200, level=0.0 if excess else None),
        note="All end with the run. Starts that leave less than a year are left out.",
    )


def timing_luck(result: Result) -> list[dict[str, Any]]:
    """Return the strip of dots of the same rule on other days; empty where unasked."""
    if not _asked(result, "timing_luck"):
        return []
    at = (*_AT, "timing_luck")
    sentences = answers.sentences(result, "timing_luck")
    drawings = [each for key in ("sharpe_ratio", "cagr") if (each := _strip(result, key))]
    if result.at(*at) is None:
        return [{"why": result.why(*at)}]
    return [{"sentences": sentences, "drawings": drawings}]


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
    return drawing(f"{name} of the same rule on each of {len(values)} days", said, draw, note=note)


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


def lag(result: Result) -> list[dict[str, Any]]:
    """Return the curve of later fills; empty where unasked."""
    if not _asked(result, "lag"):
        return []
    at = (*_AT, "lag")
    sessions = result.at(*at, "sessions") or []
    yearly = any(value is not None for value in result.at(*at, "cagr") or [])
    key = "cagr" if yearly else "sharpe_ratio"
    values = result.at(*at, key) or []
    points = [(float(session), value) for session, value in zip(sessions, values, strict=False)]
    if len(points) < 2:
        return [{"why": result.why(*at)}]
    write = written.percent if yearly else written.ratio
    name = "growth a year" if yearly else "the Sharpe ratio"
    known = [(session, write(value)) for session, value in points if value is not None]
    x = Axis(-0.3, max(sessions) + 0.3, [(session, str(session)) for session in sessions])
    y = percent_axis(values) if yearly else ratio_axis(values)
    lines = [Line(points, dots=True)]
    said = ", ".join(f"{session:g} sessions later {figure}" for session, figure in known)
    ends = [f"{'at the deciding close' if not at else f'{at:g} sessions later'}, {figure}" for at, figure in known]
    sentence = f"{name[:1].upper()}{name[1:]}, by the fill: {ends[0]}; {ends[-1]}."
    title = f"{name[:1].upper()}{name[1:]} by the sessions between decision and fill"
    drawn = drawing(title, f"Line chart: {said}.", lambda width: plot(width, x, y, lines, height=200))
    return [{"sentences": [sentence], "drawings": [drawn]}]


def break_even(result: Result) -> list[dict[str, Any]]:
    """Return the commissions at which the advantage is gone; empty where unasked."""
    if not _asked(result, "break_even"):
        return []
    at = (*_AT, "break_even")
    if result.at(*at) is None:
        return [{"why": result.why(*at)}]
    asked = result.at("request", "costs", "commission_bps") or 0

    def bps(value: float) -> str:
        return f"{written.plain(value, 1 if value < 10 else 0)} bps"

    names = {
        "zero": "It stops growing",
        "benchmark": f"It grows as much as {result.benchmark or 'the benchmark'}",
        "equal_weight": "It grows as much as equal weights",
    }
    rows = [[Cell("As asked"), Cell(bps(asked))]]
    rows += [[Cell(name), result.cell(*at, key, how=bps)] for key, name in names.items()]
    heads = [Column("", "text"), Column("Commission", "", result.meaning(*at))]
    table = Table("The commission at which …", heads, rows, classes="short")
    return [{"sentences": answers.sentences(result, "break_even"), "tables": [table]}]
