"""What is asked to sum to 1 does so within 0.005, both ends included, however the parts are split and added."""

import pytest

from backtester.contract.check import check
from backtester.contract.composer.symphony import convert
from backtester.model.errors import RequestError
from tests.support.sample_requests import request

SYMBOLS = [f"S{n}" for n in range(10)]
PERIOD = {"start_date": "2020-01-01", "end_date": "2020-12-31"}
WITHIN = [
    [0.5, 0.495], [0.495, 0.5], [0.335, 0.335, 0.325], [0.1] * 9 + [0.095], [0.199] * 5, [0.0995] * 10, [0.995],
    [0.5, 0.505], [0.505, 0.5], [0.335] * 3, [0.1] * 9 + [0.105], [0.201] * 5, [0.1005] * 10, [0.6, 0.405],
]  # fmt: skip
BEYOND = [[0.5, 0.4949999], [0.33166666] * 3, [0.09949999] * 10, [0.5, 0.5050001], [0.33500001] * 3]
PARTS = [*((parts, True) for parts in WITHIN), *((parts, False) for parts in BEYOND)]


def holdings(parts):
    return [{"symbol": symbol, "allocation": part} for symbol, part in zip(SYMBOLS, parts, strict=False)]


def codes(asked):
    try:
        check(asked, csv_available=False)
    except RequestError as error:
        return [problem["code"] for problem in error.as_document()["errors"]]
    return []


@pytest.mark.parametrize(("parts", "fine"), PARTS)
def test_allocations(parts, fine):
    assert codes(request(holdings=holdings(parts))) == ([] if fine else ["ALLOCATION_SUM"])


@pytest.mark.parametrize(("parts", "fine"), [case for case in PARTS if len(case[0]) > 1])
def test_allocations_with_cash(parts, fine):
    asked = request(holdings=holdings(parts[:-1]), cash={"allocation": parts[-1]})
    assert codes(asked) == ([] if fine else ["ALLOCATION_SUM"])


@pytest.mark.parametrize(("parts", "fine"), PARTS)
def test_allocations_of_the_benchmark(parts, fine):
    assert codes(request(benchmark={"holdings": holdings(parts)})) == ([] if fine else ["ALLOCATION_SUM"])


@pytest.mark.parametrize(("parts", "fine"), PARTS)
def test_weights_of_a_tree(parts, fine):
    tree = {"weigh": "specified", "weights": parts, "of": [{"hold": symbol} for symbol in SYMBOLS[: len(parts)]]}
    shares = [{"symbol": symbol, "allocation": 0.1} for symbol in SYMBOLS]
    asked = request(strategy="rules", holdings=shares, parameters={"tree": tree})
    assert codes(asked) == ([] if fine else ["WEIGHT_SUM"])


@pytest.mark.parametrize(("parts", "fine"), PARTS)
def test_weights_of_a_symphony(parts, fine):
    children = [
        {"step": "asset", "ticker": symbol, "weight": {"num": part * 100, "den": 100}}
        for symbol, part in zip(SYMBOLS, parts, strict=False)
    ]
    symphony = {"step": "root", "rebalance": "daily", "children": [{"step": "wt-cash-specified", "children": children}]}
    if fine:
        assert codes(convert(symphony, **PERIOD)) == []
        return
    with pytest.raises(RequestError) as refused:
        convert(symphony, **PERIOD)
    assert [problem["code"] for problem in refused.value.as_document()["errors"]] == ["WEIGHT_SUM"]
