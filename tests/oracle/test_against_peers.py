"""The engine against backtesters that share no line with it, on 33 years of twenty bundled stocks.

While trading is free, all of them must draw the same curve. With costs each fills orders by a rule of its own: the
difference is stated here, and explained by a simulator of that rule (`fill_rules`) that reproduces the peer.
"""

from __future__ import annotations

import datetime
import functools
from typing import Any

import numpy as np
import pytest

import backtester
from backtester.prices import bundled
from tests.oracle import fill_rules
from tests.oracle.peers import ask, ask_each, has

pytestmark = pytest.mark.full

FIRST = "1990-03-30"  # the first month-end with 60 sessions before it
LAST = "2022-12-28"  # not the last session of its month, so nobody trades on it
CAPITAL = 10_000.0  # bt's share solver gives up where the equity passes some 10^9
LOOKBACK, TOP_N = 60, 3
SHARES = {"AAPL": 0.35, "JNJ": 0.25, "KO": 0.15, "XOM": 0.15, "AMD": 0.10}
IN_CASH = 0.2
FREQUENCIES = ("never", "weekly", "monthly", "quarterly", "annually")
PEERS = ("bt", "vectorbt")
SCRIPTS = tuple(f"peer_{peer}.py" for peer in PEERS)
RULES = {"bt": fill_rules.bt, "vectorbt": fill_rules.vectorbt}
DECIDED = ("momentum", "inverse_volatility", "risk_parity")  # by the prices: ranked, weighed by volatility, or both
OF_POLARS = ("hawk_backtester", "polars_backtest")  # in Rust: they take weights, ranked by polars as their users do
BY_POLARS = ("momentum", "buy_hold weekly", "buy_hold quarterly")
COSTLY = ("momentum", "inverse_volatility", "risk_parity", "buy_hold quarterly")
GROWTH = {"exact": "2494.06", "first_order": "2493.63", "vectorbt": "2497.01", "bt": "2503.10"}  # as CONVENTIONS print


@functools.cache
def stocks() -> tuple[str, ...]:
    """The twenty stocks that the sample has for all of the 33 years, in its order."""
    return tuple(
        entry["symbol"] for entry in bundled.catalogue()
        if (entry["first"], entry["last"], entry["returns"]) == ("1990-01-02", LAST, "total")
    )  # fmt: skip


@functools.cache
def market() -> tuple[np.ndarray, np.ndarray, int]:
    """Sessions (T,), closes (T, N), and the row that the period begins on."""
    histories = bundled.load(stocks())
    sessions = histories[stocks()[0]].sessions
    assert all(np.array_equal(history.sessions, sessions) for history in histories.values())
    close = np.column_stack([histories[symbol].close for symbol in stocks()])
    return sessions, close, int(np.searchsorted(sessions, np.datetime64(FIRST)))


MECHANICS: dict[str, dict[str, Any]] = {  # what bt alone has as well: (our parts of the request, bt's of the run)
    "band": {"ours": {"rebalancing": {"relative_band": 0.2}}, "bt": {"frequency": "never", "band": 0.2}},
    "contribution": {
        "ours": {"cash_flows": [{"type": "contribution", "amount": 700, "frequency": "monthly"}]},
        "bt": {"frequency": "monthly", "flow": 700},
    },
    "withdrawal": {
        "ours": {"cash_flows": [{"type": "withdrawal", "amount": 100, "frequency": "quarterly"}]},
        "bt": {"frequency": "quarterly", "flow": -100},
    },
}


@functools.cache
def with_mechanics(name: str) -> dict[str, Any]:
    """Our result of the five stocks at fixed weights with bands, or with money in or out where they are restored."""
    return backtester.run({
        "strategy": "buy_hold", "parameters": {"rebalance_frequency": MECHANICS[name]["bt"]["frequency"]},
        "holdings": [{"symbol": symbol, "allocation": share} for symbol, share in SHARES.items()],
        "start_date": FIRST, "end_date": LAST, "initial_capital": CAPITAL, **MECHANICS[name]["ours"],
        "execution": {"timing": "same_close"}, "data": {"source": "bundled"}, "output": {"precision": None},
    })  # fmt: skip


