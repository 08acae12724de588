"""A file without a date or a close is refused by the delimiter that it was written with: its line, what is missing."""

from __future__ import annotations

import pytest

from backtester.prices.csv.parse import parse
from backtester.prices.csv.unreadable import UnreadableError
from tests.unit.prices.csv.reading import fault

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
MISSING = {
    "close": ["Date", "Kurswert", "Menge"],
    "date": ["Tag", "Close", "Menge"],
    "date, and nothing is known": ["Tag", "Kurswert", "Menge"],
}
SESSIONS = {
    "points": [["02.01.2020", "1234.5", "7"], ["03.01.2020", "1235.5", "8"]],
    "decimal commas": [["02.01.2020", "1 234,50", "7,5"], ["03.01.2020", "1 235,50", "8,5"]],
    "commas everywhere": [["Thu, Jan 2, 2020", "1,234,567.50", "7,000"], ["Fri, Jan 3, 2020", "1,235,567.50", "8,000"]],
    "one session": [["02.01.2020", "1.234,50", "7"]],
    "none": [],
}
ABOVE = {"nothing": [], "a title": ["Kurse, Werte, und mehr"], "a title and a blank line": ["Kurse", ""]}


@pytest.mark.parametrize("above", ABOVE)
@pytest.mark.parametrize("sessions", SESSIONS)
@pytest.mark.parametrize("absent", MISSING)
@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("quote", ["", '"'])
def test_the_header_is_the_line_that_is_named(delimiter, absent, sessions, above, quote):
    rows = [MISSING[absent], *SESSIONS[sessions]]
    mark = DELIMITERS[delimiter]
    if mark == "," and not quote:
        rows = [[cell.replace(",", "") for cell in row] for row in rows]
    if absent == "date, and nothing is known" and (sessions == "none" or above != "nothing"):
        return  # nothing tells a header of unknown names from a title
    text = "\n".join([*ABOVE[above], *(mark.join(f"{quote}{cell}{quote}" for cell in row) for row in rows)])
    with pytest.raises(UnreadableError) as caught:
        parse(text.encode(), "ABC")
    line = len(ABOVE[above]) + 1
    assert caught.value.fact == f"line {line}: there is no column {absent.partition(',')[0]}"
    assert caught.value.found == ", ".join(map(repr, MISSING[absent]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tag,Kurswert\n02.01.2020,1234,50\n03.01.2020,1235,50\n", "line 1: there is no column date"),
        ("Date,Kurswert\n02.01.2020,1234,50\n03.01.2020,1235,50\n", "line 1: there is no column close"),
        ("2020-01-02;1,5\n2020-01-03;1,6\n", "line 1: there is no column date"),
        ("Kurse\nDate;Kurswert\n\n2020-01-03;1,6\nQuelle: a, b, c, d, e\n", "line 2: there is no column close"),
        ('Date;Kurswert\n02.01.2020;"1,50\n', "line 2: it is not CSV"),
        ('day,close\n2020-01-02,"10\n', "line 2: it is not CSV"),
    ],
)
def test_the_line_is_the_likeliest_header(text, expected):
    assert fault(text) == expected
