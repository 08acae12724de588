"""Static charts as SVG text, for what needs no zooming: drawn once for a wide page and once for a phone.

Colours are classes of the style sheet, so that the theme's switch turns them. Every text is escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from typing import NamedTuple

from backtester.report import written

WIDTHS = (1200, 340)  # CSS pixels of a wide page and of a phone: each is shown where it fits
_LEFT, _TOP, _BOTTOM = 56, 10, 26
_CHARACTER = 7  # of a label, on average
_EDGE = 12

Points = Sequence[tuple[float, float | None]]


class Axis(NamedTuple):
    """One axis: its ends, and its marks with their labels. log: a logarithmic scale; both ends are above 0."""

    low: float
    high: float
    marks: Sequence[tuple[float, str]]
    log: bool = False


class Line(NamedTuple):
    """A line. name: stands at its end; classes: the colour's; dots: a dot at each point."""

    points: Points
    classes: str = "s1"
    name: str = ""
    dots: bool = False


class Drawing(NamedTuple):
    """A chart of the page: SVG for each of WIDTHS, with title and text alternative. legend: (class, text)."""

    title: str
    alternative: str
    wide: str
    narrow: str
    note: str = ""
    legend: Sequence[tuple[str, str]] = ()


def drawing(
    title: str, alternative: str, draw: Callable[[int], str], *, note: str = "", legend: Sequence[tuple[str, str]] = ()
) -> Drawing:
    """Return the chart that `draw` makes of a width."""
    wide, narrow = (draw(width) for width in WIDTHS)
    return Drawing(title, alternative, wide, narrow, note, legend)


def svg(width: int, height: float, body: str) -> str:
    """Return an SVG element of a size in CSS pixels."""
    return f'<svg viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}" aria-hidden="true">{body}</svg>'


def text(x: float, y: float, said: str, *, anchor: str = "middle", classes: str = "") -> str:
    """Return an SVG text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{classes}">{escape(said)}</text>'


def rule(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    """Return an SVG line."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{classes}"/>'


def box(x: float, y: float, width: float, height: float, classes: str, title: str = "") -> str:
    """Return an SVG rectangle, with a tooltip of the browser's own where there is a title."""
    told = f"<title>{escape(title)}</title>" if title else ""
    size = f'width="{max(width, 0):.1f}" height="{height:.1f}"'
    return f'<rect x="{x:.1f}" y="{y:.1f}" {size} class="{classes}">{told}</rect>'


