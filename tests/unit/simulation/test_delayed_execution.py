"""Nothing trades without a price of its own: what waits, for how long, and what becomes of the money meanwhile."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester import run

START = datetime.date(2024, 6, 3)  # a Monday


def request(close: dict[str, list[float | None]], **more: Any) -> dict[str, Any]:
    """Return a request on inline prices, a price a day from Monday, 3 June 2024."""
    size = len(next(iter(close.values())))
    dates = [str(START + datetime.timedelta(days=day)) for day in range(size)]
    asked: dict[str, Any] = {
        "strategy": "buy_hold", "initial_capital": 10000, "start_date": dates[0], "end_date": dates[-1],
        "holdings": [{"symbol": symbol, "allocation": 1 / len(close)} for symbol in close],
        "data": {"source": "inline", "prices": {"dates": dates, "close": close}},
    }  # fmt: skip
    return {**asked, **more, "data": {**asked["data"], **more.get("data", {})}}


def trades(result: dict[str, Any]) -> list[tuple[str, str, float]]:
    return [(one["date"][5:], one["symbol"], one["price"]) for one in result["trades"]]


def warned(result: dict[str, Any]) -> dict[str, str]:
    return {one["code"]: one["detail"] for one in result["warnings"]}


def week(*prices: float | None) -> list[float | None]:
    """Return prices of a stock that rests on Saturday and Sunday; the first day is a Monday."""
    days = iter(prices)
    size = len(prices) + 2 * ((len(prices) - 1) // 5)
    return [None if day % 7 >= 5 else next(days) for day in range(size)]


class TestARebalance:
    def test_decided_at_the_weekend_is_filled_on_monday_as_a_whole(self):
        stock = week(100, 100, 100, 100, 110, 99, 99)
        coin = [10.0] * len(stock)
        weekly = request({"STOCK": stock, "COIN": coin}, parameters={"rebalance_frequency": "daily"})
        result = run(weekly)
        at_the_weekend = [trade for trade in trades(result) if trade[0] in ("06-08", "06-09")]
        assert at_the_weekend == []
        assert ("06-10", "STOCK", 99) in trades(result)
        assert "STOCK had no price of its own" in warned(result)["EXECUTION_DELAYED"]

    def test_is_replaced_by_a_newer_decision_while_it_waits(self):
        stock = week(100, 100, 100, 100, 110, 99, 99)
        result = run(request({"STOCK": stock, "COIN": [10.0] * 9}, parameters={"rebalance_frequency": "daily"}))
        assert result["weights"]["decided"][-2:] == ["2024-06-09", "2024-06-10"]

    def test_of_what_has_its_own_price_does_not_wait_for_what_is_neither_held_nor_wanted(self):
        stock, coin = week(100, 90, 80, 80, 80, 80), [10.0, 11, 12, 13, 14, 15, 16, 17]
        asked = request(
            {"STOCK": stock, "COIN": coin}, strategy="momentum",
            parameters={"lookback_period": 1, "top_n": 1, "rebalance_frequency": "daily"},
        )  # fmt: skip
        assert "EXECUTION_DELAYED" not in warned(run(asked))

    def test_by_a_band_waits_like_any_other(self):
        stock = week(100, 100, 100, 100, 150, 150)
        asked = request(
            {"STOCK": stock, "COIN": [10.0] * 8}, rebalancing={"absolute_band": 0.05},
            parameters={"rebalance_frequency": "never"},
        )  # fmt: skip
        result = run(asked)  # broken at Friday's close; Saturday has only a carried price
        assert {date for date, _, _ in trades(result)} == {"06-03", "06-10"}

    def test_at_the_open_waits_for_an_open_of_its_own(self):
        stock = week(100, 100, 100, 100, 110, 99, 99)
        opens = {"STOCK": week(100, 100, 100, 100, 110, 98, 98), "COIN": [10.0] * 9}
        asked = request(
            {"STOCK": stock, "COIN": [10.0] * 9}, execution={"timing": "next_open"},
            parameters={"rebalance_frequency": "daily"},
        )  # fmt: skip
        asked["data"]["prices"]["open"] = opens
        assert {price for date, symbol, price in trades(run(asked)) if (date, symbol) == ("06-10", "STOCK")} == {98}

    def test_that_still_waits_at_the_end_is_told(self):
        close = {"STOCK": week(100, 100, 100, 100, 110, 110), "COIN": [10.0] * 8}
        asked = request(
            close, end_date="2024-06-09", execution={"timing": "same_close"},
            parameters={"rebalance_frequency": "weekly"},
        )  # fmt: skip
        result = run(asked)
        assert {date for date, _, _ in trades(result)} == {"06-03"}
        assert "due on 2024-06-09" in warned(result)["EXECUTION_DELAYED"]


class TestACashFlow:
    def test_that_is_never_invested_is_told(self):
        flow = {"type": "contribution", "amount": 1000, "frequency": "weekly"}
        close = {"STOCK": week(100, 100, 100, 100, 110, 110), "COIN": [10.0] * 8}
        result = run(request(close, end_date="2024-06-09", cash_flows=[flow]))
        assert result["series"]["cash_flows"][-1] == 1000
        assert "due on 2024-06-09" in warned(result)["EXECUTION_DELAYED"]

    def test_lies_in_cash_from_its_date_until_it_can_be_invested(self):
        stock = [*week(110, 110, 110, 110, 110), None, None, 99.0]
        flow = {"type": "contribution", "amount": 10000, "frequency": "weekly"}
        result = run(request({"STOCK": stock, "COIN": [100.0] * 8}, cash_flows=[flow]))
        assert result["series"]["cash_flows"][6] == 10000
        assert result["series"]["portfolio_value"][6] == pytest.approx(20000)
        assert [trade for trade in trades(result) if trade[1] == "STOCK"][1:] == [("06-10", "STOCK", 99)]

    def test_out_of_the_portfolio_waits_and_is_paid_on_the_first_day_that_all_holdings_trade(self):
        stock = [*week(100, 100, 100, 100, 100), None, None, 50.0]
        flow = {"type": "withdrawal", "amount": 1000, "frequency": "weekly"}
        result = run(request({"STOCK": stock, "COIN": [100.0] * 8}, cash_flows=[flow]))
        assert [round(value, 6) for value in result["series"]["cash_flows"]] == [0, 0, 0, 0, 0, 0, 0, -1000]
        assert result["metrics"]["final_value"] == pytest.approx(7500 - 1000)

    def test_out_of_the_portfolio_is_paid_from_cash_at_the_end(self):
        stock = week(100, 100, 100, 100, 100, 100)
        flow = {"type": "withdrawal", "amount": 1000, "frequency": "weekly"}
        asked = request({"STOCK": stock, "COIN": [100.0] * 8}, cash_flows=[flow], end_date="2024-06-09")
        asked["holdings"] = [{"symbol": "STOCK", "allocation": 0.4}, {"symbol": "COIN", "allocation": 0.4}]
        result = run({**asked, "cash": {"allocation": 0.2}})
        assert result["series"]["cash_flows"][-1] == -1000
        assert [trade for trade in trades(result) if trade[0] != "06-03"] == []
        assert "EXECUTION_DELAYED" in warned(result)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_no_trade_ever_fills_at_a_price_that_is_not_the_symbols_own_of_that_day(data: st.DataObject) -> None:
    size = data.draw(st.integers(8, 40))
    holes = st.lists(st.booleans(), min_size=size, max_size=size)
    close: dict[str, list[float | None]] = {}
    for symbol in "ABC":
        missing = data.draw(holes)
        prices = data.draw(st.lists(st.floats(50, 150), min_size=size, max_size=size))
        close[symbol] = [
            None if gone and day else price for day, (gone, price) in enumerate(zip(missing, prices, strict=True))
        ]
    flows = [{"type": data.draw(st.sampled_from(["contribution", "withdrawal"])), "amount": 100, "frequency": "weekly"}]
    asked = request(
        close, strategy=data.draw(st.sampled_from(["buy_hold", "momentum"])),
        cash_flows=data.draw(st.sampled_from([[], flows])),
        rebalancing=data.draw(st.sampled_from([{}, {"absolute_band": 0.02}])),
        execution={"timing": data.draw(st.sampled_from(["next_close", "same_close"]))},
        costs={"commission_bps": data.draw(st.sampled_from([0, 20]))}, data={"max_gap_sessions": 10000},
    )  # fmt: skip
    frequency = data.draw(st.sampled_from(["daily", "weekly"]))
    asked["parameters"] = {"rebalance_frequency": frequency}
    if asked["strategy"] == "momentum":
        asked["parameters"] |= {"lookback_period": 2, "top_n": 2}
    result = run(asked)
    dates = asked["data"]["prices"]["dates"]
    for trade in result["trades"]:
        assert close[trade["symbol"]][dates.index(trade["date"])] == pytest.approx(trade["price"], rel=1e-9)
    assert result["audit"]["equity_residual"] < 1e-9
    assert (np.array(result["series"]["portfolio_value"]) > 0).all()
