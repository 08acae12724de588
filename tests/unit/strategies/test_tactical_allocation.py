"""Tactical allocation."""

from __future__ import annotations

import math

import numpy as np
import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import strategy_schema
from backtester.strategies import tactical_allocation
from backtester.strategies.decisions.history import History

SYMBOLS = ("A", "B", "C")
ALLOCATIONS = np.array([0.5, 0.3, 0.2])
RISING, FALLING = [1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0]


def parameters(**changed) -> dict:
    given = {"ma_period": 3, "momentum_period": 3, "volatility_window": 2, **changed}
    return fill(strategy_schema("tactical_allocation"), given)


def decide(
    signal=RISING, *, close=None, decisions=(3,), allocations=ALLOCATIONS, partial=False, periods=252, **changed
):  # fmt: skip
    close = np.ones((len(signal), 3)) if close is None else np.asarray(close)
    history = History(
        sessions=np.datetime64("2024-01-01") + np.arange(len(signal)), close=close, decisions=np.array(decisions),
        symbols=SYMBOLS[: close.shape[1]], signals={"X": np.array(signal)}, partial=partial,
        periods_per_year=periods,
    )  # fmt: skip
    given = {"signal_symbol": "X", **changed}
    return tactical_allocation.decide(history, allocations[: close.shape[1]], parameters(**given))


def test_while_the_signal_is_good_the_first_holding_gets_most_and_the_others_the_rest():
    decided = decide(RISING)  # 4 above (2 + 3 + 4) / 3
    assert decided.weights[0].tolist() == pytest.approx([0.8, 0.2 * 0.6, 0.2 * 0.4])  # the others 3 : 2
    assert decided.seen["average"].tolist() == [3]
    assert decided.seen["distance"].tolist() == pytest.approx([1 / 3])
    assert decided.seen["risk_on"].tolist() == [1]


def test_while_it_is_not_the_first_holding_gets_little():
    decided = decide(FALLING)
    assert decided.weights[0].tolist() == pytest.approx([0.2, 0.8 * 0.6, 0.8 * 0.4])
    assert decided.seen["risk_on"].tolist() == [0]


def test_several_risk_on_holdings_share_by_allocation():
    decided = decide(RISING, risk_on_symbols=["A", "C"])
    assert decided.weights[0].tolist() == pytest.approx([0.8 * 5 / 7, 0.2, 0.8 * 2 / 7])


def test_a_group_without_allocations_shares_equally():
    decided = decide(RISING, allocations=np.array([1.0, 0.0, 0.0]))
    assert decided.weights[0].tolist() == pytest.approx([0.8, 0.1, 0.1])


def test_without_others_the_rest_is_cash():
    assert decide(RISING, risk_on_symbols=[*SYMBOLS]).weights[0].sum() == pytest.approx(0.8)
    assert decide(RISING, close=np.ones((4, 1)), allocations=np.ones(1)).weights.tolist() == [[0.8]]


def test_nothing_at_all_is_worth_a_note():
    decided = decide(FALLING, risk_on_symbols=[*SYMBOLS], risk_off_allocation=0)
    assert decided.weights.tolist() == [[0, 0, 0]]
    assert [warning.code for warning in decided.warnings] == ["NO_HOLDING_CHOSEN"]


def test_the_signal_is_by_default_the_first_of_the_risk_on_holdings():
    close = np.array([FALLING, RISING, RISING]).T
    good = {"signal_symbol": None, "risk_on_symbols": ["B", "A"]}
    assert decide(close=close, **good).seen["risk_on"].tolist() == [1]
    assert decide(close=close, signal_symbol=None).seen["risk_on"].tolist() == [0]


def test_a_signal_at_its_average_is_not_above_it():
    assert decide([0.1] * 4).seen["risk_on"].tolist() == [0]


def test_momentum_is_good_when_the_signal_rose():
    decided = decide([2.0, 9.0, 9.0, 3.0], indicator="momentum")
    assert decided.seen["lookback_return"].tolist() == [0.5]
    assert decided.seen["risk_on"].tolist() == [1]
    assert decide([2.0, 1.0, 1.0, 2.0], indicator="momentum").seen["risk_on"].tolist() == [0]


def test_volatility_is_good_up_to_the_threshold():
    signal = [1.0, 1.0, 1.01, 1.01 * 0.99]  # the last two returns 0.01, -0.01: sd (ddof 1) 0.01 * sqrt(2)
    volatility = 0.01 * math.sqrt(2) * math.sqrt(252)  # 0.2245
    decided = decide(signal, indicator="volatility")
    assert decided.seen["annual_volatility"].tolist() == pytest.approx([volatility])
    assert decided.seen["risk_on"].tolist() == [0]
    assert decide(signal, indicator="volatility", volatility_threshold=volatility).seen["risk_on"].tolist() == [1]


@pytest.mark.parametrize(("periods", "good"), [(52, 1), (252, 0), (365, 0)])
def test_volatility_is_of_a_year_of_as_many_sessions_as_the_run(periods, good):
    decided = decide([1.0, 1.0, 1.01, 1.01 * 0.99], indicator="volatility", periods=periods)
    assert decided.seen["annual_volatility"].tolist() == pytest.approx([0.01 * math.sqrt(2 * periods)])
    assert decided.seen["risk_on"].tolist() == [good]


def test_a_signal_without_a_past_is_undecided():
    for indicator in ("moving_average", "momentum", "volatility"):
        decided = decide(RISING, decisions=(-1, 0, 3), indicator=indicator)
        assert np.isnan(decided.weights).all(axis=1).tolist() == [True, True, False]


def test_the_holdings_need_no_past_only_a_price():
    close = np.ones((4, 3))
    close[:3, 1] = np.nan
    assert decide(close=close).weights[0].tolist() == pytest.approx([0.8, 0.12, 0.08])


def test_a_holding_without_a_price_leaves_its_part_to_its_group():
    close = np.ones((4, 3))
    close[:, 1] = np.nan
    decided = decide(close=close, partial=True)
    assert decided.weights[0].tolist() == pytest.approx([0.8, 0, 0.2])


def test_it_looks_back_as_far_as_its_indicator():
    def look(**changed):
        warm_up = tactical_allocation.warm_up(parameters(**changed))
        return warm_up.sessions, warm_up.months

    assert look() == (2, 0)
    assert look(ma_unit="months", ma_period=10) == (0, 9)
    assert look(indicator="momentum") == (3, 0)
    assert look(indicator="volatility") == (2, 0)
