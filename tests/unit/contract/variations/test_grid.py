"""The axes of a sweep and their combinations."""

import pytest

from backtester.contract.variations.grid import axis_values, grid_of, range_size, scalar_at


@pytest.mark.parametrize(
    ("given", "values"),
    [
        ([3, 1, "x", None], (3, 1, "x", None)),
        ({"from": 21, "to": 252, "step": 105}, (21, 126, 231)),
        ({"from": 1, "to": 1, "step": 5}, (1,)),
        ({"from": 0.1, "to": 0.3, "step": 0.1}, (0.1, 0.2, 0.3)),  # in doubles 0.1 + 2 · 0.1 is above 0.3
        ({"from": 0, "to": 1, "step": 0.25}, (0.0, 0.25, 0.5, 0.75, 1.0)),
        ({"from": 1.0, "to": 3.5, "step": 1}, (1, 2, 3)),
        ({"from": -0.5, "to": 0.5, "step": 1}, (-0.5, 0.5)),
    ],
)
def test_values_of_an_axis_are_exact_decimals(given, values):
    found = axis_values(given)

    assert found == values
    assert [type(value) for value in found] == [type(value) for value in values]
    if isinstance(given, dict):
        assert range_size(given) == len(values)


def test_a_hundred_thousand_values_are_counted_without_making_them():
    assert range_size({"from": 0, "to": 1e300, "step": 1e-5}) > 1e300
    assert range_size({"from": 5, "to": 1, "step": 1}) < 1


def test_combinations_are_in_row_major_order():
    grid = grid_of({"over": {"/a": [1, 2], "/b": {"from": 1, "to": 3, "step": 1}}})

    assert grid.size == 6
    assert [tuple(grid.settings(n).values()) for n in range(6)] == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert [*grid.wanted({})] == [*range(6)]


def test_where_leaves_out_what_is_not_below():
    over = {"/parameters/fast": [5, 10, 20], "/parameters/slow": [10, 20]}
    grid = grid_of({"over": over, "where": [["/parameters/fast", "below", "/parameters/slow"]]})
    fixed = grid_of({"over": over, "where": [["/parameters/fast", "below", "/limit"]]})

    kept = [tuple(grid.settings(n).values()) for n in grid.wanted({})]
    assert kept == [(5, 10), (5, 20), (10, 20)]
    assert [fixed.settings(n)["/parameters/fast"] for n in fixed.wanted({"limit": 10})] == [5, 5]


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/a", (True, 1)), ("/b/c", (True, "x")), ("/b/new", (True, None)), ("/l/1/s", (True, "B")),
        ("/l", (False, [])), ("/b", (False, {})), ("/l/2/s", (False, None)), ("/l/x/s", (False, None)),
        ("/n/x", (False, None)),
        ("/a/x", (False, None)), ("/m/1", (True, 5)), ("/m/2", (False, None)),
    ],
)  # fmt: skip
def test_a_pointer_names_a_place_for_a_single_value(pointer, found):
    request = {"a": 1, "b": {"c": "x"}, "l": [{"s": "A"}, {"s": "B"}], "n": None, "m": [4, 5]}
    named, value = scalar_at(request, pointer)

    assert named is found[0]
    assert value == found[1] or not named
