"""`compare`: each column is a run of its own, over the period that all have in common."""

import copy
from typing import Any

import numpy as np
import pytest

import backtester
from backtester.analysis.answer import run_checked
from backtester.contract.check import check
from backtester.pipeline import AlreadyKnownError
from backtester.settings import read_settings
from tests.support.documents import assert_schema
from tests.support.sample_requests import inline, request

MOMENTUM = request(
    strategy="momentum", start_date="2015-01-01", end_date="2019-12-31", benchmark="KO", costs={"commission_bps": 5},
    parameters={"lookback_period": 60, "top_n": 1},
)  # fmt: skip
PATCHES: dict[str, dict[str, Any]] = {
    "Weekly": {"parameters": {"rebalance_frequency": "weekly"}},
    "Held": {"strategy": "buy_hold", "parameters": None},
    "Free": {"costs": {"commission_bps": None}},
    "Slow": {"execution": {"lag_sessions": 5}, "benchmark": None},
    "Others": {"holdings": [{"symbol": "XOM", "allocation": 0.3}, {"symbol": "JNJ", "allocation": 0.7}]},
}


def compared(asked: dict[str, Any], patches: dict[str, dict[str, Any]], **changes: Any) -> dict[str, Any]:
    variations = [{"name": name, "patch": patch} for name, patch in patches.items()]
    result = backtester.run({**asked, **changes, "compare": variations})
    assert_schema({**result, "timing_ms": {}}, "result")
    return result


def patched(asked: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """Apply a patch of one or two levels."""
    result = copy.deepcopy(asked)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, dict):
            inside = {**result.get(key, {}), **value}
            result[key] = {name: one for name, one in inside.items() if one is not None}
        else:
            result[key] = value
    return result


def test_each_column_is_the_single_run_to_the_bit():
    result = compared(MOMENTUM, PATCHES)
    comparison = result["comparison"]

    assert comparison["names"] == ["As asked", *PATCHES]
    assert comparison["period"] == {**result["period"]["effective"], "sessions": 1258, "limited_by": None}
    for number, patch in enumerate([{}, *PATCHES.values()]):
        single = backtester.run(patched(MOMENTUM, patch))
        assert {name: column[number] for name, column in comparison["metrics"].items()} == single["metrics"]
        assert comparison["portfolio_value"][comparison["names"][number]] == single["series"]["portfolio_value"]
        assert comparison["dates"] == single["series"]["dates"]
        for pointer, reason in single["null_reasons"].items():
            if pointer.startswith("/metrics/"):
                assert result["null_reasons"][f"/comparison{pointer}/{number}"] == reason


def test_the_rest_of_the_result_is_that_of_the_request_as_asked():
    with_it, without = compared(MOMENTUM, PATCHES), backtester.run(MOMENTUM)
    assert with_it["request"].pop("compare") == [{"name": n, "patch": p} for n, p in PATCHES.items()]
    assert with_it.pop("comparison")
    with_it["null_reasons"] = {at: why for at, why in with_it["null_reasons"].items() if "/comparison" not in at}
    for document in (with_it, without):
        del document["timing_ms"], document["result_id"]
    assert with_it == without


def test_another_period_is_cut_to_what_all_have_and_told():
    late = {"start_date": "2016-05-14"}
    early = {"end_date": "2018-02-03", "parameters": {"rebalance_frequency": "weekly"}}
    result = compared(MOMENTUM, {"Late": late, "Early": early})

    single = backtester.run({**MOMENTUM, "start_date": "2016-05-16", "end_date": "2018-02-02"})
    found = result["comparison"]["period"]
    assert found == {**single["period"]["effective"], "sessions": single["period"]["sessions"], "limited_by": "Late"}
    assert (found["start"], found["end"]) == ("2016-05-16", "2018-02-02")
    (warning,) = (w for w in result["warnings"] if w["code"] == "PERIODS_DIFFER")
    assert warning["pointer"] == "/compare"
    for number, patch in enumerate([{}, late, early]):
        single = backtester.run({**patched(MOMENTUM, patch), "start_date": "2016-05-16", "end_date": "2018-02-02"})
        assert {name: column[number] for name, column in result["comparison"]["metrics"].items()} == single["metrics"]


