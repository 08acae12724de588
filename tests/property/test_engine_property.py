"""What holds of every run, whatever the prices."""

from __future__ import annotations

import copy
import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backtester
from backtester.contract.build import build_spec
from backtester.contract.check import check
from backtester.model.calendar import measure_calendar
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, Costs, PriceTable, TargetWeights
from backtester.prices.load import load_prices
from backtester.settings import read_settings
from backtester.simulation.accounting import AccountingPrices
from backtester.simulation.costs import is_proportional
from backtester.simulation.event_driven import simulate_event_driven
from backtester.simulation.vectorised import simulate_vectorised
from backtester.strategies.decisions.decide import decide_weights
from backtester.strategies.table import find_strategy
from tests.support.examples import examples

FREQUENCIES = ["never", "daily", "weekly", "monthly", "quarterly"]
TIMINGS = ["next_close", "next_open", "same_close"]
modest = settings(derandomize=True, deadline=None, max_examples=examples(40))


def weekdays(size: int) -> list[str]:
    day, found = datetime.date(2023, 10, 2), []
    while len(found) < size:
        if day.weekday() < 5:
            found.append(day.isoformat())
        day += datetime.timedelta(days=1)
    return found


def a_spec() -> BacktestSpec:
    """A checked request of one holding, to be changed with `replace`."""
    prices = {"dates": ["2024-01-02"], "close": {"A": [10]}}
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": "2024-01-02",
        "end_date": "2024-01-02", "data": {"source": "inline", "prices": prices},
    }  # fmt: skip
    return build_spec(check(request, csv_available=False))


@st.composite
def requests(draw, strategy=None, costs=True) -> dict:
    """A request with inline prices: one to five symbols, a few dozen sessions, anything else as it may be."""
    count, size = draw(st.integers(1, 5)), draw(st.integers(12, 70))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    walk_ = np.exp(np.cumsum(random.normal(0, draw(st.sampled_from([0.005, 0.03, 0.1])), (size, count)), axis=0))
    close = walk_ * np.exp(random.normal(3, 1.5, count))
    opens = close * np.exp(random.normal(0, 0.01, close.shape))
    shares = random.dirichlet(np.ones(count + 1))
    cash = draw(st.booleans())
    held = shares[:count] if cash else shares[:count] / shares[:count].sum()
    symbols = [f"S{n}" for n in range(count)]
    dates = weekdays(size)
    strategy = strategy or draw(st.sampled_from(["buy_hold", "momentum"]))
    parameters: dict = {"rebalance_frequency": draw(st.sampled_from(FREQUENCIES))}
    if strategy == "momentum":
        parameters |= {
            "lookback_period": draw(st.integers(2, 9)),
            "skip_period": draw(st.integers(0, 1)),
            "top_n": draw(st.integers(1, 4)),
            "positive_returns_only": draw(st.booleans()),
            "weighting": draw(st.sampled_from(["allocation", "equal", "inverse_volatility"])),
        }
    given_costs = {}
    if costs:
        kinds = {
            "commission_bps": st.integers(0, 100),
            "slippage_bps": st.integers(0, 100),
            "expense_ratio": st.floats(0, 0.1),
            "commission_fixed": st.sampled_from([0, 0, 1.5]),
            "commission_per_share": st.sampled_from([0, 0, 0.01]),
            "commission_minimum": st.sampled_from([0, 0, 2]),
        }
        given_costs = {name: draw(kind) for name, kind in kinds.items()}
    return {
        "strategy": strategy,
        "holdings": [{"symbol": s, "allocation": a} for s, a in zip(symbols, held.tolist(), strict=True)],
        "start_date": dates[draw(st.integers(0, 10))],
        "end_date": dates[-1],
        "parameters": parameters,
        "initial_capital": 100000,
        "execution": {
            "timing": draw(st.sampled_from(TIMINGS)),
            "shares": draw(st.sampled_from(["fractional", "fractional", "whole"])),
        },
        "costs": given_costs,
        "cash": {"allocation": 1 - float(held.sum()) if cash else 0, "annual_rate": draw(st.sampled_from([0, 0.05]))},
        "output": {"precision": None},
        "data": {
            "source": "inline",
            "prices": {
                "dates": dates,
                "close": dict(zip(symbols, close.T.tolist(), strict=True)),
                "open": dict(zip(symbols, opens.T.tolist(), strict=True)),
            },
        },
    }


