"""What is suggested, and that nothing is where the likely fix is not clear."""

from __future__ import annotations

import json
from typing import Any

import pytest

from backtester import run
from backtester.contract.check import check
from backtester.model.errors import RequestError
from tests.support.sample_requests import request
from tests.support.suggestions import followed


def problems_of(asked: dict[str, Any]) -> list[dict[str, Any]]:
    with pytest.raises(RequestError) as raised:
        check(asked, csv_available=False)
    document: dict[str, Any] = raised.value.as_document()
    return list(document["errors"])


def suggested(asked: dict[str, Any]) -> dict[str, Any]:
    return {problem["pointer"]: problem.get("suggestion") for problem in problems_of(asked)}


def held(*shares: Any, **more: Any) -> dict[str, Any]:
    return request(holdings=[{"symbol": f"S{at}", "allocation": share} for at, share in enumerate(shares)], **more)


@pytest.mark.parametrize(
    ("shares", "cash", "expected"),
    [
        ([1.5, 0.5], 0, [0.75, 0.25]),
        ([50, 50], 0, [0.5, 0.5]),
        ([60, 39.8], 0, [0.6, 0.398]),
        ([40, 40], 20, [0.4, 0.4]),
        ([0.6, 0.6], 0.2, [0.4, 0.4]),
        ([40, 40], 0.2, [0.4, 0.4]),
        ([0.5, 0.3], 0, [0.625, 0.375]),
        ([-0.2, 0.7, 0.7], 0, None),
        ([0, 0], 0, None),
        ([0.5, 0.5], 1, None),
        ([0.04] * 21, 0, None),
    ],
)
def test_a_wrong_sum_suggests_allocations_that_sum_to_one_with_the_cash(
    shares: list[float], cash: float, expected: list[float] | None
) -> None:
    asked = held(*shares, cash={"allocation": cash})
    assert suggested(asked)["/holdings"] == expected
    if expected is not None:
        check(followed(asked, problems_of(asked)), csv_available=False)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        ([1.5, 0.5], [None]), ([2, 3], [None, None]), ([50, 50], [0.5, 0.5]), ([-0.5, 1.5], [None, None]),
        (["50%", "50 %"], [0.5, 0.5]), (["50", "50"], [0.5, 0.5]), (["0.5", "0,5"], [0.5, 0.5]), (["5", 0.5], [None]),
        (["60%", "40"], [0.6, None]), (["half", 0.5], [None]),
    ],
)  # fmt: skip
def test_an_allocation_is_a_percentage_only_where_all_sum_to_a_hundred(shares: list[Any], expected: list[Any]) -> None:
    found = suggested(held(*shares))
    assert [value for pointer, value in found.items() if pointer.endswith("allocation")] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/12/2022", "2022-12-31"), ("12/31/2022", "2022-12-31"), ("13.1.2022", "2022-01-13"), ("01/02/2022", None),
        ("2022-02-30", "2022-02-28"), ("2024-2-31", "2024-02-29"), ("2022/1/5", "2022-01-05"),
        ("20221231", "2022-12-31"),
        ("2022-13-01", None), ("2022-01-32", "2022-01-31"), ("2022-01-05T00:00:00Z", "2022-01-05"), ("yesterday", None),
        ("0000-01-01", None), ("9999-12-32", "9999-12-31"), (" 2022-01-05\n", "2022-01-05"), ("2022-01-00", None),
    ],
)  # fmt: skip
def test_a_date_is_suggested_where_its_order_is_clear(text: str, expected: str | None) -> None:
    assert suggested(request(end_date=text)) == {"/end_date": expected}


def test_an_end_before_the_start_suggests_nothing() -> None:
    assert suggested(request(start_date="2021-01-01", end_date="2020-01-01")) == {"/end_date": None}


