"""What the sentence about a run says of its strategy's parameters."""

import json

import pytest

from backtester.contract.defaults import fill
from backtester.contract.schemas import built_in_strategies, strategy_schema
from backtester.report.parameters import in_words
from tests.support.paths import ROOT


def said(strategy, **parameters):
    schema = strategy_schema(strategy)
    return ", ".join(in_words(fill(schema, parameters), schema["properties"])).replace("\u00a0", " ")


CASES = json.loads((ROOT / "tests/support/settings_in_words.json").read_text(encoding="utf-8"))["parameters"]


@pytest.mark.parametrize(("strategy", "parameters", "words"), CASES)
def test_numbers_with_their_units_and_what_is_not_at_its_default_as_in_the_app(strategy, parameters, words):
    known = strategy_schema(strategy)["properties"] if strategy in built_in_strategies() else {}
    assert ", ".join(in_words(parameters, known)).replace("\u00a0", " ") == words


def test_defaults_that_are_numbers_are_said():
    assert said("momentum") == "look-back 60 sessions, top 3"
    assert "deviation threshold 10 %" in said("mean_reversion")


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