def scalable(request: dict) -> dict:
    """The request without what does not scale with the money: whole shares and fees per trade or share."""
    costs = {
        name: value
        for name, value in request["costs"].items()
        if name in ("commission_bps", "slippage_bps", "expense_ratio")
    }
    return {**request, "costs": costs, "execution": {**request["execution"], "shares": "fractional"}}


def close_to(value, rel=1e-9, scale=1.0):
    return pytest.approx(value, rel=rel, abs=rel * scale)


def decided(request: dict) -> tuple[PriceTable, TargetWeights, BacktestSpec]:
    """Go through the engine's own stages up to the weights, for comparisons to the bit."""
    spec = build_spec(check(request, csv_available=False))
    strategy = find_strategy(spec.strategy)
    table = load_prices(
        spec,
        strategy.warm_up(spec.parameters),
        signal=strategy.HAS_SIGNAL,
        settings=read_settings(),
        progress=lambda stage, completed, total: None,
    )
    return table, decide_weights(strategy, table, spec), spec


@modest
@given(requests(), st.sampled_from([0.001, 3, 1e6]))
def test_scaling_the_capital_scales_the_money_and_leaves_the_fractions(request_, factor):
    small = scalable(request_)
    large = {**small, "initial_capital": small["initial_capital"] * factor}
    one, other = backtester.run(small), backtester.run(large)
    money = [value * factor for value in one["series"]["portfolio_value"]]
    assert other["series"]["portfolio_value"] == close_to(money, scale=0)
    assert other["series"]["returns"] == close_to(one["series"]["returns"])
    assert other["weights"] == one["weights"]
    assert other["metrics"]["total_costs"] == close_to(one["metrics"]["total_costs"] * factor, scale=1e5 * factor)


@modest
@given(requests(), st.randoms(use_true_random=False))
def test_the_order_of_the_holdings_does_not_matter(request_, random):
    shuffled = {**request_, "holdings": random.sample(request_["holdings"], len(request_["holdings"]))}
    one, other = backtester.run(request_), backtester.run(shuffled)
    assert other["series"]["portfolio_value"] == close_to(one["series"]["portfolio_value"])
    for symbol, column in one["weights"]["symbols"].items():
        assert other["weights"]["symbols"][symbol] == close_to(column)
    assert sorted((t["date"], t["symbol"]) for t in other["trades"]) == sorted(
        (t["date"], t["symbol"]) for t in one["trades"]
    )


@modest
@given(requests(), st.integers(1, 30))
def test_prices_after_the_end_change_nothing(request_, more):
    longer = copy.deepcopy(request_)
    prices = longer["data"]["prices"]
    prices["dates"] = weekdays(len(prices["dates"]) + more)
    for column in (*prices["close"].values(), *prices["open"].values()):
        column.extend([1e5] * more)
    one, other = backtester.run(request_), backtester.run(longer)
    for document in (one, other):
        del document["timing_ms"]
    assert one == other


@modest
@given(requests(), st.integers(1, 30))
def test_a_longer_period_changes_nothing_before_its_last_day(request_, fewer):
    dates = request_["data"]["prices"]["dates"]
    start = dates.index(request_["start_date"])
    end = max(start, len(dates) - 1 - fewer)
    one, other = backtester.run({**request_, "end_date": dates[end]}), backtester.run(request_)
    size = len(one["series"]["dates"])
    for name in ("portfolio_value", "returns", "drawdown"):
        assert other["series"][name][:size] == close_to(
            one["series"][name], scale=1e5 if name == "portfolio_value" else 1
        )
    assert other["trades"][: len(one["trades"])] == [
        {key: close_to(value, scale=1e5) if isinstance(value, float) else value for key, value in t.items()}
        for t in one["trades"]
    ]


@settings(modest, max_examples=examples(25))
@given(requests("momentum", costs=False), st.booleans())
def test_cutting_prices_after_any_decision_leaves_its_weights_to_the_bit(request_, months):
    if months:
        request_["parameters"] |= {"lookback_unit": "months", "lookback_period": 2}
    table, targets, _ = decided(request_)
    closes = request_["data"]["prices"]["close"]
    for row, decision in enumerate(targets.decision.tolist()):
        day = max(str(table.sessions[max(decision, 0)]), request_["start_date"])
        size = request_["data"]["prices"]["dates"].index(day) + 1
        prices = {
            "dates": request_["data"]["prices"]["dates"][:size],
            "close": {s: c[:size] for s, c in closes.items()},
            "open": {s: c[:size] for s, c in closes.items()},
        }
        _, cut, _ = decided({**request_, "data": {"source": "inline", "prices": prices}})
        assert cut.weights[: row + 1].tobytes() == targets.weights[: len(cut.weights)][: row + 1].tobytes()