@pytest.mark.parametrize(
    ("symbol", "expected"),
    [(" KO ", "KO"), ("BRK B", "BRK-B"), ("brk/b", "brk-b"), ("$KO", "KO"), ("A B C", None), ("€", None), ("", None)],
)
def test_a_symbol_is_suggested_in_its_usual_form(symbol: str, expected: str | None) -> None:
    asked = request(holdings=[{"symbol": symbol, "allocation": 1}])
    assert set(suggested(asked).values()) == {expected}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("risk_free_rate", "3 %", 0.03), ("initial_capital", "10,000", 10000),
        ("initial_capital", "10,000.50", 10000.5),
        ("initial_capital", "1.000,50", None), ("initial_capital", "ten", None), ("initial_capital", -5, None),
        ("cash", {"annual_rate": 1.5}, 0.015), ("rebalancing", {"absolute_band": 5}, 0.05),
        ("rebalancing", {"absolute_band": 1.5}, None), ("output", {"max_points": "100.5"}, None),
        ("output", {"max_points": 1}, 2), ("data", {"source": "csv"}, "auto"),
        ("data", {"source": "Bundled"}, "bundled"),
    ],
)  # fmt: skip
def test_a_value_is_suggested_where_the_schema_accepts_it(key: str, value: Any, expected: Any) -> None:
    assert [*suggested(request(**{key: value})).values()] == [expected]


@pytest.mark.parametrize(
    ("asked", "pointer", "expected"),
    [
        (request(strategy="momentum", parameters={"lookback": 126}), "/parameters/lookback", "lookback_period"),
        (request(strategy="momentum", parameters={"window": 126}), "/parameters/window", "lookback_period"),
        (request(strategy="momentum", parameters={"skip": 1}), "/parameters/skip", "skip_period"),
        (request(strategy="momentum", parameters={"topN": 1}), "/parameters/topN", "top_n"),
        (request(strategy="risk_parity", parameters={"window": 63}), "/parameters/window", "volatility_window"),
        (request(strategy="trend_following", parameters={"window": 63}), "/parameters/window", "ma_period"),
        (request(costs={"commission": 5}), "/costs/commission", "commission_bps"),
        (request(costs={"slippage": 5}), "/costs/slippage", "slippage_bps"),
        (request(cash={"rate": 0.1}), "/cash/rate", "annual_rate"),
        (request(start="2020-01-01"), "/start", "start_date"), (request(to="2020-01-01"), "/to", "end_date"),
        (request(capital=5), "/capital", "initial_capital"), (request(assets=[]), "/assets", "holdings"),
        (request(holdings=[{"ticker": "KO", "weight": 1}]), "/holdings/0/ticker", "symbol"),
        (request(holdings=[{"ticker": "KO", "weight": 1}]), "/holdings/0/weight", "allocation"),
        (request(colour="red"), "/colour", None),
    ],
)  # fmt: skip
def test_a_key_is_suggested_by_its_words_and_by_its_name_elsewhere(
    asked: dict[str, Any], pointer: str, expected: str | None
) -> None:
    assert suggested(asked)[pointer] == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"start_date": "2021-01-01", "end_date": "2020-01-01"}, "Swap them"),
        ({"end_date": "01/02/2013"}, "This one may be 2013-01-02 or 2013-02-01."),
        ({"end_date": "5.5.2013"}, "This one may be 2013-05-05."),
        ({"holdings": {"AAPL": 0.5}}, "The holdings are an array of objects with symbol and allocation, such as ["),
        ({"end_date": None}, "The value must be a date, YYYY-MM-DD, not null."),
        ({"end_date": 1577836800000}, "The value must be a date, YYYY-MM-DD, not a number."),
        ({"holdings": "[]"}, "The value must be an array, not a string of JSON. Send what the string"),
        ({"costs": '{"foo": 1}'}, "The value must be an object, not a string of JSON. Send what the string"),
        ({"costs": '{"slippage_bps": NaN}'}, "The value must be an object, not a string. It may have the keys "),
        ({"holdings": [5]}, "not a number. It is an object with symbol and allocation."),
        ({"benchmark": {"SPY": 1}}, 'A benchmark is a symbol, such as "SPY", or an object with holdings, such as {'),
        ({"strategy": {"name": "nothing"}}, "A strategy is a name; its settings are in parameters, beside it."),
        ({"cash_flows": 100}, "Cash flows are an array. A cash flow is an object with type, amount and frequency"),
        ({"costs": 5}, "It may have the keys commission_bps, "),
        ({"cash_flows": {"amount": 5}}, "Each item is an object with type"),
        ({"strategy": "momentum", "parameters": {"lookbacks": [5]}}, "It is an object with "),
        ({"initial_capital": 0}, "The value must be above 0 (currency)."),
        ({"initial_capital": 1e-12}, "The value must be at least 1e-09 (currency)."),
    ],
)  # fmt: skip
def test_a_problem_says_what_is_expected_in_its_place(changes: dict[str, Any], said: str) -> None:
    [problem, *_] = problems_of(request(**changes))
    assert said in problem["detail"]