def dot(x: float, y: float, radius: float, classes: str, title: str) -> str:
    """Return an SVG circle with a tooltip of the browser's own."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" class="{classes}"><title>{escape(title)}</title></circle>'


def plot(
    width: int,
    x: Axis,
    y: Axis,
    lines: Sequence[Line],
    *,
    bands: Sequence[tuple[Sequence[tuple[float, float, float]], str]] = (),
    level: float | None = None,
    height: int = 240,
    below: Callable[[Callable[[float], float]], str] | None = None,
    more: int = 0,
) -> str:
    """Return a chart of lines over a common axis.

    bands: areas, each of (x, bottom, top) and a class. level: a value drawn across. below: draws under the x axis, in
    `more` pixels, given the place of an x.
    """
    names = [line for line in lines if line.name]
    right = min(_CHARACTER * max(len(line.name) for line in names) + 24, width / 4) if names else _EDGE
    floor = height - _BOTTOM
    place_x = scale(x, _LEFT, width - right)
    place_y = scale(y, floor, _TOP)
    body = [rule(_LEFT, place_y(at), width - right, place_y(at), "grid") for at, _ in y.marks]
    body += [text(_LEFT - 8, place_y(at) + 4, said, anchor="end") for at, said in y.marks]
    step = max(1, math.ceil(len(x.marks) * 64 / (width - _LEFT - right)))
    body += [text(place_x(at), height - 8, said) for at, said in x.marks[::step]]
    body.append(rule(_LEFT, floor, width - right, floor, "zero"))
    body += [_area(points, place_x, place_y, classes) for points, classes in bands]
    if level is not None:
        body.append(rule(_LEFT, place_y(level), width - right, place_y(level), "level"))
    for line in lines:
        body.append(f'<path d="{_path(line.points, place_x, place_y)}" class="stroke {line.classes}"/>')
        if line.dots:
            body += [
                f'<circle cx="{place_x(at):.1f}" cy="{place_y(value):.1f}" r="4" class="fill {line.classes}"/>'
                for at, value in line.points
                if value is not None
            ]
    body += _end_names(names, place_y, width - right, floor, most=int((right - 18) / _CHARACTER))
    if below is not None:
        body.append(f'<g transform="translate(0 {height})">{below(place_x)}</g>')
    return svg(width, height + more, "".join(body))


def scale(axis: Axis, start: float, end: float) -> Callable[[float], float]:
    """Return the function from a value of an axis to its place between two pixels."""
    turn: Callable[[float], float] = (lambda value: math.log(max(value, axis.low))) if axis.log else float
    low, high = turn(axis.low), turn(axis.high)
    return lambda value: start + (end - start) * (min(max(turn(value), low), high) - low) / ((high - low) or 1)


def _path(points: Points, place_x: Callable[[float], float], place_y: Callable[[float], float]) -> str:
    steps, pen = [], "M"
    for at, value in points:
        if value is None:
            pen = "M"
            continue
        steps.append(f"{pen}{place_x(at):.1f} {place_y(value):.1f}")
        pen = "L"
    return "".join(steps)


def _area(
    points: Sequence[tuple[float, float, float]],
    place_x: Callable[[float], float],
    place_y: Callable[[float], float],
    classes: str,
) -> str:
    upper = _path([(at, top) for at, _, top in points], place_x, place_y)
    lower = _path([(at, bottom) for at, bottom, _ in reversed(points)], place_x, place_y)
    return f'<path d="{upper}{lower.replace("M", "L", 1)}Z" class="{classes}"/>'


def _end_names(
    lines: Sequence[Line], place_y: Callable[[float], float], x: float, floor: float, *, most: int
) -> list[str]:
    """Return the names at the ends of lines, of at most so many characters, apart where they would touch."""
    ends = [(next((v for _, v in reversed(line.points) if v is not None), None), line) for line in lines]
    places = sorted(((place_y(value), line) for value, line in ends if value is not None), key=lambda end: end[0])
    body: list[str] = []
    last = _TOP - 15.0
    for n, (y, line) in enumerate(places):
        last = min(max(y + 4, last + 15), floor + 4 - 15 * (len(places) - 1 - n))
        body.append(box(x + 6, last - 5, 8, 3, f"fill {line.classes}"))
        name = line.name if len(line.name) <= most else f"{line.name[: most - 1].rstrip()}…"
        body.append(text(x + 18, last, name, anchor="start", classes="end"))
    return body


def steps(low: float, high: float, most: int = 5) -> tuple[list[float], float]:
    """Return marks at 1, 2 or 5 times a power of ten between two values, and their distance."""
    raw = (high - low) / most or 1.0
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= raw * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)], step


def value_axis(values: Sequence[float | None], write: Callable[[float, int], str], *, zero: bool = False) -> Axis:
    """Return an axis around values. write: gives a mark's label, of the value and a number of decimals.

    zero: the axis reaches it.
    """
    known = [value for value in values if value is not None] or [0.0, 1.0]
    low, high = min(known), max(known)
    pad = ((high - low) or abs(high) * 0.2 or 1.0) * 0.08
    low, high = (min(low - pad, 0.0) if low < 0 else 0.0, max(high + pad, 0.0)) if zero else (low - pad, high + pad)
    marks, step = steps(low, high)
    return Axis(low, high, [(mark, write(mark, max(0, math.ceil(-math.log10(step) - 1e-9)))) for mark in marks])


def percent_axis(values: Sequence[float | None], *, zero: bool = False) -> Axis:
    """Return an axis of fractions, labelled in per cent."""
    return value_axis(values, lambda value, digits: written.percent(value, max(0, digits - 2)), zero=zero)


def money_axis(values: Sequence[float | None]) -> Axis:
    """Return an axis of money; logarithmic where it grew to more than four times."""
    known = [value for value in values if value is not None and value > 0] or [1.0, 10.0]
    low, high = min(known), max(known)
    if high / low <= 4:
        return value_axis(known, lambda value, _: _short_money(value))
    marks = [(1, 2, 5), (1, 3), (1,)][min(2, int(math.log10(high / low) / 1.7))]
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [mark * 10.0**power for power in decades for mark in marks if low / 1.1 <= mark * 10.0**power <= high * 1.1]
    return Axis(low / 1.1, high * 1.1, [(tick, _short_money(tick)) for tick in ticks], log=True)


def _short_money(value: float) -> str:
    size = abs(value)
    unit, name = next((u for u in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")) if size >= u[0]), (1.0, ""))
    return f"{written.MINUS if value < 0 else ''}${size / unit:.3g}{name}"


def days(iso: str) -> float:
    """Return a date as a number of days."""
    return float(date.fromisoformat(iso).toordinal())


def date_axis(dates: Sequence[str]) -> Axis:
    """Return an axis from the first to the last of some dates, marked at years, or at months where there are few."""
    first, last = date.fromisoformat(dates[0]), date.fromisoformat(dates[-1])
    marks = [(float(date(year, 1, 1).toordinal()), str(year)) for year in range(first.year + 1, last.year + 1)]
    if len(marks) < 3:
        months = range(first.year * 12 + first.month, last.year * 12 + last.month)
        starts = [date(n // 12, n % 12 + 1, 1) for n in months]
        marks = [(float(day.toordinal()), written.date(day.isoformat()[:7])) for day in starts]
    return Axis(days(dates[0]), days(dates[-1]), marks)
