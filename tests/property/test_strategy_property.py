"""What holds of every strategy, whatever the prices: no look-ahead, no leverage, no favourites, no price levels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.contract.build import build_spec
from backtester.contract.check import check
from backtester.contract.defaults import fill
from backtester.contract.schemas import built_in_strategies, strategy_schema
from backtester.model.calendar import measure_calendar
from backtester.model.record import replace
from backtester.model.records import BacktestSpec, PriceTable, TargetWeights
from backtester.strategies.decisions.decide import decide_weights
from backtester.strategies.decisions.history import History
from backtester.strategies.table import STRATEGIES, find_strategy
from tests.support.examples import examples

EXAMPLES = Path(__file__).resolve().parents[2] / "examples/requests"
SYMBOLS = ("S0", "S1", "S2", "S3", "S4")
SIGNAL = "Z"
LENGTH, FIRST = 240, 130  # sessions; those before FIRST are warm-up
FREQUENCIES = ["daily", "weekly", "monthly"]
MONTHLY = {"lookback_unit": "months", "lookback_period": 3}
SEVERAL = {"lookbacks": [{"period": 5, "weight": 3}, {"period": 21}, {"period": 40, "weight": 0.5}]}

LEAVES = [{"hold": symbol} for symbol in SYMBOLS]
TREND = {"left": {"indicator": "price", "symbol": SIGNAL}, "is": "above",
         "right": {"indicator": "average", "symbol": SIGNAL, "window": 30}, "tolerance": 0.01}  # fmt: skip
OVERSOLD = {"left": {"indicator": "rsi", "symbol": SIGNAL, "window": 3}, "is": "below", "right": 40, "for_sessions": 2}

# every strategy, in every way that it can decide; a strategy that is missing here fails a test below
CASES: list[tuple[str, dict]] = [
    ("buy_hold", {}),
    ("momentum", {"lookback_period": 30, "top_n": 2}),
    ("momentum", {"lookback_period": 30, "skip_period": 5, "positive_returns_only": True, "weighting": "equal"}),
    ("momentum", {**MONTHLY, "skip_period": 1, "score": "risk_adjusted", "weighting": "inverse_volatility"}),
    ("momentum", {**SEVERAL, "top_n": 2}),
    ("relative_strength", {"lookback_period": 30}),
    ("relative_strength", {"lookback_period": 30, "benchmark_symbol": SIGNAL, "positive_returns_only": True}),
    ("relative_strength", {**SEVERAL, "benchmark_symbol": "S2", "weighting": "inverse_volatility"}),
    ("relative_strength", {**MONTHLY, "benchmark_symbol": SIGNAL, "score": "risk_adjusted", "skip_period": 1}),
    ("mean_reversion", {"ma_period": 30, "deviation_threshold": 0.03, "overbought_weight": 0.5}),
    ("mean_reversion", {"ma_period": 4, "ma_unit": "months", "deviation_threshold": 0.01}),
    ("risk_parity", {"volatility_window": 30}),
    ("risk_parity", {"volatility_window": 30, "min_weight": 0.15, "max_weight": 0.22}),
    ("risk_parity", {"volatility_window": 30, "min_weight": 0.3, "max_weight": 0.4}),
    ("risk_parity", {"volatility_window": 30, "method": "equal_risk_contribution", "max_weight": 0.25}),
    ("minimum_variance", {"volatility_window": 30}),
    ("minimum_variance", {"volatility_window": 40, "min_weight": 0.1, "max_weight": 0.3}),
    ("tactical_allocation", {"ma_period": 30, "risk_on_symbols": ["S1", "S3"]}),
    ("tactical_allocation", {"ma_period": 4, "ma_unit": "months", "signal_symbol": SIGNAL, "risk_on_symbols": ["S4"]}),
    ("tactical_allocation", {"indicator": "volatility", "signal_symbol": SIGNAL, "risk_on_symbols": [*SYMBOLS]}),
    ("tactical_allocation", {"indicator": "momentum", "momentum_period": 30, "risk_on_symbols": ["S2"]}),
    ("rotation", {"lookback_period": 30, "number_of_sectors": 2}),
    ("rotation", {"rotation_model": "mean_reversion", **SEVERAL, "weighting": "equal"}),
    ("rotation", {"rotation_model": "relative_strength", "lookback_period": 30, "skip_period": 2}),
    ("rotation", {"rotation_model": "relative_strength", **MONTHLY, "score": "risk_adjusted"}),
    ("dual_momentum", {"lookback_period": 3, "refuge_symbol": "S1", "top_n": 2}),
    ("dual_momentum", {"lookback_period": 30, "lookback_unit": "sessions", "refuge_symbol": "S4",
                       "absolute_symbol": SIGNAL, "weighting": "inverse_volatility"}),
    ("trend_following", {"ma_period": 30}),
    ("trend_following", {"rule": "averages_crossing", "ma_period": 4, "fast_period": 2, "ma_unit": "months"}),
    ("target_volatility", {"volatility_window": 30}),
    ("target_volatility", {"volatility_window": 30, "target_volatility": 0.3, "max_exposure": 0.9}),
    ("rules", {"tree": {"pick": {"by": {"indicator": "return", "window": 30}, "order": "highest", "count": 2},
                        "weigh": "inverse_volatility", "window": 20, "of": LEAVES}}),
    ("rules", {"tree": {"if": TREND, "then": {"hold": "S0"}, "else": {"use": "rest"}}, "when_unknown": "else",
               "definitions": {"rest": {"weigh": "equal", "of": LEAVES[1:3]}}}),
    ("rules", {"tree": {"cases": [{"if": {"any": [OVERSOLD, {"not": TREND}]}, "then": {"cash": True}}],
                        "else": {"pick": {"by": {"indicator": "z_score", "window": 10}, "order": "lowest", "count": 1},
                                 "of": [LEAVES[3], {"if": TREND, "then": LEAVES[1], "else": LEAVES[2]}]}},
               "when_unknown": "cash"}),
]  # fmt: skip
OPTIMISED = {("risk_parity", "equal_risk_contribution"), ("minimum_variance", None)}


def name_of(case: tuple[str, dict]) -> str:
    return f"{case[0]}-{'-'.join(str(value) for value in case[1].values() if isinstance(value, (str, int)))}"


every_case = pytest.mark.parametrize("case", CASES, ids=name_of)
# the others say what they hold while their history is too short
that_hold_allocations = pytest.mark.parametrize(
    "case", [case for case in CASES if case[1].get("when_unknown", "allocations") == "allocations"], ids=name_of
)
modest = settings(derandomize=True, deadline=None, max_examples=examples(8))
seeds = st.integers(0, 2**32 - 1)


def tolerance(case: tuple[str, dict]) -> float:
    return 1e-6 if (case[0], case[1].get("method")) in OPTIMISED else 1e-9


def a_spec() -> BacktestSpec:
    request = {
        "strategy": "buy_hold", "holdings": [{"symbol": "A", "allocation": 1}], "start_date": "2024-01-02",
        "end_date": "2024-01-02",
        "data": {"source": "inline", "prices": {"dates": ["2024-01-02"], "close": {"A": [10]}}},
    }  # fmt: skip
    return build_spec(check(request, csv_available=False))


SPEC = a_spec()


def spec_of(case, *, frequency="monthly", timing="next_close", order=None, cash=0.0) -> BacktestSpec:
    shares = np.array([0.1, 0.3, 0.25, 0.15, 0.2]) * (1 - cash)
    order = range(len(SYMBOLS)) if order is None else order
    parameters = fill(strategy_schema(case[0]), {**case[1], "rebalance_frequency": frequency})
    return replace(
        SPEC, strategy=case[0], parameters=parameters, symbols=tuple(SYMBOLS[n] for n in order),
        allocations=tuple(float(shares[n]) for n in order), cash_allocation=cash, timing=timing,
    )  # fmt: skip


def prices_of(seed: int) -> PriceTable:
    """Five holdings and a signal: their own volatilities, a common factor, and drifts of either sign."""
    random = np.random.default_rng(seed)
    count = len(SYMBOLS) + 1
    days = np.arange("2021-01-01", "2022-06-01", dtype="datetime64[D]")
    sessions = days[np.is_busday(days)][:LENGTH]
    steps = random.normal(0, 0.01, (LENGTH, count)) * np.exp(random.normal(0, 0.5, count))
    steps += random.normal(0, 0.005, (LENGTH, 1)) + random.normal(0, 0.001, count)
    close = np.asfortranarray(np.exp(np.cumsum(steps, axis=0) + random.normal(3, 1, count)))
    return PriceTable(
        sessions=sessions, symbols=SYMBOLS, close=np.asfortranarray(close[:, :-1]), open=None, first=FIRST,
        benchmark_close=None, benchmark_open=None, signal_close={SIGNAL: close[:, -1].copy()}, provenance={},
        limited_by=None, calendar=measure_calendar(sessions, end_date=sessions[-1]),
    )  # fmt: skip


def decided(case, prices: PriceTable, **changed) -> TargetWeights:
    return decide_weights(find_strategy(case[0]), prices, spec_of(case, **changed))


def assert_same_until(cut: TargetWeights, whole: TargetWeights, row: int) -> None:
    """Compare everything decided on or before `row`, to the bit."""
    count = int((whole.decision <= row).sum())
    assert int((cut.decision <= row).sum()) == count > 0
    pairs = [(cut.decision, whole.decision), (cut.weights, whole.weights)]
    if whole.scores is not None:
        pairs.append((cut.scores, whole.scores))
    assert cut.seen.keys() == whole.seen.keys()
    pairs += [(cut.seen[name], whole.seen[name]) for name in whole.seen]
    for found, expected in pairs:
        np.testing.assert_array_equal(found[:count], expected[:count])


@every_case
@modest
@given(seed=seeds, frequency=st.sampled_from(FREQUENCIES), which=st.floats(0, 1))
def test_prices_cut_off_after_a_decision_change_nothing_until_then(case, seed, frequency, which):
    prices = prices_of(seed)
    whole = decided(case, prices, frequency=frequency, timing="same_close")
    row = int(whole.decision[round(which * (whole.decision.size - 1))])
    cut = replace(
        prices, sessions=prices.sessions[: row + 1], close=np.asfortranarray(prices.close[: row + 1]),
        signal_close={SIGNAL: prices.signal_close[SIGNAL][: row + 1].copy()},
    )  # fmt: skip
    assert_same_until(decided(case, cut, frequency=frequency, timing="same_close"), whole, row)


@every_case
@modest
@given(seed=seeds, frequency=st.sampled_from(FREQUENCIES), which=st.floats(0, 1))
def test_other_prices_after_a_decision_change_nothing_until_then(case, seed, frequency, which):
    prices, other = prices_of(seed), prices_of(seed + 1)
    whole = decided(case, prices, frequency=frequency)
    row = int(whole.decision[round(which * (whole.decision.size - 1))])
    close, signal = prices.close.copy(order="F"), prices.signal_close[SIGNAL].copy()
    close[row + 1 :], signal[row + 1 :] = other.close[row + 1 :], other.signal_close[SIGNAL][row + 1 :]
    changed = replace(prices, close=close, signal_close={SIGNAL: signal})
    assert_same_until(decided(case, changed, frequency=frequency), whole, row)


@every_case
@modest
@given(seed=seeds, frequency=st.sampled_from(FREQUENCIES), cash=st.sampled_from([0.0, 0.25]))
def test_weights_and_cash_are_parts_of_one(case, seed, frequency, cash):
    targets = decided(case, prices_of(seed), frequency=frequency, cash=cash)
    assert np.isfinite(targets.weights).all()
    assert (targets.weights >= 0).all()
    assert (targets.weights.sum(axis=1) <= 1 - cash + 1e-12).all()
    assert "WARM_UP_INCOMPLETE" not in [warning.code for warning in targets.warnings]
    rows, count = targets.weights.shape
    for name, values in targets.seen.items():
        assert values.shape in ((rows, count), (rows,)), name
        assert values.dtype == np.float64, name
        assert np.isfinite(values).all(), name


@every_case
@modest
@given(seed=seeds, frequency=st.sampled_from(FREQUENCIES), order=st.permutations(range(len(SYMBOLS))))
def test_no_holding_is_favoured_for_its_place(case, seed, frequency, order):
    prices = prices_of(seed)
    moved = replace(
        prices, symbols=tuple(SYMBOLS[n] for n in order), close=np.asfortranarray(prices.close[:, order])
    )  # fmt: skip
    expected = decided(case, prices, frequency=frequency).weights[:, order]
    found = decided(case, moved, frequency=frequency, order=order).weights
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance(case))


@every_case
@modest
@given(seed=seeds, frequency=st.sampled_from(FREQUENCIES))
def test_the_level_of_a_price_does_not_matter(case, seed, frequency):
    prices = prices_of(seed)
    factors = np.exp(np.random.default_rng(seed).normal(0, 4, len(SYMBOLS)))
    scaled = replace(
        prices, close=np.asfortranarray(prices.close * factors),
        signal_close={SIGNAL: prices.signal_close[SIGNAL] * 1234.5},
    )  # fmt: skip
    found, expected = (decided(case, table, frequency=frequency).weights for table in (scaled, prices))
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance(case))


@that_hold_allocations
@modest
@given(seed=seeds, frequency=st.sampled_from(FREQUENCIES), late=st.integers(0, 4), begun=st.integers(100, 200))
def test_a_holding_that_begins_late_waits_until_its_history_suffices(case, seed, frequency, late, begun):
    prices = prices_of(seed)
    close = prices.close.copy(order="F")
    close[:begun, late] = np.nan
    prices = replace(prices, close=close, partial_history=True)
    targets = decided(case, prices, frequency=frequency)
    assert np.isfinite(targets.weights).all()
    assert (targets.weights >= 0).all()
    assert (targets.weights.sum(axis=1) <= 1 + 1e-12).all()
    assert not targets.weights[targets.execution < begun, late].any()
    if reads_the_late_one(case, late):
        return  # until it suffices no decision is known: the others are held by their allocations
    assert "WARM_UP_INCOMPLETE" not in [warning.code for warning in targets.warnings]
    if case[0] in ("buy_hold", "tactical_allocation") or case[1].get("refuge_symbol") == SYMBOLS[late]:
        return  # a price is all that these need of a holding
    warm_up = find_strategy(case[0]).warm_up(spec_of(case).parameters)
    past = History(sessions=prices.sessions, close=close[:, [late]], decisions=targets.decision)
    back = past.close(warm_up.sessions) + past.close(warm_up.months, unit="months")
    waits = np.isnan(back[:, 0])
    assert not targets.weights[waits, late].any()
    never_late = decided(case, prices_of(seed), frequency=frequency).weights
    np.testing.assert_allclose(targets.weights[~waits], never_late[~waits], rtol=0, atol=tolerance(case))


def reads_the_late_one(case, late: int) -> bool:
    """Tell whether a decision as a whole looks at the late holding."""
    read = [case[1].get(key) for key in ("benchmark_symbol", "absolute_symbol", "signal_symbol")]
    if case[0] == "tactical_allocation" and read[2] is None:
        read.append(case[1]["risk_on_symbols"][0])
    return SYMBOLS[late] in read


@that_hold_allocations
@modest
@given(seed=seeds)
def test_a_history_that_is_too_short_holds_the_allocations(case, seed):
    prices = prices_of(seed)
    short = replace(
        prices, sessions=prices.sessions[FIRST - 1 :], close=np.asfortranarray(prices.close[FIRST - 1 :]), first=1,
        signal_close={SIGNAL: prices.signal_close[SIGNAL][FIRST - 1 :].copy()},
    )  # fmt: skip
    targets = decided(case, short)
    np.testing.assert_array_equal(targets.weights[0], spec_of(case).allocations)
    if find_strategy(case[0]).HAS_SIGNAL:
        assert "WARM_UP_INCOMPLETE" in [warning.code for warning in targets.warnings]


@that_hold_allocations
def test_the_warm_up_is_enough_and_not_one_session_more(case):
    prices = prices_of(5)
    warm_up = find_strategy(case[0]).warm_up(spec_of(case).parameters)
    if warm_up.months or not find_strategy(case[0]).HAS_SIGNAL:
        return
    for missing, known in ((0, True), (1, False)):
        start = FIRST - 1 - warm_up.sessions + missing
        cut = replace(
            prices, sessions=prices.sessions[start:], close=np.asfortranarray(prices.close[start:]),
            first=FIRST - start, signal_close={SIGNAL: prices.signal_close[SIGNAL][start:].copy()},
        )  # fmt: skip
        codes = [warning.code for warning in decided(case, cut).warnings]
        assert ("WARM_UP_INCOMPLETE" not in codes) is known


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_has_a_schema_an_example_and_its_place_above(name):
    assert name in built_in_strategies()
    assert name in {case[0] for case in CASES}
    examples = [json.loads(path.read_text()) for path in EXAMPLES.glob("*.json")]
    assert name in {example["strategy"] for example in examples}
    schema = strategy_schema(name)
    assert schema["additionalProperties"] is False
    for key, part in schema["properties"].items():
        assert "default" in part or key in schema.get("required", ()), key
        assert part["title"], key
        assert part["description"], key
        assert "x-unit" in part or part.get("type") not in ("integer", "number"), key


@pytest.mark.parametrize("name", STRATEGIES)
def test_every_choice_of_every_strategy_is_taken_above(name):
    taken = [spec_of(case).parameters for case in CASES if case[0] == name]
    for key, part in strategy_schema(name)["properties"].items():
        if key != "rebalance_frequency":
            for choice in part.get("enum", ()):
                shared = ("lookback_unit", "score", "weighting", "ma_unit")
                assert choice in {parameters[key] for parameters in taken} or key in shared, f"{key}: {choice}"
