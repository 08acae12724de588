"""A holding whose prices end: the period stops with it, it is paid out, or the request is refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from backtester import DataError, run

DAYS = [
    str(day) for day in (datetime.date(2024, 1, 1) + datetime.timedelta(days=n) for n in range(60)) if day.weekday() < 5
]


def request(ended: str, b: list[float | None], **more: Any) -> dict[str, Any]:
    a = [100.0] * len(DAYS)
    return {
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 0.6}, {"symbol": "B", "allocation": 0.4}],
        "start_date": DAYS[0], "end_date": DAYS[-1], "initial_capital": 10000,
        "data": {
            "source": "inline", "prices": {"dates": DAYS, "close": {"A": a, "B": b}}, "ended_history": ended,
        }, **more,
    }  # fmt: skip


def until(last: int, price: float = 50.0) -> list[float | None]:
    return [price if day <= last else None for day in range(len(DAYS))]


def codes(result: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in result["warnings"]]


def test_by_default_the_period_stops_with_it_and_says_so():
    result = run(request("stop", until(19)))
    assert result["period"]["effective"]["end"] == DAYS[19]
    assert "END_CLIPPED" in codes(result)


def test_it_is_refused_where_it_may_not_end():
    with pytest.raises(DataError) as refused:
        run(request("error", until(19)))
    assert refused.value.code == "NO_DATA_IN_RANGE"
    assert refused.value.problems[0].pointer == "/holdings/1/symbol"


def test_it_is_paid_out_at_its_last_price_on_the_session_after_and_the_others_share_its_part():
    result = run(request("cash", [*until(19)[:19], 25.0, *until(19)[20:]], costs={"commission_bps": 10}))
    paid = [trade for trade in result["trades"] if trade["reason"] == "ended"]
    assert [(one["date"], one["symbol"], one["side"], one["price"]) for one in paid] == [(DAYS[20], "B", "sell", 25)]
    assert (paid[0]["commission"], paid[0]["slippage"]) == (0, 0)
    bought = result["trades"][-1]
    assert (bought["date"], bought["symbol"], bought["side"]) == (DAYS[21], "A", "buy")
    assert result["weights"]["symbols"]["B"][-1] == 0
    assert result["weights"]["symbols"]["A"][-1] == 1
    assert result["period"]["effective"]["end"] == DAYS[-1]
    assert "HOLDING_ENDED" in codes(result)
    assert result["audit"]["equity_residual"] < 1e-12


def test_a_price_that_lacks_at_the_end_for_a_few_sessions_is_carried():
    result = run(request("cash", until(len(DAYS) - 4)))
    assert "HOLDING_ENDED" not in codes(result)
    assert "PRICE_CARRIED_FORWARD" in codes(result)


def test_a_strategy_that_ranks_neither_holds_nor_sees_it_afterwards():
    rising = [50.0 + day if day <= 19 else None for day in range(len(DAYS))]
    result = run(
        request(
            "cash", rising, strategy="momentum",
            parameters={"lookback_period": 5, "top_n": 1, "rebalance_frequency": "weekly"},
        )
    )  # fmt: skip
    held = dict(zip(result["weights"]["dates"], result["weights"]["symbols"]["B"], strict=True))
    assert held["2024-01-22"] == 1  # it rose most
    assert {weight for date, weight in held.items() if date > DAYS[20]} == {0}
    assert [trade["reason"] for trade in result["trades"] if trade["symbol"] == "B"][-1] == "ended"


@pytest.mark.parametrize("frequency", ["never", "weekly", "monthly"])
def test_cutting_the_prices_after_the_payment_changes_nothing_before(frequency: str):
    whole = run(request("cash", until(19), parameters={"rebalance_frequency": frequency}))
    cut = request("cash", until(19), parameters={"rebalance_frequency": frequency})
    cut["end_date"] = DAYS[35]
    shorter = run(cut)
    size = shorter["period"]["sessions"] - 1
    assert shorter["series"]["portfolio_value"][:size] == whole["series"]["portfolio_value"][:size]