def fixed(name: str) -> dict[str, float]:
    """The shares of the portfolios of fixed weights."""
    return {symbol: share * (1 - IN_CASH if name == "with_cash" else 1) for symbol, share in SHARES.items()}


def holdings(strategy: str) -> list[str]:
    """What a strategy may hold. RRC stood still for 60 sessions of 1990 and of 1991: we put all that we may into a
    holding without risk, ffn (and with it bt) nothing, and pandas divides by its volatility of zero.
    """
    return [symbol for symbol in stocks() if strategy != "risk_parity" or symbol != "RRC"]


@functools.cache
def ours(case: str, bps: int) -> dict[str, Any]:
    """Our result for a case, unrounded."""
    name, _, frequency = case.partition(" ")
    strategy = {"inverse_volatility": "momentum", "with_cash": "buy_hold"}.get(name, name)
    parameters: dict[str, Any] = {"rebalance_frequency": frequency or "monthly"}
    held = holdings(name)
    shares = fixed(name) if strategy == "buy_hold" else dict.fromkeys(held, 1 / len(held))
    if strategy == "momentum":
        weighting = "equal" if name == "momentum" else "inverse_volatility"
        parameters |= {"lookback_period": LOOKBACK, "top_n": TOP_N, "weighting": weighting}
    if strategy == "risk_parity":  # bounds that bind nobody: the peers have none
        parameters |= {"volatility_window": LOOKBACK, "min_weight": 0, "max_weight": 1}
    return backtester.run({
        "strategy": strategy, "parameters": parameters, "cash": {"allocation": IN_CASH if name == "with_cash" else 0},
        "holdings": [{"symbol": symbol, "allocation": share} for symbol, share in shares.items()],
        "start_date": FIRST, "end_date": LAST, "initial_capital": CAPITAL, "costs": {"commission_bps": bps},
        "execution": {"timing": "same_close"}, "data": {"source": "bundled"}, "output": {"precision": None},
    })  # fmt: skip


def curve(result: dict[str, Any]) -> np.ndarray:
    return np.array(result["series"]["portfolio_value"])


def targets(case: str) -> tuple[list[int], np.ndarray]:
    """The rows of the period on which we rebalance, and the weights (R, N) over all twenty stocks."""
    result = ours(case, 0)
    row = {date: index for index, date in enumerate(result["series"]["dates"])}
    nothing = [0.0] * len(result["weights"]["dates"])
    columns = [result["weights"]["symbols"].get(symbol, nothing) for symbol in stocks()]
    return [row[date] for date in result["weights"]["dates"]], np.array(columns).T


def asked(case: str, bps: int) -> dict[str, Any]:
    """What the peers are asked for: schedule, ranking and weights by their own means."""
    _, _, first = market()
    name, _, frequency = case.partition(" ")
    run: dict[str, Any] = {"first": first, "bps": bps, "strategy": name, "symbols": holdings(name)}
    if case in ("momentum", "inverse_volatility"):
        return run | {"frequency": "monthly", "lookback": LOOKBACK, "top_n": TOP_N}
    if case == "risk_parity":
        return run | {"frequency": "monthly", "lookback": LOOKBACK}
    weights = [fixed(name).get(symbol, 0.0) for symbol in stocks()]
    return run | {"strategy": "buy_hold", "frequency": frequency, "weights": weights}


def job_of(runs: dict[str, Any]) -> dict[str, Any]:
    """What the peers are asked: the prices, and the runs by name."""
    sessions, close, _ = market()
    days = [str(day) for day in sessions]
    return {"sessions": days, "symbols": stocks(), "close": close.T.tolist(), "capital": CAPITAL, "runs": runs}


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """Every run of both peers, each in one process of its own."""
    free = [*DECIDED, "with_cash quarterly", *(f"buy_hold {frequency}" for frequency in FREQUENCIES)]
    runs = {f"{case}, {bps}": asked(case, bps) for bps, cases in ((0, free), (10, COSTLY)) for case in cases}
    answered = ask_each(SCRIPTS, job_of(runs))
    return {peer: answered[script]["runs"] for peer, script in zip(PEERS, SCRIPTS, strict=True)}


