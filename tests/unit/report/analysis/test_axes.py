"""Marks and ends of axes. The page's scripts and the example app run over the same cases."""

import json
from datetime import date

import pytest

from backtester.report.analysis import axes
from backtester.report.written import SPACE
from tests.support.paths import ROOT

TICKS = json.loads((ROOT / "tests/support/ticks.json").read_text(encoding="utf-8"))


def found(name, arguments):
    if name == "time_ticks":
        first, last, most = arguments
        marks = axes.time_ticks(date.fromisoformat(first), date.fromisoformat(last), most)
        return [[date.fromordinal(int(at)).isoformat(), label] for at, label in marks]
    if name == "value_range" and len(arguments) == 3:
        return axes.value_range(*arguments[:2], log=arguments[2])
    answer = getattr(axes, name)(*arguments)
    return answer[0] if name == "nice_ticks" else answer


@pytest.mark.parametrize(
    ("name", "arguments", "expected"), [(name, *case) for name, cases in TICKS.items() for case in cases]
)
def test_an_axis_has_the_marks_and_ends_that_it_has_in_the_browser(name, arguments, expected):
    answer = found(name, arguments)
    if name == "percent_labels":
        assert [label.replace(SPACE, " ") for label in answer] == expected
    elif name.endswith("_range"):
        assert answer == pytest.approx(expected)
    else:
        assert answer == expected


def test_a_date_axis_has_as_many_marks_as_there_is_room_for():
    axis = axes.date_axis(["2015-03-02", "2019-12-31"])
    assert [label for _, label in axis(8).marks] == ["2016", "2017", "2018", "2019"]
    assert [label for _, label in axis(3).marks] == ["2016", "2018"]