@settings(modest, max_examples=examples(25))
@given(requests("momentum", costs=False))
def test_prices_after_a_decision_may_be_anything_at_all(request_):
    table, targets, _ = decided(request_)
    for row in range(len(targets.decision)):
        changed = copy.deepcopy(request_)
        after = request_["data"]["prices"]["dates"].index(str(table.sessions[max(targets.decision[row], 0)])) + 1
        for column in changed["data"]["prices"]["close"].values():
            column[after:] = [price * (1 + 0.37 * (n % 5)) for n, price in enumerate(column[after:])]
        assert decided(changed)[1].weights[: row + 1].tobytes() == targets.weights[: row + 1].tobytes()


@modest
@given(requests(), st.sampled_from([0.25, 8.0, 1024.0]))
def test_scaling_the_prices_of_a_symbol_changes_nothing_but_its_units(request_, factor):
    request_ = scalable(request_)  # a power of two: the returns stay the same to the bit, so no rank can change
    scaled = copy.deepcopy(request_)
    for field in ("close", "open"):
        scaled["data"]["prices"][field]["S0"] = [p * factor for p in scaled["data"]["prices"][field]["S0"]]
    one, other = backtester.run(request_), backtester.run(scaled)
    assert other["series"]["portfolio_value"] == close_to(one["series"]["portfolio_value"])
    assert other["weights"] == one["weights"]
    assert [t["value"] for t in other["trades"]] == close_to([t["value"] for t in one["trades"]], scale=1e5)


@modest
@given(requests("buy_hold"), st.sampled_from(["commission_bps", "slippage_bps", "commission_fixed", "expense_ratio"]))
def test_more_costs_never_end_higher_when_bought_and_held(request_, name):
    request_ = {**request_, "parameters": {"rebalance_frequency": "never"}}
    request_["execution"] = {**request_["execution"], "shares": "fractional"}
    step = {"commission_bps": 20, "slippage_bps": 20, "commission_fixed": 5, "expense_ratio": 0.01}[name]
    dearer = {**request_, "costs": {**request_["costs"], name: request_["costs"][name] + step}}
    assert backtester.run(dearer)["metrics"]["final_value"] <= backtester.run(request_)["metrics"]["final_value"] * (
        1 + 1e-12
    )


@settings(modest, max_examples=examples(80))
@given(requests())
def test_equity_is_cash_and_units_times_price_on_every_session(request_):
    """Units come from the trades alone, prices from the request, cash from what the trades cost."""
    document = backtester.run(request_)
    dates, closes = request_["data"]["prices"]["dates"], request_["data"]["prices"]["close"]
    costs, rate = request_["costs"], request_["cash"]["annual_rate"]
    units, cash, keep, yesterday = dict.fromkeys(closes, 0.0), float(request_["initial_capital"]), 1.0, None
    for day, value in zip(document["series"]["dates"], document["series"]["portfolio_value"], strict=True):
        if yesterday is not None:
            years = (datetime.date.fromisoformat(day) - datetime.date.fromisoformat(yesterday)).days / 365
            cash, keep = cash * (1 + rate) ** years, keep * (1 - costs["expense_ratio"] * years)
        for trade in document["trades"]:
            if trade["date"] == day:
                sign = 1 if trade["side"] == "buy" else -1
                units[trade["symbol"]] += sign * trade["units"]
                cash -= sign * trade["units"] * trade["price"] + trade["commission"]
        assert cash >= -1e-9 * value
        held = sum(units[s] * closes[s][dates.index(day)] * keep for s in closes)
        assert value == pytest.approx(cash + held, rel=1e-9)
        yesterday = day
    final = {entry["symbol"]: entry["units"] for entry in document["final_holdings"]}
    assert {s: final.get(s, 0.0) for s in closes} == {s: pytest.approx(n, rel=1e-9, abs=1e-7) for s, n in units.items()}
    assert document["final_cash"]["value"] == pytest.approx(cash, rel=1e-9, abs=1e-9 * value)


