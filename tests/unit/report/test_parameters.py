"""What the sentence about a run says of its strategy's parameters."""

import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import built_in_strategies, strategy_schema
from backtester.report.parameters import in_words


def said(strategy, **parameters):
    schema = strategy_schema(strategy)
    return ", ".join(in_words(fill(schema, parameters), schema["properties"])).replace("\u00a0", " ")


WEIGHTED = [{"period": 1, "weight": 12}, {"period": 3, "weight": 4}]


@pytest.mark.parametrize(
    ("strategy", "parameters", "words"),
    [
        ("momentum", {}, "look-back 60 sessions, top 3"),
        ("momentum", {"lookback_period": 1, "lookback_unit": "months"}, "look-back 1 month, top 3"),
        ("momentum", {"lookbacks": WEIGHTED, "lookback_unit": "months", "top_n": 1},
         "weighted look-backs of period 1 and 3 months and weight 12 and 4, top 1"),
        ("momentum", {"lookbacks": [{"period": 20}]}, "weighted look-backs of period 20 sessions and weight 1, top 3"),
        ("momentum", {"positive_returns_only": True, "score": "risk_adjusted"},
         "positive returns only, score risk adjusted, look-back 60 sessions, top 3"),
        ("tactical_allocation", {"risk_on_symbols": ["A", "B_C"], "signal_symbol": "^X"},
         "risk-on holdings A and B_C, signal ^X, allocation while good 80 %, allocation while not good 20 %, "
         "moving average 200 sessions"),
        ("trend_following", {"ma_unit": "months", "ma_period": 10}, "moving average 10 months"),
        ("dual_momentum", {"hurdle_rate": -0.0125}, "hurdle −1.25 %, look-back 12 months, top 1"),
        ("mean_reversion", {}, "moving average 50 sessions, deviation threshold 10 %, "
         "weight when oversold 2 times the allocation"),
        ("buy_hold", {"rebalance_frequency": "annually"}, ""),
    ],
)  # fmt: skip
def test_numbers_with_their_units_and_what_is_not_at_its_default(strategy, parameters, words):
    assert sorted(said(strategy, **parameters).split(", ")) == sorted(words.split(", "))


@pytest.mark.parametrize("strategy", built_in_strategies())
def test_nothing_of_an_example_is_left_out(strategy):
    schema = strategy_schema(strategy)
    for example in schema["examples"]:
        words = said(strategy, **example)
        for name, value in example.items():
            if isinstance(value, dict):
                continue  # a tree has sentences of its own
            title = schema["properties"][name]["title"]
            unit_or_frequency = name.endswith("_unit") or name == "rebalance_frequency"
            at_default = value == schema["properties"][name].get("default") and not isinstance(value, (int, float))
            told = "top" if name == "top_n" else title[0].lower() + title[1:]
            assert told in words or unit_or_frequency or at_default or value == 0


@pytest.mark.parametrize("value", [None, [], {}, [[1]], [{"a": 1}, 2], [None], {"a": 1}, [{"a": None}], [{}]])
def test_what_no_strategy_has_does_not_break_the_page(value):
    in_words({"mine": value}, {})
