"""Trees of strangers: whatever they send, one document that is no INTERNAL; at every limit a result in time."""

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import backtester
from tests.property.test_rules_property import definitions, nodes
from tests.support.documents import assert_schema
from tests.support.examples import examples
from tests.support.runner import run_runner

DAYS = np.arange("2020-01-01", "2020-07-01", dtype="datetime64[D]")
DATES = DAYS[np.is_busday(DAYS)].astype(str).tolist()
SYMBOLS = ("A", "B", "C")
CLOSES = {
    s: (100 * np.cumprod(1 + np.random.default_rng(n).normal(0, 0.01, len(DATES)))).tolist()
    for n, s in enumerate((*SYMBOLS, "S"))
}  # fmt: skip
KEYS = (
    "hold", "cash", "if", "then", "else", "cases", "weigh", "weights", "of", "pick", "use", "name", "window", "left",
    "right", "is", "all", "any", "not", "by", "order", "count", "indicator", "symbol", "tolerance", "for_sessions", "",
)  # fmt: skip
WORDS = ("A", "S", "rsi", "price", "macd", "above", "equal", "specified", "highest", "d", "\ud7ff\u0000", "A" * 3000)
junk = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.sampled_from(WORDS), st.integers(-3, 6000), st.sampled_from((1e300, 0.5, 2**70))
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=8,
)  # fmt: skip


def request(parameters):
    holdings = [{"symbol": symbol, "allocation": 1 / 3} for symbol in SYMBOLS]
    data = {"source": "inline", "prices": {"dates": DATES, "close": CLOSES}}
    period = {"start_date": "2020-03-02", "end_date": "2020-06-30"}
    return {"strategy": "rules", "holdings": holdings, **period, "parameters": parameters, "data": data,
            "output": {"include": ["weights", "decisions"]}}  # fmt: skip


def answer(parameters):
    """The one document: of the run, or of its error."""
    try:
        document = backtester.run(request(parameters))
        assert_schema(document, "result")
    except backtester.BacktestError as error:
        document = error.as_document()
        assert_schema(document, "error")
        assert document["code"] in ("VALIDATION_FAILED", "INVALID_JSON"), document
    json.dumps(document, allow_nan=False)
    return document


def put(value, way, new):
    """A copy of a JSON value with something else at a random place."""
    if not isinstance(value, (dict, list)) or not value or not way:
        return new
    keys = [*value] if isinstance(value, dict) else range(len(value))
    at = keys[way[0] % len(keys)]
    copied = value.copy()
    copied[at] = put(value[at], way[1:], new)
    return copied


many = settings(
    derandomize=True, deadline=None, max_examples=examples(60), suppress_health_check=list(HealthCheck)
)  # fmt: skip


@many
@given(tree=nodes, definition=definitions, frequency=st.sampled_from(("daily", "weekly", "monthly", "never")),
       unknown=st.sampled_from(("allocations", "cash")))  # fmt: skip
def test_a_valid_tree_has_a_result(tree, definition, frequency, unknown):
    more = {"rebalance_frequency": frequency, "when_unknown": unknown}
    document = answer({"tree": tree, "definitions": {"d": definition}, **more})
    assert document["success"], document
    assert document["rules"]["decisions"] >= document["rules"]["unknown"]
    assert len(document["decisions"]["path"]) == len(document["decisions"]["decided"])


@many
@given(tree=nodes, definition=definitions, way=st.lists(st.integers(0, 20), min_size=1, max_size=9), new=junk)
def test_a_tree_with_something_else_in_it_has_one_document(tree, definition, way, new):
    answer(put({"tree": tree, "definitions": {"d": definition}}, way, new))


@many
@given(parameters=st.one_of(
    junk, junk.map(lambda one: {"tree": one}),
    junk.map(lambda one: {"tree": {"use": "d"}, "definitions": {"d": one}}),
))  # fmt: skip
def test_junk_has_one_document(parameters):
    answer(parameters)


def at_every_limit():
    """5,000 nodes, 500 indicators, 64 composites inside rankings, the longest windows, daily."""
    names = ("rsi", "return", "percentile_rank", "fall_from_high", "z_score", "volatility", "average_return")
    values = [
        {"indicator": names[n % 7], "symbol": ("A", "S")[n % 2], "window": 2 + (n * 97) % 4998} for n in range(430)
    ]
    half = {"weigh": "equal", "of": [{"hold": "A"}, {"cash": True}]}
    by = {"by": {"indicator": "rsi", "window": 14}, "order": "highest", "count": 3}
    ranked = {"pick": by, "of": [half] * 64}
    cases = []
    for n in range(2390):
        band = {"tolerance": 0.01, "for_sessions": 1 + n % 90}
        asked = {"left": values[n % 430], "is": "above", "right": 0.5 + n / 1000, **band}
        leaf = {"hold": SYMBOLS[n % 3]}
        cases.append({"if": asked, "then": leaf if n % 2 else {"weigh": "equal", "of": [leaf, {"cash": True}]}})
    lists = [{"cases": cases[at : at + 490], "else": {"use": f"d{at // 490 + 1}"}} for at in range(0, 2390, 490)]
    made = {f"d{n}": one for n, one in enumerate(lists)} | {f"d{len(lists)}": ranked}
    return {"tree": {"use": "d0"}, "definitions": made, "rebalance_frequency": "daily"}


@pytest.mark.full
def test_a_tree_at_every_limit_has_its_result_within_the_deadline():
    holdings = [{"symbol": s, "allocation": 1 / 3} for s in ("MSFT", "JNJ", "XOM")]
    text = json.dumps(at_every_limit()).replace('"A"', '"MSFT"').replace('"B"', '"JNJ"').replace('"C"', '"XOM"')
    asked = {"strategy": "rules", "holdings": holdings, "start_date": "1990-01-02", "end_date": "2022-12-28",
             "parameters": json.loads(text.replace('"S"', '"KO"')), "data": {"source": "bundled"},
             "output": {"include": ["metrics", "weights"]}}  # fmt: skip
    run = run_runner(asked)
    assert (run.exit, run.stderr) == (0, ""), run.document
    assert run.document["rules"]["decisions"] > 8000
