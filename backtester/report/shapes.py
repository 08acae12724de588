"""The data of the template: cells, tables, tiles and charts. The template escapes their texts."""

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
    """A table; the first cell of a row is its heading. note: the rows left out, and the meaning of marks."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    note: str = ""
    classes: str = ""


class Tile(NamedTuple):
    """A figure with its name. beside: a few words, as the benchmark's figure; interval: of resampled histories."""

    label: str
    value: Cell
    beside: str
    tip: str
    interval: str = ""


class Chart(NamedTuple):
    """A chart that the page's script draws into the element `key`, with its title."""

    key: str
    title: str
    alternative: str
    note: str = ""
    height: int = 320


class BandSpan(NamedTuple):
    """A part of a band. colour: its class; left and width: in thousandths of the whole."""

    colour: str
    left: float
    width: float


class Band(NamedTuple):
    """A band of colours over time. legend: class, label and share of each colour; ends: the dates at its ends."""

    title: str
    alternative: str
    spans: Sequence[BandSpan]
    legend: Sequence[tuple[str, str, str]]
    ends: tuple[str, str]