@pytest.fixture(scope="module")
def bts_mechanics() -> dict[str, dict[str, Any]]:
    """What bt makes of bands and flows: with its own algos, which vectorbt has none of."""
    sessions, close, first = market()
    held = list(SHARES)
    run = {"first": first, "bps": 0, "strategy": "buy_hold", "symbols": held, "weights": list(SHARES.values())}
    job = {
        "sessions": [str(day) for day in sessions], "symbols": held, "capital": CAPITAL,
        "close": close[:, [stocks().index(symbol) for symbol in held]].T.tolist(),
        "runs": {name: run | parts["bt"] for name, parts in MECHANICS.items()},
    }  # fmt: skip
    answered: dict[str, dict[str, Any]] = ask("peer_bt.py", job)["runs"]
    return answered


def emulated(case: str, rule: fill_rules.Rule) -> np.ndarray:
    """The curve of our targets with 10 bps when orders are filled by a rule."""
    _, close, first = market()
    rows, weights = targets(case)
    return fill_rules.simulate(close[first:], rows, weights, bps=10, capital=CAPITAL, rule=rule)


def apart(left: Any, right: Any) -> float:
    """The greatest relative difference of two curves over all of their sessions."""
    left, right = np.asarray(left), np.asarray(right)
    assert left.shape == right.shape
    return float(np.abs(left / right - 1).max())


@pytest.mark.parametrize("peer", PEERS)
class TestWhileTradingIsFree:
    @pytest.mark.parametrize("frequency", FREQUENCIES)
    def test_buy_and_hold_draws_the_peers_curve(self, peer, frequency, answers):
        case = f"buy_hold {frequency}"
        assert apart(curve(ours(case, 0)), answers[peer][f"{case}, 0"]["equity"]) < 1e-9

    @pytest.mark.parametrize("case", DECIDED)
    def test_what_the_peer_ranked_weighed_and_scheduled_itself_draws_our_curve(self, peer, case, answers):
        assert apart(curve(ours(case, 0)), answers[peer][f"{case}, 0"]["equity"]) < 1e-9


    def test_a_portfolio_with_cash_draws_the_same_curve_and_is_as_much_exposed(self, peer, answers):
        result, theirs = ours("with_cash quarterly", 0), answers[peer]["with_cash quarterly, 0"]
        assert apart(curve(result), theirs["equity"]) < 1e-9
        assert result["metrics"]["exposure"] == pytest.approx(theirs["exposure"], rel=1e-9)
        assert 0.8 < theirs["exposure"] < 0.95


@pytest.mark.parametrize("case", [*DECIDED, "buy_hold monthly", "buy_hold annually"])
def test_bt_finds_the_same_turnover_while_trading_is_free(case, answers):
    """bt counts the smaller of what was bought and sold, over the value; without costs that is half of both."""
    result = ours(case, 0)
    first, last = (datetime.date.fromisoformat(result["period"]["effective"][end]) for end in ("start", "end"))
    yearly = answers["bt"][f"{case}, 0"]["turnover"] / ((last - first).days / 365.25)
    assert result["metrics"]["turnover_per_year"] == pytest.approx(yearly, rel=1e-9)


class TestMechanics:
    @pytest.mark.parametrize("name", MECHANICS)
    def test_bt_draws_the_same_curve_with_its_own_bands_and_flows(self, name, bts_mechanics):
        assert apart(curve(with_mechanics(name)), bts_mechanics[name]["equity"]) < 1e-9
        assert len(with_mechanics(name)["weights"]["dates"]) > 10

    @pytest.mark.parametrize("name", ["contribution", "withdrawal"])
    def test_bts_index_counts_a_flow_as_there_all_day_and_ours_as_coming_at_the_close(self, name, bts_mechanics):
        """V / (V before + F) - 1 against (V - F) / V before - 1; both trade it at the close."""
        value, flow = curve(with_mechanics(name)), np.array(with_mechanics(name)["series"]["cash_flows"])
        before = np.concatenate([[CAPITAL], value[:-1]])
        theirs = bts_mechanics[name]["time_weighted"]
        assert apart(np.cumprod(value / (before + flow)), theirs) < 1e-9
        ours_ = np.cumprod((value - flow) / before)
        assert ours_ == pytest.approx(np.cumprod(1 + np.array(with_mechanics(name)["series"]["returns"])), rel=1e-9)
        assert 1e-6 < apart(ours_, theirs) < 1e-2


