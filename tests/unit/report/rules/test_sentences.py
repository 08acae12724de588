"""A tree as sentences. The example app has the same examples: it says them in the same words."""

import json

import pytest

from backtester.model.rule_tree import KINDS
from backtester.report.rules.sentences import _NAMES, sentences
from tests.support.paths import ROOT

EXAMPLES = json.loads((ROOT / "tests/support/rule_sentences.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example["name"])
def test_each_branch_is_a_sentence(example):
    assert [*sentences(example["parameters"])] == example["lines"]


def test_the_examples_have_every_kind_of_node_and_every_indicator():
    text = json.dumps(EXAMPLES)
    assert [kind for kind in KINDS if f'"{kind}": ' not in text] == []
    assert [name for name in _NAMES if f'"{name}"' not in text] == []