def test_a_run_that_ends_early_limits_the_period():
    result = compared(MOMENTUM, {"Early": {"end_date": "2018-02-03"}})
    assert result["comparison"]["period"]["limited_by"] == "Early"
    broke = {"cash_flows": [{"type": "withdrawal", "amount": 9000, "frequency": "annually"}]}
    result = compared(MOMENTUM, {"Spent": broke})
    assert result["comparison"]["period"]["limited_by"] == "Spent"
    assert [w["code"] for w in result["comparison"]["warnings"]["Spent"]] == ["PORTFOLIO_DEPLETED"]


def test_exchanges_that_open_on_other_days_share_the_sessions_that_both_have():
    days = [f"2024-01-{day:02d}" for day in range(5, 16)]
    stock = [price if n not in (1, 2, 8, 9) else None for n, price in enumerate(range(10, 21))]
    asked = inline({"COIN": [*range(20, 31)], "STOCK": stock}, days, start_date="2024-01-06", end_date="2024-01-15")
    result = compared({**asked, "holdings": [{"symbol": "COIN", "allocation": 1}]},
                      {"Stock": {"holdings": [{"symbol": "STOCK", "allocation": 1}]}})  # fmt: skip

    comparison = result["comparison"]
    assert comparison["period"] | {"limited_by": ""} == {
        "start": "2024-01-08", "end": "2024-01-15", "sessions": 6, "limited_by": "",
    }  # fmt: skip
    assert comparison["dates"] == [day for n, day in enumerate(days) if n >= 3 and n not in (8, 9)]
    assert comparison["metrics"]["total_return"] == pytest.approx([30 / 23 - 1, 20 / 13 - 1])


def test_runs_that_never_trade_on_the_same_day_are_not_compared():
    days = ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-04"]
    asked = inline({"ODD": [1, None, 3, None], "EVEN": [None, 2, None, 4]}, days, end_date="2024-01-04")
    asked["holdings"] = [{"symbol": "ODD", "allocation": 1}]
    result = compared(asked, {"Even": {"holdings": [{"symbol": "EVEN", "allocation": 1}]}})
    assert result["comparison"]["errors"]["Even"]["code"] == "NO_DATA_IN_RANGE"
    assert result["comparison"]["dates"] == ["2024-01-01", "2024-01-03"]


def test_withdrawals_that_end_a_later_start_earlier_cut_the_period_once_more():
    close = [10, 11, 14, 18, 24, 20, 15, 11, 8, 6]
    flows = [{"type": "withdrawal", "amount": 9000, "frequency": "weekly"}]
    asked = inline({"A": close, "B": close[::-1]}, cash_flows=flows, holdings=[{"symbol": "A", "allocation": 1}])
    result = compared(asked, {"Late": {"start_date": "2024-01-05", "cash_flows": None}})
    comparison = result["comparison"]
    ends = {comparison["period"]["end"], comparison["dates"][-1]}
    single = backtester.run({**asked, "start_date": "2024-01-05", "end_date": comparison["period"]["end"]})
    assert ends == {single["period"]["effective"]["end"]}
    assert comparison["portfolio_value"]["As asked"] == single["series"]["portfolio_value"]


def test_a_variation_that_fails_is_an_error_by_its_name():
    result = compared(MOMENTUM, {
        "Unknown": {"holdings": [{"symbol": "NOPE", "allocation": 1}]}, "Weekly": PATCHES["Weekly"],
        "Long ago": {"start_date": "1995-01-01", "end_date": "1999-12-31"},
    })  # fmt: skip
    comparison = result["comparison"]

    assert comparison["errors"]["Unknown"]["code"] == "SYMBOL_NOT_FOUND"
    assert comparison["errors"]["Unknown"]["pointer"] == "/holdings/0/symbol"
    assert comparison["errors"]["Long ago"]["code"] == "NO_DATA_IN_RANGE"
    assert [*comparison["portfolio_value"]] == ["As asked", "Weekly"]
    assert [value is None for value in comparison["metrics"]["cagr"]] == [False, True, False, True]
    assert comparison["correlations"][1] == [None] * 4
    assert result["null_reasons"]["/comparison/metrics/cagr/1"] == "VARIATION_FAILED"
    assert result["null_reasons"]["/comparison/correlations/0/3"] == "VARIATION_FAILED"