def test_what_was_encoded_twice_is_suggested_as_it_was_meant() -> None:
    asked = request(strategy="buy_hold", costs={"slippage_bps": 5})
    for key in ("holdings", "costs"):
        assert suggested({**asked, key: json.dumps(asked[key])}) == {f"/{key}": asked[key]}
    with pytest.raises(RequestError) as raised:
        check(json.dumps(asked), csv_available=False)
    assert [(one.pointer, one.suggestion) for one in raised.value.problems] == [("", asked)]


MIX = [{"symbol": "KO", "allocation": 0.6}, {"symbol": "PG", "allocation": 0.4}]
HALVES = [{"symbol": "KO", "allocation": 0.5}, {"symbol": "PG", "allocation": 0.5}]
SAVINGS = {"type": "contribution", "amount": 100, "frequency": "monthly"}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        *(("benchmark", one, "KO") for one in (
            {"symbol": "KO"}, {"ticker": "KO"}, {"symbol": "KO", "allocation": 1}, {"symbol": "KO", "name": "Coke"},
            {"KO": 1}, ["KO"], [["KO", 1]], [{"symbol": "KO", "allocation": 1}], [{"KO": 1}],
        )),
        *(("benchmark", one, {"holdings": MIX}) for one in ({"KO": 0.6, "PG": 0.4}, {"KO": 60, "PG": "40"}, MIX)),
        ("benchmark", ["KO", "PG"], {"holdings": HALVES}),
        *(("benchmark", one, None) for one in (
            [], 1, {"KO": "x"}, {"symbol": "K O"}, {"KO": -1, "PG": 2}, [["KO", "PG"]],
            {"symbol": "KO", "allocation": "some"}, {"KO": None},
        )),
        *(("holdings", one, MIX) for one in (
            {"KO": 0.6, "PG": 0.4}, {"KO": "60%", "PG": "40 %"}, [["KO", 60], ["PG", 40]], [{"KO": 0.6}, {"PG": 0.4}],
            {"KO": {"allocation": 0.6}, "PG": {"weight": 0.4}},
        )),
        ("holdings", ["KO", "PG"], HALVES),
        *(("holdings", one, [{"symbol": "KO", "allocation": 1}]) for one in (
            "KO", {"KO": 1}, {"symbol": "KO"}, {"symbol": "KO", "allocation": 1},
        )),
        *(("holdings", one, None) for one in ({}, "K O", [["KO"], ["PG", 1, 2]], {"KO": 10**400}, ["KO"] * 21)),
        ("cash_flows", 100, [SAVINGS]), ("cash_flows", SAVINGS, [SAVINGS]), ("cash_flows", 0, None),
        ("cash_flows", -5.5, [{"type": "withdrawal", "amount": 5.5, "frequency": "monthly"}]),
        ("cash_flows", 1e16, None),
        *(("strategy", one, "momentum") for one in (
            {"name": "momentum"}, {"type": "momentun", "top_n": 3}, {"momentum": {"top_n": 3}}, ["momentum"],
        )),
        *(("strategy", one, None) for one in ({}, {"name": "zzz"}, {"top_n": 1, "lookback_period": 2})),
        ("execution", "next_open", {"timing": "next_open"}), ("data", "bundled", {"source": "bundled"}),
        ("data", "SPY", None), ("cash", 0.1, None), ("limits", 5, None), ("costs", 5, None),
        ("output", ["trades"], {"include": ["trades"]}), ("end_date", ["2020-12-31"], "2020-12-31"),
        ("end_date", ["2020-13-31"], None), ("compare", {"name": "a", "patch": {}}, [{"name": "a", "patch": {}}]),
    ],
)  # fmt: skip
def test_a_value_of_another_shape_is_one_problem_with_the_value_that_is_meant(
    key: str, value: Any, expected: Any
) -> None:
    asked = request(**{key: value})
    [problem] = [one for one in problems_of(asked) if one["pointer"].startswith(f"/{key}")]
    assert (problem["pointer"], problem["code"]) == (f"/{key}", "WRONG_TYPE")
    assert problem.get("suggestion") == expected
    if expected is not None:
        check(followed(asked, [problem]), csv_available=False)


