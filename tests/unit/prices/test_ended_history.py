"""A holding whose prices end: the period stops with it, it is paid out, or the request is refused."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from backtester import DataError, run
from tests.support.stored import SESSIONS, fill_store

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


CALENDAR_DAYS = [str(datetime.date(2024, 8, 20) + datetime.timedelta(days=n)) for n in range(24)]
WEEKDAYS = [datetime.date.fromisoformat(day).weekday() < 5 for day in CALENDAR_DAYS]


def signalled(strategy: str, close: dict[str, list[float | None]], days: list[str], **more: Any) -> dict[str, Any]:
    """A request of holdings in equal parts, those that end paid out."""
    data = {"source": "inline", "prices": {"dates": days, "close": close}, "ended_history": "cash"} | more.pop(
        "data", {}
    )
    return {
        "strategy": strategy, "holdings": [{"symbol": s, "allocation": 1 / len(close)} for s in close],
        "start_date": days[0], "end_date": days[-1], "initial_capital": 10000, "data": data, **more,
    }  # fmt: skip


def trades_of(result: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(trade["date"], trade["symbol"], trade["side"]) for trade in result["trades"]]


@pytest.mark.parametrize("timing", ["next_close", "same_close"])
def test_a_band_restores_the_targets_without_what_has_ended(timing: str):
    close: dict[str, list[float | None]] = {"A": [10.0, 10.0, None, None, None, None], "B": [20.0] * 6, "C": [5.0] * 6}
    result = run(
        signalled(
            "momentum", close, CALENDAR_DAYS[:6], rebalancing={"absolute_band": 0.05}, execution={"timing": timing},
            parameters={"lookback_period": 1, "rebalance_frequency": "never"}, data={"max_gap_sessions": 1},
        )
    )  # fmt: skip
    paid = CALENDAR_DAYS[2]
    bought = CALENDAR_DAYS[3] if timing == "next_close" else paid
    assert trades_of(result)[3:] == [(paid, "A", "sell"), (bought, "B", "buy"), (bought, "C", "buy")]
    assert {one["symbol"]: round(one["weight"], 9) for one in result["final_holdings"]} == {"B": 0.5, "C": 0.5}
    assert result["audit"]["equity_residual"] < 1e-12


@pytest.mark.parametrize("whole", [False, True])
def test_a_rebalance_that_waited_until_a_holding_was_paid_out_does_not_buy_it_again(whole: bool):
    close: dict[str, list[float | None]] = {
        "A": [10.0 + n if day <= "2024-09-01" else None for n, day in enumerate(CALENDAR_DAYS)],
        "B": [20.0 if weekday else None for weekday in WEEKDAYS],
    }
    result = run(
        signalled(
            "momentum", close, CALENDAR_DAYS, data={"max_gap_sessions": 2},
            parameters={"lookback_period": 2, "top_n": 2, "rebalance_frequency": "monthly"},
            execution={"shares": "whole" if whole else "fractional"},
        ) | {"start_date": "2024-08-26"}
    )  # fmt: skip
    assert trades_of(result)[2:] == [("2024-09-02", "A", "sell"), ("2024-09-02", "B", "buy")]
    assert [one["symbol"] for one in result["final_holdings"]] == ["B"]


@pytest.mark.parametrize("strategy", ["buy_hold", "momentum"])
def test_a_benchmark_that_is_a_holding_ends_the_period_as_any_other(strategy: str):
    close: dict[str, list[float | None]] = {"A": [10.0] * 9 + [None] * 15, "B": [20.0] * 24}
    result = run(signalled(strategy, close, CALENDAR_DAYS, benchmark="A"))
    assert result["period"]["effective"]["end"] == CALENDAR_DAYS[8]
    assert "END_CLIPPED" in codes(result)
    assert "HOLDING_ENDED" not in codes(result)


LOOK_BACK = {
    "momentum": "lookback_period", "mean_reversion": "ma_period", "trend_following": "ma_period",
    "risk_parity": "volatility_window", "minimum_variance": "volatility_window",
}  # fmt: skip


@pytest.mark.parametrize("strategy", LOOK_BACK)
@pytest.mark.parametrize("end", [7, 10, 12])
def test_that_a_holding_will_end_changes_no_earlier_trade(strategy: str, end: int):
    close: dict[str, list[float | None]] = {
        "A": [10.0 + n + n % 3 if n < 12 else None for n in range(24)],
        "B": [None] * 4 + [20.0 + n % 4 for n in range(20)],
        "C": [30.0 - n % 5 for n in range(24)],
    }

    def made(size: int) -> dict[str, Any]:
        cut = {symbol: prices[:size] for symbol, prices in close.items()}
        parameters = {"rebalance_frequency": "daily", LOOK_BACK[strategy]: 3}
        asked = signalled(strategy, cut, CALENDAR_DAYS[:size], parameters=parameters, data={"max_gap_sessions": 2})
        return run({**asked, "data": {**asked["data"], "periods_per_year": 252}})

    whole, short = made(24), made(end)
    last = CALENDAR_DAYS[end - 2]
    kept, cut = (
        {(one["date"], one["symbol"]): one["units"] for one in result["trades"] if one["date"] <= last}
        for result in (whole, short)
    )
    assert kept == pytest.approx(cut, rel=1e-12)  # not to the bit: only without an end are all trades made at once
    assert kept


def test_a_signal_that_has_ended_is_said_to_have_ended():
    close: dict[str, list[float | None]] = {"A": [10.0 + n for n in range(20)] + [None] * 20, "B": [20.0] * 40}
    result = run(
        signalled("tactical_allocation", close, DAYS[:40], parameters={"ma_period": 5, "rebalance_frequency": "weekly"})
    )
    told = [(w["code"], w["detail"]) for w in result["warnings"] if w["pointer"] == "/parameters"]
    assert [code for code, _ in told] == ["WARM_UP_INCOMPLETE", "HOLDING_ENDED"]
    assert "at the first decision" in told[0][1]
    assert "at 3 of 8 decisions" in told[1][1]


@pytest.mark.parametrize("most", [5, 20])
def test_the_store_shows_enough_sessions_after_the_end_to_tell(most: int, tmp_path, monkeypatch):
    fill_store(tmp_path, "ZZZA")
    fill_store(tmp_path, "ZZZB", size=300)
    monkeypatch.setenv("BACKTEST_CACHE_DIR", str(tmp_path))
    result = run({
        "strategy": "buy_hold", "holdings": [{"symbol": symbol, "allocation": 0.5} for symbol in ("ZZZA", "ZZZB")],
        "start_date": str(SESSIONS[200]), "end_date": str(SESSIONS[301]),
        "data": {"source": "yahoo", "ended_history": "cash", "max_gap_sessions": most},
    })  # fmt: skip
    assert [trade["date"] for trade in result["trades"] if trade["reason"] == "ended"] == [str(SESSIONS[300])]