def test_an_error_of_the_request_itself_is_the_error_of_the_whole():
    asked = {**MOMENTUM, "holdings": [{"symbol": "NOPE", "allocation": 1}]}
    with pytest.raises(backtester.DataError, match="NOPE"):
        compared(asked, {"Good": {"holdings": MOMENTUM["holdings"]}})


def test_correlations_are_of_the_steps_between_sessions():
    result = compared(MOMENTUM, {name: PATCHES[name] for name in ("Weekly", "Held")})
    growth = np.array([*result["comparison"]["portfolio_value"].values()])
    expected = np.corrcoef(growth[:, 1:] / growth[:, :-1] - 1)

    found = np.array(result["comparison"]["correlations"])
    assert found == pytest.approx(expected, abs=1e-12)
    assert (found == found.T).all()
    assert found.diagonal().tolist() == [1.0] * 3


def test_a_portfolio_that_never_moves_has_no_correlation():
    asked = inline({"A": [10, 11, 10, 12, 11, 13, 12, 14, 13, 15]})
    result = compared(asked, {"Cash": {"holdings": [{"symbol": "A", "allocation": 0}], "cash": {"allocation": 1}}})
    assert result["comparison"]["correlations"] == [[1.0, None], [None, None]]
    assert result["null_reasons"]["/comparison/correlations/0/1"] == "ZERO_DENOMINATOR"


def test_series_are_thinned_alike():
    comparison = compared(MOMENTUM, PATCHES, output={"max_points": 40, "include": []})["comparison"]
    lengths = {len(comparison["dates"]), *map(len, comparison["portfolio_value"].values())}
    assert len(lengths) == 1
    assert lengths.pop() <= 40


def test_the_result_id_covers_the_variations_and_their_prices():
    one, same = (compared(MOMENTUM, {"Weekly": PATCHES["Weekly"]})["result_id"] for _ in range(2))
    assert one == same
    assert one != backtester.run(MOMENTUM)["result_id"]
    assert one != compared(MOMENTUM, {"Renamed": PATCHES["Weekly"]})["result_id"]
    close = {"A": [10.0, 11, 10, 12, 11, 13, 12, 14, 13, 15], "B": [10.0, 11, 10, 12, 11, 13, 12, 14, 13, 15]}
    held = [{"symbol": "A", "allocation": 1}]
    other = {"Other": {"holdings": [{"symbol": "B", "allocation": 1}]}}
    changed = {**close, "B": [*close["B"][:-1], 16]}
    assert len({compared(inline(c, holdings=held), other)["result_id"] for c in (close, changed)}) == 2


def test_a_result_that_is_known_is_not_computed_again():
    asked = check({**MOMENTUM, "compare": [{"name": "Weekly", "patch": PATCHES["Weekly"]}]}, csv_available=False)
    seen = []
    with pytest.raises(AlreadyKnownError):
        run_checked(asked, settings=read_settings(), should_compute=seen.append)
    assert seen == [run_checked(asked, settings=read_settings())["result_id"]]


def test_progress_is_of_the_whole_and_never_falls():
    asked = check({**MOMENTUM, "compare": [{"name": n, "patch": p} for n, p in PATCHES.items()]}, csv_available=False)
    told: list[tuple[str, float]] = []
    stages = ["loading_data", "simulating", "measuring"]
    run_checked(asked, settings=read_settings(), progress=lambda s, n, of: told.append((s, n / of if of else 0)))

    assert told == sorted(told, key=lambda one: (stages.index(one[0]), one[1]))
    assert {stage for stage, _ in told} == set(stages)
    assert told[-1] == ("measuring", 1)
    assert len({share for stage, share in told if stage == "simulating"}) > len(PATCHES)


def test_the_python_function_returns_the_comparison():
    found = backtester.compare(MOMENTUM, PATCHES)
    assert found == compared(MOMENTUM, PATCHES)["comparison"]
    assert "compare" not in MOMENTUM


def test_inline_prices_are_shared_by_the_variations():
    asked = inline({"A": [10, 11, 10, 12, 11, 13, 12, 14, 13, 15], "B": [5, 5, 5, 5, 5, 6, 6, 6, 6, 6]})
    patch = {"holdings": [{"symbol": "B", "allocation": 1}]}
    found = compared(asked, {"B": patch})["comparison"]["metrics"]["total_return"]
    assert found == [backtester.run(r)["metrics"]["total_return"] for r in (asked, {**asked, **patch})]