def test_symbols_alone_share_what_the_cash_leaves_and_a_number_among_flows_is_one_of_them() -> None:
    asked = request(holdings=["KO", "PG"], cash={"allocation": 0.2}, cash_flows=[SAVINGS, 50])
    check(followed(asked, problems_of(asked)), csv_available=False)
    assert suggested(asked) == {
        "/holdings": [{"symbol": "KO", "allocation": 0.4}, {"symbol": "PG", "allocation": 0.4}],
        "/cash_flows/1": {**SAVINGS, "amount": 50},
    }


def test_a_long_value_is_not_repeated_in_a_suggestion() -> None:
    variation = {"name": "a", "patch": {"request_id": "x" * 1000}}
    assert suggested(request(compare=variation)) == {"/compare": None}


WORDS = {
    "daily": ("day", "Days"), "weekly": ("week", "every week"), "monthly": ("month", "MONTHS", "per month"),
    "quarterly": ("quarter", "each quarter"), "semiannually": ("half-yearly", "biannually", "twice a year"),
    "annually": ("annual", "year", "yearly", "Yearly", "every year", "once a year", "12 months"),
    "never": ("none", "once"),
}  # fmt: skip


@pytest.mark.parametrize(("meant", "word"), [(meant, word) for meant, words in WORDS.items() for word in words])
def test_a_frequency_of_another_name_suggests_ours_wherever_one_stands(meant: str, word: str) -> None:
    asked = {
        "/parameters/rebalance_frequency": request(parameters={"rebalance_frequency": word}),
        "/benchmark/rebalance_frequency": request(benchmark={"holdings": MIX, "rebalance_frequency": word}),
        "/cash_flows/0/frequency": request(cash_flows=[{**SAVINGS, "frequency": word}]),
        "/rebalancing/bands_checked": request(rebalancing={"bands_checked": word}),
    }
    taken = {"/cash_flows/0/frequency": meant not in ("never", "daily"), "/rebalancing/bands_checked": meant == "daily"}
    for pointer, one in asked.items():
        assert taken.get(pointer, True) <= (suggested(one)[pointer] == meant), pointer


def test_a_result_or_an_error_that_is_sent_as_a_request_is_one_problem() -> None:
    with pytest.raises(RequestError) as raised:
        check(request(colour="red"), csv_available=False)
    error = raised.value.as_document()
    for document, said in ((error, "This is an error document"), (run(request()), "Its request is in `request`.")):
        [problem] = problems_of(document)
        assert (problem["pointer"], problem["code"]) == ("", "UNEXPECTED")
        assert said in problem["detail"]
