"""What the template is given: cells, tables, tiles and charts, every text of them still to be escaped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Cell(NamedTuple):
    """A figure or a word in a table. why: the reason of a dash; classes: gain, loss, heat shades, mono, wide."""

    text: str
    classes: str = ""
    why: str = ""


class Column(NamedTuple):
    """A column's heading. classes: `text` for words; figures are the rule. tip: its definition."""

    label: str
    classes: str = ""
    tip: str = ""


class Table(NamedTuple):
    """A table; the first cell of a row is its heading. note: what is left out of it, and what marks mean."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    classes: str = ""


class Tile(NamedTuple):
    """One of the headline figures. beside: the benchmark's, or where it started from."""

    label: str
    value: Cell
    beside: str
    tip: str


class Chart(NamedTuple):
    """A chart that the page's script draws into the element `key`, with a title that says what it shows."""

    key: str
    title: str
    alternative: str
    note: str = ""
    height: int = 320