@modest
@given(requests())
def test_weights_and_cash_sum_to_one_and_none_is_negative(request_):
    document = backtester.run(request_)
    columns = [*document["weights"]["symbols"].values(), document["weights"]["cash"]]
    for row in zip(*columns, strict=True):
        assert sum(row) == pytest.approx(1, abs=1e-12)
        assert min(row) >= 0
    assert document["final_cash"]["value"] >= 0
    assert sum(h["weight"] for h in document["final_holdings"]) + document["final_cash"]["weight"] == pytest.approx(
        1, abs=1e-9
    )


@modest
@given(requests())
def test_the_weights_held_after_a_rebalance_are_the_targets(request_):
    request_ = scalable(request_)
    request_["execution"] = {"timing": "next_close", "shares": "fractional"}
    request_["costs"].pop("expense_ratio", None)
    document = backtester.run(request_)
    dates, closes = request_["data"]["prices"]["dates"], request_["data"]["prices"]["close"]
    values = dict(zip(document["series"]["dates"], document["series"]["portfolio_value"], strict=True))
    units = dict.fromkeys(closes, 0.0)
    for row, day in enumerate(document["weights"]["dates"]):
        for trade in document["trades"]:
            if trade["date"] == day:
                units[trade["symbol"]] += trade["units"] if trade["side"] == "buy" else -trade["units"]
        for symbol, column in document["weights"]["symbols"].items():
            assert units[symbol] * closes[symbol][dates.index(day)] / values[day] == pytest.approx(
                column[row], abs=1e-9
            )


@settings(modest, max_examples=examples(80))
@given(
    seed=st.integers(0, 2**32 - 1), count=st.integers(1, 6), rebalances=st.integers(1, 30),
    commission=st.floats(0, 1000), slippage=st.floats(0, 1000), others=st.sampled_from([0, 90]),
)  # fmt: skip
def test_all_rebalances_at_once_are_the_rebalances_one_by_one(seed, count, rebalances, commission, slippage, others):
    random = np.random.default_rng(seed)
    targets = random.dirichlet(np.full(count + 1, 0.7), rebalances)[:, :count]
    targets[random.random(targets.shape) < 0.3] = 0.0
    if others:  # of which none is held at a time: few of many are
        few, targets = targets, np.zeros((rebalances, count + others))
        for row, weights in enumerate(few):
            targets[row, random.permutation(count + others)[:count] if row % 3 else slice(count)] = weights
    fills = np.exp(np.cumsum(random.normal(0, 0.1, targets.shape), axis=0)) * 20
    interest = np.cumprod(1 + random.uniform(-0.001, 0.002, rebalances))
    dividends = random.uniform(0, 0.05, targets.shape) * (random.random(targets.shape) < 0.2)
    zero = dict.fromkeys(("commission_fixed", "commission_per_share", "commission_minimum"), 0.0)
    costs = Costs(commission_bps=commission, slippage_bps=slippage, **zero)
    assert is_proportional(costs)
    spec = replace(a_spec(), costs=costs, initial_capital=1e4)
    rows = np.arange(rebalances)
    sessions = np.datetime64("2024-01-01") + rows
    market = AccountingPrices(
        sessions=sessions, calendar=measure_calendar(sessions, end_date=sessions[-1]), close=fills, open=None,
        interest=interest, fee=None,
        dividend=np.cumsum(dividends * fills, axis=0) if seed % 2 else None,
    )  # fmt: skip
    wanted = TargetWeights(decision=rows, execution=rows, weights=targets)
    found, expected = (
        simulate_vectorised(market, wanted, spec, first=0),
        simulate_event_driven(market, wanted, spec, first=0),
    )
    np.testing.assert_allclose(found.equity_before, expected.equity_before, rtol=1e-10)
    units, wanted_units = found.held.matrix(), expected.held.matrix()
    np.testing.assert_allclose(units * fills, wanted_units * fills, atol=1e-10 * found.equity_before.max())
    np.testing.assert_allclose(found.cash, expected.cash, atol=1e-10 * found.equity_before.max())
    assert found.cash.min() >= 0
    assert not found.skipped
    assert not expected.skipped
    for column in ("execution", "kind", "target", "decision"):
        assert getattr(found, column).tolist() == getattr(expected, column).tolist()
