"""Merge patches, by the examples of RFC 7396, and the patches that settings make."""

import copy

import pytest

from backtester.contract.variations.merge_patch import merged, patch_of

APPENDIX_A = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX_A)
def test_the_examples_of_the_rfc(target, patch, result):
    before = copy.deepcopy((target, patch))

    assert merged(target, patch) == result

    assert (target, patch) == before


DOCUMENT = {"strategy": "x", "holdings": [{"symbol": "A", "allocation": 0.4}, {"symbol": "B", "allocation": 0.6}]}


@pytest.mark.parametrize(
    ("settings", "patch"),
    [
        ({"/parameters/top_n": 2}, {"parameters": {"top_n": 2}}),
        ({"/parameters/top_n": 2, "/parameters/a": 1, "/b": 3}, {"parameters": {"top_n": 2, "a": 1}, "b": 3}),
        ({"/benchmark": None}, {"benchmark": None}),
        ({"/a~1b/c~0d": 1}, {"a/b": {"c~d": 1}}),
        (
            {"/holdings/1/allocation": 0.5, "/holdings/0/allocation": 0.5},
            {"holdings": [{"symbol": "A", "allocation": 0.5}, {"symbol": "B", "allocation": 0.5}]},
        ),
        (
            {"/holdings/1/expense_ratio": None},
            {"holdings": [{"symbol": "A", "allocation": 0.4}, {"symbol": "B", "allocation": 0.6}]},
        ),
    ],
)
def test_settings_make_a_patch(settings, patch):
    before = copy.deepcopy(DOCUMENT)

    assert patch_of(DOCUMENT, settings) == patch

    assert before == DOCUMENT
