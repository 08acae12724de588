"""The answers of `analysis` and `compare` on the page are those of the document."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backtester.report import overview, written
from backtester.report.analysis import sweep_grid, worth
from backtester.report.analysis.axes import Axis, money_axis, percent_axis
from backtester.report.analysis.drawing import Line, plot
from backtester.report.lookup import Result
from backtester.report.page import render
from tests.unit.report.documents import HOSTILE, ran, result, swept

PLACES = json.loads((Path(__file__).parents[3] / "support/map_places.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def asked() -> Result:
    return Result(result("asked"))


def part(asked: Result, title: str) -> worth.Answered:
    return next(each for each in worth.parts(asked) if each.title == title)


def test_every_question_that_was_asked_is_answered_in_order(asked):
    assert [each.title for each in worth.parts(asked)] == [
        "Do other settings do better?",
        "Would choosing have worked?",
        "Could it be chance?",
        "How much was the luck of the dates?",
        "Would it survive a delay?",
        "Which costs would it bear?",
        "What could come next?",
    ]
    assert worth.parts(Result(result("drift"))) == []
    assert worth.compared(Result(result("drift"))) is None


def test_the_heat_map_has_the_figure_of_each_setting_and_marks_the_best_and_the_asked(asked):
    column, best = asked.at("analysis", "sweep", "metrics", "sharpe_ratio"), asked.at("analysis", "sweep", "best")
    rows = part(asked, "Do other settings do better?").tables[0].rows
    shown = [cell.text for row in rows for cell in row[1:]]
    assert [text.strip("★● ") for text in shown] == [written.ratio(value) for value in column]
    assert [n for n, text in enumerate(shown) if text.startswith("★")] == [best["index"]]
    assert [n for n, text in enumerate(shown) if text.endswith("●")] == [4] == [sweep_grid.asked_index(asked)]
    assert [row[0].text for row in rows] == ["63", "126", "252"]


@pytest.mark.parametrize(("rows", "columns"), [(60, 60), (100, 2), (2, 100), (316, 316)])
def test_a_heat_map_that_does_not_draw_every_value_says_so_and_has_the_best_and_the_asked(rows, columns):
    asked = Result(swept(rows, columns))
    heat = part(asked, "Do other settings do better?").tables[0]
    shown = [cell.text for row in heat.rows for cell in row[1:]]
    assert shown[-1].startswith("★")
    # The look-back that was asked for is 126: with fewer values it was not tried.
    assert sum(text.endswith("●") for text in shown) == (rows >= 126)
    assert {len(row) for row in heat.rows} == {len(heat.columns)}
    drawn = (len(heat.rows), len(heat.columns) - 1)
    for axis, length, count in zip(("Look-back", "Holdings held"), (rows, columns), drawn, strict=True):
        assert count <= 60
        said = f"The map draws {count} of the {length} values of {axis}: some at even distances, and those of the best"
        assert (said in heat.note) == (length > 60) == (count < length)


@pytest.mark.parametrize("case", PLACES, ids=lambda case: case["name"])
def test_the_places_that_a_heat_map_draws(case):
    assert sweep_grid.drawn(case["length"], case["most"], case["marked"]) == case["places"]


def test_settings_that_are_written_alike_have_one_colour_in_the_heat_map():
    document = result("asked")
    sweep = document["analysis"]["sweep"]
    alike = [0.6461, 0.6460000001, 0.646, 0.6462, 0.646, 0.6463, 0.646, 0.646, 0.646]
    apart = [0.5, 0.6461, 0.6464, 0.9001, 0.9, 0.646, 0.646, 0.646, 0.5]
    shaded = ["down3", "up0", "up0", "up3", "up3", "up0", "up0", "up0", "down3"]
    for values, shades in ((alike, ["up0"] * 9), (apart, shaded)):
        sweep["metrics"]["sharpe_ratio"] = values
        rows = part(Result(document), "Do other settings do better?").tables[0].rows
        assert [cell.classes for row in rows for cell in row[1:]] == shades


def test_the_best_of_many_says_so_among_the_warnings():
    document = result("asked")
    assert "BEST_OF_MANY" not in {each["code"] for each in overview.warnings(Result(document))}
    patch = document["analysis"]["sweep"]["best"]["patch"]["parameters"]
    chosen = Result(ran("asked", parameters=patch))
    (warning,) = [each for each in overview.warnings(chosen) if each["code"] == "BEST_OF_MANY"]
    assert warning["detail"].startswith("This setting is the best of 9 that were tried, seen with hindsight.")
    trials = Result(ran("drift", analysis={"trust": {"include": ["significance"], "trials": 40}}))
    assert "chosen among 40" in next(e["detail"] for e in overview.warnings(trials) if e["code"] == "BEST_OF_MANY")


def test_the_intervals_stand_beside_the_tiles(asked):
    low, high = asked.at("analysis", "trust", "bootstrap", "sharpe_ratio")
    tile = next(each for each in overview.tiles(asked) if each.label == "Sharpe ratio")
    level = written.percent(0.95, 0)
    ends = written.SPACE.join([written.ratio(low), "to", written.ratio(high)])
    assert tile.interval == f"{level} interval {ends}"
    assert {each.interval for each in overview.tiles(Result(result("drift")))} == {""}


def test_a_dot_stands_for_each_day_and_the_asked_one_is_marked(asked):
    strip = part(asked, "How much was the luck of the dates?").drawings[1]
    offsets = asked.at("analysis", "trust", "timing_luck", "offsets")
    for drawn in (strip.wide, strip.narrow):
        assert drawn.count("<circle") == len(offsets)
        assert drawn.count('class="asked"') == 1
    own = written.ratio(asked.at("analysis", "trust", "timing_luck", "sharpe_ratio", 0))
    assert f"<title>As asked: {own}</title>" in strip.wide


def test_the_stitched_curve_has_a_bar_for_each_window(asked):
    drawn = part(asked, "Would choosing have worked?").drawings[0]
    windows = asked.at("analysis", "walk_forward", "windows", "test_end")
    assert drawn.wide.count("<rect") == len(windows)
    assert drawn.wide.count("M") == 1, "one unbroken line"


def test_the_fan_has_two_areas_and_the_median(asked):
    fan = part(asked, "What could come next?").drawings[0]
    assert (fan.wide.count('class="outer"'), fan.wide.count('class="inner"')) == (1, 1)
    assert ">Median<" in fan.wide


def test_a_test_that_cannot_be_made_says_why():
    never = Result(ran("drift", analysis={"trust": {"include": ["timing_luck"]}}))
    (luck,) = worth.parts(never)
    assert luck.why == "Not defined: the question does not apply to this run."
    assert luck.why in render(never.document)


def test_compared_variations_have_their_columns(asked):
    compared = worth.compared(asked)
    assert compared is not None
    table = compared.tables[0]
    assert [column.label for column in table.columns] == ["Metric", "As asked", "Quarterly"]
    cagr = next(row for row in table.rows if row[0].text == "CAGR")
    assert [cell.text for cell in cagr[1:]] == [
        written.percent(value) for value in asked.at("comparison", "metrics", "cagr")
    ]


def holes(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from holes(inner, (*path, key))


PATHS = [("analysis", *path) for path in holes(result("asked")["analysis"]) if "metrics" not in path[:-1]]
PATHS += [("comparison", *path) for path in holes(result("asked")["comparison"]) if "metrics" not in path[:-1]]


def without(document: dict[str, Any], path: tuple[str, ...]) -> dict[str, Any]:
    first, *rest = path
    if not rest:
        return {key: value for key, value in document.items() if key != first}
    return {**document, first: without(document[first], tuple(rest))}


def test_a_document_that_lacks_any_part_still_has_a_page():
    document = result("asked")
    assert len(PATHS) > 100
    for path in PATHS:
        spoilt = Result(without(document, path))
        worth.parts(spoilt)
        worth.compared(spoilt)
        overview.warnings(spoilt)
        overview.tiles(spoilt)


def test_what_a_document_says_is_text_in_a_drawing_too():
    document = result("asked")
    document["comparison"]["names"][1] = HOSTILE
    document["comparison"]["portfolio_value"][HOSTILE] = document["comparison"]["portfolio_value"].pop("Quarterly")
    document["analysis"]["walk_forward"]["windows"]["patch"][0] = {"parameters": {HOSTILE: HOSTILE}}
    document["analysis"]["sweep"]["overfitting"]["statement"] = HOSTILE
    page = render(document)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_axes_have_round_marks_inside_of_their_ends():
    axis = percent_axis([0.1, 0.14])
    assert [label for _, label in axis.marks] == [f"{n}\N{NO-BREAK SPACE}%" for n in range(10, 15)]
    assert money_axis([10_000, 1_000_000]).log
    assert not money_axis([10_000, 20_000]).log
    assert percent_axis([0.1, 0.2], zero=True).low == 0
    for values in ([], [None], [0.0], [1.0, 1.0]):
        axis = percent_axis(values)
        assert axis.low < axis.high


def test_a_line_breaks_where_it_has_no_value():
    drawn = plot(400, Axis(0, 3, []), Axis(0, 1, []), [Line([(0, 0.1), (1, None), (2, 0.3), (3, 0.4)])])
    assert re.search(r'd="M[\d. ]+M[\d. ]+L[\d. ]+"', drawn)
