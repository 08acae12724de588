"""The combinations of settings that a sweep or a walk-forward tries: axes, values, conditions.

Without numpy: they are checked where a request is.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from backtester.contract.variations.merge_patch import parts_of
from backtester.model.record import Record


class Grid(Record):
    """The axes of a question, and the conditions that a combination has to meet.

    Combinations are numbered in row-major order: the last axis varies fastest.
    """

    pointers: tuple[str, ...]  # A axes
    values: tuple[tuple[Any, ...], ...]  # (A,) of each axis
    where: tuple[tuple[str, str], ...]  # (pointer, pointer): the first value is below the second

    @property
    def size(self) -> int:
        """The number of combinations, those that `where` leaves out included."""
        return math.prod(map(len, self.values))

    def places(self, index: int) -> list[int]:
        """Return the place of a combination's value on each axis (A,)."""
        found = []
        for values in reversed(self.values):
            index, place = divmod(index, len(values))
            found.append(place)
        return found[::-1]

    def settings(self, index: int) -> dict[str, Any]:
        """Return the values of a combination by pointer."""
        places = self.places(index)
        return {at: values[place] for at, values, place in zip(self.pointers, self.values, places, strict=True)}

    def neighbours(self, index: int) -> Iterator[int]:
        """Yield the combinations one step away on one axis."""
        step = 1
        for values in reversed(self.values):
            place = index // step % len(values)
            if place > 0:
                yield index - step
            if place < len(values) - 1:
                yield index + step
            step *= len(values)

    def wanted(self, request: dict[str, Any]) -> Iterator[int]:
        """Yield the combinations that meet every condition. request: complete; it has what no axis varies."""
        for index in range(self.size):
            settings = self.settings(index) if self.where else {}
            if all(_value(request, settings, low) < _value(request, settings, high) for low, high in self.where):
                yield index


def grid_of(question: dict[str, Any]) -> Grid:
    """Return the grid of a checked `analysis.sweep` or `analysis.walk_forward`."""
    return Grid(
        pointers=tuple(question["over"]), values=tuple(map(axis_values, question["over"].values())),
        where=tuple((low, high) for low, _, high in question.get("where", ())),
    )  # fmt: skip


def axis_values(given: Any) -> tuple[Any, ...]:
    """Return the values of an axis: a list's own, or the numbers of a range, exact in the decimals as written."""
    if isinstance(given, list):
        return tuple(given)
    start, _, step = _exact(given)
    whole = all(isinstance(given[name], int) or given[name].is_integer() for name in ("from", "step"))
    steps = (start + index * step for index in range(range_size(given)))
    return tuple(int(value) if whole else float(value) for value in steps)


def range_size(given: dict[str, Any]) -> int:
    """Return the number of values of a range; 0 or less where its end is before its start."""
    start, end, step = _exact(given)
    return int((end - start) // step) + 1


def scalar_at(request: dict[str, Any], pointer: str) -> tuple[bool, Any]:
    """Return whether a pointer names a place for a single value of a complete request, and the value there, or None.

    A key that is absent has a place where its object is there.
    """
    node: Any = request
    *above, last = parts_of(pointer)
    for part in above:
        node = _child(node, part)
    if isinstance(node, dict):
        value = node.get(last)
    else:
        value = _child(node, last)
        if value is None:
            return False, None
    return not isinstance(value, (dict, list)), value


def _child(node: Any, part: str) -> Any:
    if isinstance(node, dict):
        return node.get(part)
    if isinstance(node, list) and part.isascii() and part.isdigit() and int(part) < len(node):
        return node[int(part)]
    return None


def _value(request: dict[str, Any], settings: dict[str, Any], pointer: str) -> Any:
    return settings[pointer] if pointer in settings else scalar_at(request, pointer)[1]


def _exact(given: dict[str, Any]) -> tuple[Fraction, Fraction, Fraction]:
    return Fraction(repr(given["from"])), Fraction(repr(given["to"])), Fraction(repr(given["step"]))
