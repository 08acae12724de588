"""Static charts as SVG text, for what needs no zooming: drawn once for each width of a page.

Colours are classes of the style sheet, so that the theme's switch turns them. Every text is escaped here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import NamedTuple

from backtester.report.analysis.axes import Axis

WIDTHS = (1200, 720, 340)  # CSS pixels of a wide page, of a tablet and paper, of a phone: each is shown where it fits
_LEFT, _TOP, _BOTTOM = 56, 10, 26
_CHARACTER = 7  # of a label, on average
_EDGE = 12
_MARK = 64  # px of a mark of the x axis with its gap

Points = Sequence[tuple[float, float | None]]


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
    middle: str
    narrow: str
    note: str = ""
    legend: Sequence[tuple[str, str]] = ()


def drawing(
    title: str, alternative: str, draw: Callable[[int], str], *, note: str = "", legend: Sequence[tuple[str, str]] = ()
) -> Drawing:
    """Return the chart that `draw` makes of a width."""
    wide, middle, narrow = (draw(width) for width in WIDTHS)
    return Drawing(title, alternative, wide, middle, narrow, note, legend)


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
    x: Axis | Callable[[int], Axis],
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

    x: the axis, or what gives it for a number of marks that have room. bands: areas, each of (x, bottom, top) and a
    class. level: a value drawn across. below: draws under the x axis, in `more` pixels, given the place of an x.
    """
    names = [line for line in lines if line.name]
    right = min(_CHARACTER * max(len(line.name) for line in names) + 24, width / 4) if names else _EDGE
    floor = height - _BOTTOM
    most = max(2, int((width - _LEFT - right) / _MARK))
    x = x if isinstance(x, Axis) else x(most)
    place_x = scale(x, _LEFT, width - right)
    place_y = scale(y, floor, _TOP)
    body = [rule(_LEFT, place_y(at), width - right, place_y(at), "grid") for at, _ in y.marks]
    body += [text(_LEFT - 8, place_y(at) + 4, said, anchor="end") for at, said in y.marks]
    step = max(1, math.ceil(len(x.marks) / (most + 1)))
    body += [text(place_x(at), height - 8, said) for at, said in x.marks[::step]]
    body.append(rule(_LEFT, floor, width - right, floor, "zero"))
    body += [_area(points, place_x, place_y, classes) for points, classes in bands]
    if level is not None:
        body.append(rule(_LEFT, place_y(level), width - right, place_y(level), "level"))
    for line in lines:
        body += _stroke(line, place_x, place_y)
    body += _end_names(names, place_y, width - right, floor, most=int((right - 18) / _CHARACTER))
    if below is not None:
        body.append(f'<g transform="translate(0 {height})">{below(place_x)}</g>')
    return svg(width, height + more, "".join(body))


def _stroke(line: Line, place_x: Callable[[float], float], place_y: Callable[[float], float]) -> Iterator[str]:
    """Yield the path of a line, and its dots."""
    yield f'<path d="{_path(line.points, place_x, place_y)}" class="stroke {line.classes}"/>'
    for at, value in line.points if line.dots else ():
        if value is not None:
            yield f'<circle cx="{place_x(at):.1f}" cy="{place_y(value):.1f}" r="4" class="fill {line.classes}"/>'


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