@pytest.mark.parametrize("peer", OF_POLARS)
def test_the_peers_in_rust_draw_our_curve_while_trading_is_free_and_their_fill_rule_explains_the_rest(peer):
    if not has(peer):
        pytest.skip(f"{peer} has no release for the Python of the peers")
    runs = {f"{case}, {bps}": asked(case, bps) for case in BY_POLARS for bps in (0, 10)}
    theirs = {name: run["equity"] for name, run in ask(f"peer_{peer}.py", job_of(runs))["runs"].items()}
    for case in BY_POLARS:
        assert apart(curve(ours(case, 0)), theirs[f"{case}, 0"]) < 1e-9, case
        assert apart(curve(ours(case, 10)), theirs[f"{case}, 10"]) > 1e-6, case
        assert apart(emulated(case, getattr(fill_rules, peer)), theirs[f"{case}, 10"]) < 1e-9, case


class TestWithTenBasisPoints:
    @pytest.mark.parametrize("case", COSTLY)
    @pytest.mark.parametrize("peer", PEERS)
    def test_the_peers_curve_is_not_ours_and_its_fill_rule_is_why(self, peer, case, answers):
        theirs = answers[peer][f"{case}, 10"]["equity"]
        assert apart(curve(ours(case, 10)), theirs) > 1e-6
        assert apart(emulated(case, RULES[peer]), theirs) < 1e-9

    @pytest.mark.parametrize("case", COSTLY)
    def test_the_exact_rule_draws_our_curve(self, case):
        assert apart(emulated(case, fill_rules.exact), curve(ours(case, 10))) < 1e-9

    def test_thirty_three_years_of_momentum_grow_to_what_the_conventions_print(self, answers):
        ends = {peer: answers[peer]["momentum, 10"]["equity"][-1] for peer in PEERS}
        ends["exact"] = curve(ours("momentum", 10))[-1]
        ends["first_order"] = emulated("momentum", fill_rules.first_order)[-1]
        assert {rule: f"{end / CAPITAL:.2f}" for rule, end in ends.items()} == GROWTH

    def test_the_weights_we_hold_after_a_rebalance_are_the_targets_and_theirs_are_not(self):
        held, target, costs = np.array([0.5, 0.3, 0.2]), np.array([0.0, 0.7, 0.3]), 1e-3
        after, cash = fill_rules.exact(held, target, 0.0, costs)
        assert after / (after.sum() + cash) == pytest.approx(target, abs=1e-15)
        assert cash == pytest.approx(0, abs=1e-15)
        by_bt, overdraft = fill_rules.bt(held, target, 0.0, costs)
        assert overdraft == pytest.approx(-costs * 0.5, rel=1e-12), "nobody paid the fee of what was closed"
        by_vectorbt, left = fill_rules.vectorbt(held, target, 0.0, costs)
        assert by_vectorbt[2] == target[2], "the first buy is as large as if trading were free"
        assert target[1] - by_vectorbt[1] == pytest.approx(costs * 1.0, rel=2e-3), "the last one paid for everything"
        assert left == pytest.approx(0, abs=1e-15)
        for theirs in (by_bt, by_vectorbt):
            assert np.abs(theirs / theirs.sum() - target).max() > 1e-5


def test_vectorbt_annualises_over_every_day_of_the_year(answers):
    """Its default is 365 days; exchange-traded prices have 252, so its volatility is √(365/252) of ours."""
    volatility = answers["vectorbt"]["momentum, 0"]["annual_volatility"]
    ratio = volatility / ours("momentum", 0)["metrics"]["annual_volatility"]
    assert ratio == pytest.approx((365 / 252) ** 0.5, rel=1e-9)
