"""Prices that were used although they may be wrong, and sources that do not say what a share cost."""

from __future__ import annotations

import pytest

import backtester
from backtester.model.errors import DataError, RequestError
from backtester.prices import bundled
from backtester.prices.plausibility import is_implausible

DAYS = [f"2024-01-{day:02d}" for day in range(2, 12)]


def run(close, *, implausible="warn", **parts):
    prices = {"dates": DAYS[: len(close)], "close": {"A": close}, **parts.pop("prices", {})}
    return backtester.run({
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": DAYS[0],
        "end_date": DAYS[len(close) - 1], "initial_capital": 1000, **parts,
        "data": {"source": "inline", "prices": prices, "implausible": implausible},
    })  # fmt: skip


def warned(result):
    return [(warning["code"], warning["symbol"]) for warning in result["warnings"]]


@pytest.mark.parametrize("close", [[100, 39.9, 39.9], [100, 251, 251], [100, 10, 100], [100, 10_000, 10_000]])
def test_a_crash_or_a_leap_is_kept_with_a_warning_that_names_date_and_figure(close):
    result = run(close)
    assert result["metrics"]["final_value"] == pytest.approx(10 * close[-1])
    assert warned(result) == [("IMPLAUSIBLE_PRICE", "A")]
    detail = result["warnings"][0]["detail"]
    assert f"from 100 on 2024-01-02 to {close[1]:.6g} on 2024-01-03" in detail


@pytest.mark.parametrize("close", [[100, 40, 40], [100, 250, 250]])
def test_a_step_of_0_4_or_2_5_is_plausible(close):
    assert run(close)["warnings"] == []


def test_several_steps_are_counted():
    assert "the first of 2 such steps" in run([100, 10, 90, 90])["warnings"][0]["detail"]


def test_such_prices_are_refused_where_that_is_asked_for():
    with pytest.raises(RequestError) as caught:
        run([100, 39.9, 39.9], implausible="error")
    assert caught.value.code == "VALIDATION_FAILED"
    (problem,) = caught.value.problems
    assert (problem.pointer, problem.code) == ("/holdings/0/symbol", "IMPLAUSIBLE_PRICE")
    assert "(-60.1%)" in problem.detail
    assert run([100, 41, 41], implausible="error")["warnings"] == []


def test_the_sample_has_one_such_step_and_no_price_that_would_be_mended():
    found = {symbol for symbol, history in bundled.load(bundled.symbols()).items() if is_implausible(history.close)}
    assert found == {"RRC"}
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "RRC", "allocation": 1}], "start_date": "1990-01-02",
        "end_date": "1990-12-31", "data": {"source": "bundled", "implausible": "error"},
    }  # fmt: skip
    with pytest.raises(DataError) as caught:
        backtester.run(request)
    assert caught.value.problems[0].code == "IMPLAUSIBLE_PRICE"
    later = backtester.run({**request, "start_date": "1990-06-01"})
    assert later["warnings"] == [], "before the period it changes no number"


def test_an_inline_price_a_hundred_times_too_high_is_mended_with_a_warning():
    result = run([100, 10_050, 101, 102])
    assert result["series"]["portfolio_value"] == pytest.approx([1000, 1005, 1010, 1020])
    assert warned(result) == [("PRICES_REPAIRED", "A")]


@pytest.mark.parametrize(
    ("parts", "warnings"),
    [
        ({}, []),
        ({"execution": {"shares": "whole"}}, [("ADJUSTED_SHARE_COUNTS", "A")]),
        ({"costs": {"commission_per_share": 0.01}}, [("ADJUSTED_SHARE_COUNTS", "A")]),
        ({"costs": {"commission_bps": 1}}, []),
        ({"execution": {"shares": "whole"}, "prices": {"traded": {"A": [10, 10, 10]}}}, []),
    ],
)
def test_adjusted_share_counts_are_said_where_they_matter(parts, warnings):
    assert warned(run([10, 10, 10], **parts)) == warnings


def test_a_traded_close_is_needed_on_every_session_with_a_close():
    with pytest.raises(RequestError) as caught:
        run([10, 10, 10], prices={"traded": {"a": [10, None, 10]}})
    assert [(p.pointer, p.code) for p in caught.value.problems] == [("/data/prices/traded/a/1", "NO_PRICES")]
