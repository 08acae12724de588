"""Holdings that end are paid out on the same session wherever the run ends, as long as its prices are the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtester
from tests.property.test_mechanics_property import days

few = settings(derandomize=True, deadline=None, max_examples=40)
DATES = days(70, 1)
FREQUENCIES = ["never", "daily", "weekly"]
STRATEGIES: dict[str, dict] = {
    "buy_hold": {}, "momentum": {"lookback_period": 5, "top_n": 2}, "risk_parity": {"volatility_window": 8},
}  # fmt: skip


@st.composite
def requests(draw) -> dict:
    """A request whose holdings have holes, and end, at any time; the first one goes on to the end."""
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    most = draw(st.sampled_from([0, 1, 2, 5, 9]))
    symbols = [f"S{n}" for n in range(draw(st.integers(2, 4)))]
    prices = 100 * np.exp(np.cumsum(random.normal(0, 0.02, (len(DATES), len(symbols))), axis=0))
    close = {symbol: prices[:, column].tolist() for column, symbol in enumerate(symbols)}
    for symbol in symbols[1:]:
        last = draw(st.integers(20, len(DATES) - 1))
        hole = draw(st.integers(0, 12)) if draw(st.booleans()) else len(DATES)
        close[symbol][last + 1 : last + 1 + hole] = [None] * len(close[symbol][last + 1 : last + 1 + hole])
    strategy = draw(st.sampled_from([*STRATEGIES]))
    return {
        "strategy": strategy, "start_date": DATES[12], "end_date": DATES[-1],
        "holdings": [{"symbol": symbol, "allocation": 1 / len(symbols)} for symbol in symbols],
        "parameters": STRATEGIES[strategy] | {"rebalance_frequency": draw(st.sampled_from(FREQUENCIES))},
        "costs": {"commission_bps": draw(st.sampled_from([0, 10]))},
        "execution": {"shares": draw(st.sampled_from(["fractional", "whole"]))},
        "data": {
            "source": "inline", "prices": {"dates": DATES, "close": close}, "ended_history": "cash",
            "max_gap_sessions": most,
        },
        "output": {"precision": None},
    }  # fmt: skip


@few
@given(requests(), st.data())
def test_an_earlier_end_date_changes_no_earlier_value_and_no_earlier_trade(request, data):
    def run(end: str) -> dict | None:
        try:
            return backtester.run({**request, "end_date": end})
        except backtester.DataError as error:
            if error.code == "DATA_GAP":  # it goes on after a hole that is too long
                return None
            raise

    last, whole = next((end, found) for end in range(len(DATES) - 1, 15, -1) if (found := run(DATES[end])) is not None)
    ends = data.draw(st.lists(st.integers(15, last), min_size=1, max_size=6, unique=True))
    for end in ends:
        part = run(DATES[end])
        assert part is not None
        before = part["series"]["dates"][-1]
        size = len(part["series"]["dates"]) - 1  # its last session alone may depend on the end
        values = [result["series"]["portfolio_value"][:size] for result in (part, whole)]
        assert values[0] == pytest.approx(values[1], rel=1e-12)  # with an end, trades are made one after the other
        if request["execution"]["shares"] == "whole":  # and always here
            assert values[0] == values[1]
        ours, theirs = ([trade for trade in one["trades"] if trade["date"] < before] for one in (part, whole))
        for name in ("date", "symbol", "side", "reason"):
            assert [trade[name] for trade in ours] == [trade[name] for trade in theirs]
        moved = [[trade["value"] for trade in trades] for trades in (ours, theirs)]
        assert moved[0] == pytest.approx(moved[1], abs=1e-12 * 10000)


def test_runs_that_only_later_prices_tell_apart_have_different_ids():
    close = {"A": [10.0 + n % 3 for n in range(40)], "B": [20.0] * 30 + [None] * 10}

    def run(size: int) -> tuple[dict, list[dict]]:
        prices = {"dates": DATES[:size], "close": {symbol: column[:size] for symbol, column in close.items()}}
        result = backtester.run({
            "strategy": "buy_hold", "start_date": DATES[0], "end_date": DATES[32],
            "holdings": [{"symbol": symbol, "allocation": 0.5} for symbol in close],
            "data": {"source": "inline", "prices": prices, "ended_history": "cash"},
        })  # fmt: skip
        return result, [warning for warning in result["warnings"] if warning.get("symbol") == "B"]

    (carried, provisional), (paid, settled) = run(33), run(40)
    assert [warning["code"] for warning in provisional] == ["PRICE_CARRIED_FORWARD"]
    assert f"Once more than 5 sessions follow {DATES[29]} without one, it is paid out" in provisional[0]["detail"]
    assert [warning["code"] for warning in settled] == ["HOLDING_ENDED"]
    assert [trade["reason"] for trade in carried["trades"]].count("ended") == 0
    assert [trade["date"] for trade in paid["trades"] if trade["reason"] == "ended"] == [DATES[30]]
    assert carried["result_id"] != paid["result_id"]
