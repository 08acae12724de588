"""The answers of `analysis` on a terminal: sentences and small tables."""

import re

import pytest

from backtester.analysis.answer import run
from backtester.report.summary import WIDTH, summary
from tests.support.sample_requests import inline
from tests.unit.analysis.asked import momentum
from tests.unit.report.documents import swept

OVER = {"/parameters/lookback_period": [21, 126], "/parameters/top_n": [1, 2]}


def told(asked, **analysis):
    text = summary(run({**asked, "analysis": analysis}))
    assert max(map(len, text.splitlines())) <= WIDTH
    assert "" not in text.splitlines()
    return " ".join(text.split())


def test_trust_has_a_sentence_for_each_test():
    text = told(momentum(start_date="2008-01-02"), trust={"paths": 100, "trials": 5})
    for said in (
        "Could it be chance?", "Probabilistic Sharpe ratio:", "the probability that the true Sharpe ratio is above",
        "that it is more than the luck of the best of 5 settings.", "Random picks beaten:",
        "the share of the resampled histories that grow less than", "Starts that beat", "CAGR: 95 % interval",
        "Decisions that look ahead: 0 of 24, none changes",
        "How much was the luck of the dates? CAGR of the same rule on other days of its cycle:",
        "Would it survive a delay? Sessions to the fill 0 1 2 3 5 10 CAGR",
        "With fills 10 sessions after the decision,",
        "Which costs would it bear?", "It grows as equal weights do:",
    ):  # fmt: skip
        assert said in text
    costs = text[text.index("Which costs would it bear?") :]
    assert ": Not defined:" not in costs[: costs.index("It grows as equal weights do:") + 60]


def test_what_cannot_be_said_has_its_reason():
    days = ["2024-01-02", "2024-01-03", "2024-01-04"]
    asked = inline({"A": [1.0, 1.0, 1.0]}, days, start_date=days[0], end_date=days[-1])
    text = told(asked, trust={"paths": 100}, projection={}, walk_forward={"over": {"/strategy": ["buy_hold"]}})
    assert "Walk-forward: Not defined: the period does not reach so far." in text
    assert "Projection: Not defined: the period does not reach so far." in text
    assert "Timing luck: Not defined: the question does not apply to this run." in text
    assert "Random portfolios: Not defined: the question does not apply to this run." in text


def test_a_walk_forward_is_a_table_and_what_to_use_next():
    text = told(momentum(), walk_forward={"over": OVER, "test_months": 12})
    assert "Would choosing have worked? CAGR Sharpe ratio Maximum drawdown Walk-forward" in text
    assert "From 3 Jan 2007 to" in text
    for rule in ("Walk-forward", "Best in hindsight", "Median setting", "As asked"):
        assert f"{rule} " in text
    assert "The latest training stretch chooses" in text


@pytest.mark.parametrize("years", [1, 30])
def test_a_projection_is_a_table_of_percentiles(years):
    text = told(momentum(), projection={"years": years, "paths": 200, "percentiles": [5, 95]})
    assert f"After {years} year{'s' if years > 1 else ''} 5 % 95 % Times the money" in text
    assert f"can be taken out each year for {years} year{'s' if years > 1 else ''} is" in text


def test_a_sweep_is_a_table_a_heat_map_and_what_the_choice_is_worth():
    text = told(momentum(), sweep={"over": {**OVER, "/costs/commission_bps": [0, 10]}})
    assert "Sweep: 8 combinations of Look-back, Holdings held and Commission." in text
    assert "Sharpe ratio by Look-back (down) and Holdings held (across), * the best" in text
    assert "Sharpe ratio: the best has" in text
    assert "trials" in text


def test_the_best_of_a_heat_map_is_marked_with_and_without_colour():
    document = run({**momentum(), "analysis": {"sweep": {"over": OVER}}})
    best = document["analysis"]["sweep"]["metrics"]["sharpe_ratio"][document["analysis"]["sweep"]["best"]["index"]]
    assert f"{best:.2f}*" in summary(document)
    coloured = summary(document, colour=True)
    assert f"m {best:.2f}*\x1b[0m" in coloured
    assert coloured.count("\x1b[97;48;5;") == 4


def test_a_sweep_of_one_axis_or_of_nothing_that_ran_has_no_heat_map():
    assert "(down)" not in told(momentum(), sweep={"over": {"/parameters/top_n": [1, 2]}})
    rule = {"rule": "averages_crossing", "fast_period": 5, "ma_period": 20}
    asked = {**momentum(), "strategy": "trend_following", "parameters": rule}
    text = told(asked, sweep={"over": {"/parameters/fast_period": [20, 30]}})
    assert "Sweep: 0 combinations of Fast average, 2 left out or failed. Every setting failed." in text


def test_a_wide_heat_map_is_shaded_where_there_is_no_room_for_numbers():
    over = {"/parameters/lookback_period": {"from": 20, "to": 79, "step": 1}, "/parameters/top_n": [1, 2]}
    text = summary(run({**momentum(), "analysis": {"sweep": {"over": over}}}))
    assert "by Holdings held (down) and Look-back (across from 20 to 79), * the best" in " ".join(text.split())
    assert "The map draws" not in text
    assert max(map(len, text.splitlines())) <= WIDTH


@pytest.mark.parametrize(
    ("rows", "columns", "thinned"),
    [
        (2, 100, {"Holdings held"}),
        (100, 2, {"Look-back"}),
        (60, 40, {"Holdings held"}),  # goes down, where there are 24 lines
        (316, 316, {"Look-back", "Holdings held"}),
    ],
)
def test_a_heat_map_that_has_no_room_for_every_value_says_so_and_draws_the_best(rows, columns, thinned):
    text = summary(swept(rows, columns))
    lines = text.splitlines()
    assert max(map(len, lines)) <= WIDTH
    start = next(n for n, line in enumerate(lines) if "(down)" in line)
    end = next(n for n, line in enumerate(lines) if line.startswith("The map draws"))
    drawn = [line for line in lines[start:end] if line.lstrip()[:1].isdigit()]
    assert len(drawn) <= 24
    assert [line.count("*") for line in drawn] == [0] * (len(drawn) - 1) + [1]
    assert drawn[-1].endswith("*")
    said = re.findall(r"The map draws (\d+) of the (\d+) values of ([\w -]+): some", " ".join(text.split()))
    across = {"Look-back": rows, "Holdings held": columns}
    for shown, values, name in said:
        assert across[name] == int(values) > int(shown) >= int(values) / 16
    assert {name for _, _, name in said} == thinned
