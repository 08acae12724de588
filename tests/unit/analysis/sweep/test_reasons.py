"""Each null of a sweep has the reason that is true of it."""

import pytest

from backtester import run
from tests.unit.analysis.asked import momentum, three_calendars

OVER = {"/parameters/top_n": [1, 2]}
AVERAGES = {"strategy": "trend_following", "parameters": {"rule": "averages_crossing"}}


def reasons(asked, over=OVER, **options):
    """Return the reasons of the nulls of a sweep, and the sweep."""
    document = run({**asked, "analysis": {"sweep": {"over": over, **options}}})
    at = "/analysis/sweep/"
    found = {k.removeprefix(at): v for k, v in document["null_reasons"].items() if k.startswith(at)}
    sweep = document["analysis"]["sweep"]
    for block in ("overfitting", "metrics"):
        columns = {key: value if isinstance(value, list) else [value] for key, value in sweep[block].items()}
        missing = {f"{block}/{key}" for key, column in columns.items() if None in column}
        assert missing == {key for key in found if key.startswith(f"{block}/")}
    return found, sweep


@pytest.mark.parametrize(
    ("rank_by", "changes", "reason"),
    [
        ("alpha", {"benchmark": None}, "NO_BENCHMARK"),
        ("information_ratio", {"benchmark": None}, "NO_BENCHMARK"),
        ("cagr", {"end_date": "2004-07-02"}, "PERIOD_UNDER_ONE_YEAR"),
        ("calmar_ratio", {"end_date": "2004-07-02"}, "PERIOD_UNDER_ONE_YEAR"),
        ("money_weighted_return", {"end_date": "2004-12-30"}, "PERIOD_UNDER_ONE_YEAR"),
        ("sharpe_ratio", {"end_date": "2004-01-05"}, "TOO_FEW_OBSERVATIONS"),
    ],
)
def test_where_nothing_could_be_ranked_the_metric_says_why(rank_by, changes, reason):
    found, sweep = reasons(momentum(**changes), rank_by=rank_by)
    assert sweep["best"] is None
    assert {found[key] for key in ("best", "overfitting/dsr", "overfitting/dsr_effective")} == {reason}


def test_a_benchmark_that_some_settings_lack_is_the_reason():
    found, sweep = reasons(momentum(), {"/benchmark": ["PG", None]})
    assert [value is None for value in sweep["metrics"]["alpha"]] == [False, True]
    assert found["metrics/alpha"] == "NO_BENCHMARK"


def test_a_grid_of_one_has_no_neighbours_and_no_choice():
    found, _ = reasons(momentum(), {"/parameters/top_n": [2]})
    assert found["best/neighbours_mean"] == found["overfitting/pbo"] == "DOES_NOT_APPLY"


def test_neighbours_that_were_left_out_do_not_apply_and_those_that_failed_failed():
    over = {"/parameters/fast_period": [20, 50], "/parameters/ma_period": [10, 40]}
    where = [["/parameters/fast_period", "below", "/parameters/ma_period"]]
    assert reasons(momentum(**AVERAGES), over, where=where)[0]["best/neighbours_mean"] == "DOES_NOT_APPLY"
    assert reasons(momentum(**AVERAGES), over)[0]["best/neighbours_mean"] == "VARIATION_FAILED"


@pytest.mark.parametrize("rank_by", ["sharpe_ratio", "cagr"])
def test_few_sessions_are_the_reason_of_a_missing_pbo(rank_by):
    found, sweep = reasons(momentum(end_date="2004-05-03"), rank_by=rank_by)
    assert sweep["runs"] == 2
    assert found["overfitting/pbo"] == found["overfitting/degradation_slope"] == "TOO_FEW_OBSERVATIONS"


def test_what_failed_failed():
    asked = momentum(**AVERAGES | {"parameters": {"rule": "averages_crossing", "ma_period": 10, "fast_period": 5}})
    found, sweep = reasons(asked, {"/parameters/fast_period": [15, 20]})
    assert sweep["runs"] == 0
    assert {*found.values()} == {"VARIATION_FAILED"}


def test_a_best_on_another_calendar_has_no_deflated_ratio_and_no_division_by_zero():
    over = {"/holdings/0/symbol": ["COIN", "ONE"]}  # the sessions are those of the first
    found, sweep = reasons(three_calendars(), over)
    assert (sweep["runs"], sweep["best"]["index"]) == (2, 1)
    assert {found[f"overfitting/{name}"] for name in ("dsr", "dsr_effective", "pbo")} == {"DOES_NOT_APPLY"}
