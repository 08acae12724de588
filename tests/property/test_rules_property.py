"""Random rule trees: the engine against a plain evaluator, and against itself with its future cut off."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backtester.contract.check import check
from backtester.strategies import rules
from backtester.strategies.decisions.history import History
from tests.support.examples import examples
from tests.support.plain_rules import Plain

HELD, SEEN = ("A", "B", "C"), ("A", "B", "C", "S")
FREE = ("return", "average_return", "volatility", "fall_from_high", "rsi", "z_score", "percentile_rank")
AMOUNTS = ("price", "average", "exponential_average", "deviation_of_price", "macd")
windows = st.integers(2, 4)
random_trees = settings(
    derandomize=True, deadline=None, max_examples=examples(60), suppress_health_check=list(HealthCheck)
)  # fmt: skip


def of_symbol(name, symbol):
    if name == "price":
        return st.just({"indicator": name, "symbol": symbol})
    if name == "macd":
        pairs = st.sampled_from(([1, 2], [2, 3], [2, 5]))
        return pairs.map(lambda pair: {"indicator": name, "symbol": symbol, "window": pair})
    return windows.map(lambda n: {"indicator": name, "symbol": symbol, "window": n})


free_values = st.tuples(st.sampled_from(FREE), st.sampled_from(SEEN)).flatmap(lambda both: of_symbol(*both))
numbers = st.sampled_from((-0.02, 0, 0.01, 0.5, 1, 30, 50, 70))
bands = st.sampled_from(
    ({}, {}, {"tolerance": 0.01}, {"tolerance": 0.2}, {"for_sessions": 2}, {"for_sessions": 3, "tolerance": 0.02})
)
absolute = st.sampled_from(({}, {"tolerance_absolute": 0.01}, {"tolerance_absolute": 5}, {"for_sessions": 4}))


@st.composite
def comparisons(draw):
    """Any comparison that the rules of scale allow."""
    relation = draw(st.sampled_from(("above", "below", "at_least", "at_most")))
    if draw(st.booleans()):
        symbol = draw(st.sampled_from(SEEN))
        left, right = (draw(st.sampled_from(AMOUNTS).flatmap(lambda n: of_symbol(n, symbol))) for _ in range(2))
        return {"left": left, "is": relation, "right": right, **draw(bands)}
    left, right = draw(free_values), draw(st.one_of(numbers, free_values))
    return {"left": left, "is": relation, "right": right, **draw(st.one_of(bands, absolute))}


conditions = st.recursive(
    comparisons(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda of: {"all": of}),
        st.lists(inner, min_size=1, max_size=3).map(lambda of: {"any": of}),
        inner.map(lambda one: {"not": one}),
    ),
    max_leaves=3,
)
leaves = st.one_of(st.sampled_from(HELD).map(lambda s: {"hold": s}), st.just({"cash": True}), st.just({"use": "d"}))


@st.composite
def mixes(draw, inner):
    """A ranking or a mix of one to three children."""
    of = draw(st.lists(inner, min_size=1, max_size=3))
    weighing = draw(st.sampled_from(({}, {"weigh": "equal"}, {"weigh": "inverse_volatility", "window": 3})))
    if draw(st.booleans()):
        pick = {
            "by": {"indicator": draw(st.sampled_from(FREE)), "window": draw(windows)},
            "order": draw(st.sampled_from(("highest", "lowest"))),
            "count": draw(st.integers(1, 3)),
        }
        return {"pick": pick, "of": of, **weighing}
    weights = [[1.0], [0.25, 0.75], [0.5, 0.2, 0.3]][len(of) - 1]
    return {"of": of, **(weighing or {"weigh": "specified", "weights": weights})}


nodes = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(lambda c, a, b: {"if": c, "then": a, "else": b}, conditions, inner, inner),
        st.builds(
            lambda cases, last: {"cases": [{"if": c, "then": n} for c, n in cases], "else": last},
            st.lists(st.tuples(conditions, inner), min_size=1, max_size=2),
            inner,
        ),
        mixes(inner),
    ),
    max_leaves=6,
)
definitions = st.recursive(
    st.sampled_from(HELD).map(lambda s: {"hold": s}),
    lambda inner: st.one_of(
        st.builds(lambda c, a, b: {"if": c, "then": a, "else": b}, conditions, inner, inner), mixes(inner)
    ),
    max_leaves=2,
)


def checked(tree, definition, **more):
    parameters = {"tree": tree, "definitions": {"d": definition}, **more}
    holdings = [{"symbol": s, "allocation": 1 / 3} for s in HELD]
    request = {"strategy": "rules", "holdings": holdings, "start_date": "2020-01-01", "end_date": "2020-12-31"}
    return check({**request, "parameters": parameters}, csv_available=False).request["parameters"]


def prices(seed, sessions):
    """Closes (T, 4): steps that often repeat, so that ties and standing prices occur; C begins late, S a little."""
    random = np.random.default_rng(seed)
    steps = random.choice([0.0, 0.0, 0.01, -0.01, 0.03, -0.04, 0.002], size=(sessions, 4))
    close = 100 * np.cumprod(1 + steps, axis=0)
    close[:, 1] = close[:, 0] if random.random() < 0.2 else close[:, 1]
    close[: random.integers(0, 12), 2] = np.nan
    close[: random.integers(0, 5), 3] = np.nan
    return close


def history(close, rows):
    days = np.datetime64("2020-01-01") + np.arange(len(close))
    return History(
        sessions=days, close=close[:, :3], decisions=rows, symbols=HELD, signals={"S": close[:, 3]}, partial=True
    )


@random_trees
@given(
    tree=nodes,
    definition=definitions,
    seed=st.integers(0, 2**20),
    first=st.integers(-1, 60),
    step=st.sampled_from((1, 5)),
)
def test_the_engine_decides_as_the_plain_evaluator_does(tree, definition, seed, first, step):
    parameters = checked(tree, definition)
    close = prices(seed, 140)
    rows = np.concatenate([[first], np.arange(max(first, 0) + step, 140, step)])
    made = rules.decide(history(close, rows), np.full(3, 1 / 3), parameters)
    columns = {s: [None if np.isnan(v) else float(v) for v in close[:, n]] for n, s in enumerate(SEEN)}
    plain = Plain(columns, parameters["tree"], parameters["definitions"], max(first, 0))
    for at, row in enumerate(rows.tolist()):
        wanted = plain.decide(row) if row >= 0 else None
        if wanted is None:
            assert np.isnan(made.weights[at]).all(), (row, made.weights[at])
        else:
            assert made.weights[at] == pytest.approx([wanted.get(s, 0.0) for s in HELD], abs=1e-12), row


@random_trees
@given(tree=nodes, definition=definitions, seed=st.integers(0, 2**20), cut=st.integers(20, 99))
def test_later_prices_change_no_decision_to_the_bit(tree, definition, seed, cut):
    parameters = checked(tree, definition, when_unknown="cash")
    close = prices(seed, 100)
    rows = np.arange(15, 100, 3)
    whole = rules.decide(history(close, rows), np.full(3, 1 / 3), parameters)
    early = rows[rows < cut]
    part = rules.decide(history(close[:cut], early), np.full(3, 1 / 3), parameters)
    assert part.weights.tobytes() == whole.weights[: early.size].tobytes()
    assert np.array_equal(part.trace.reached, whole.trace.reached[:, : early.size])
    for name, values in part.seen.items():
        assert values.tobytes() == whole.seen[name][: early.size].tobytes()
