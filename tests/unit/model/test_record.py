"""The frozen records: keyword-only, complete, unchangeable."""

import pickle

import pytest

from backtester.model.record import Record, replace


class Point(Record):
    x: int
    y: int = 2


class Named(Point):
    name: str


def test_fields_come_by_name_with_their_defaults():
    assert Point(x=1).as_dict() == {"x": 1, "y": 2}
    assert Named(x=1, name="a").as_dict() == {"x": 1, "y": 2, "name": "a"}


def test_a_missing_field_and_an_unknown_one_are_named():
    with pytest.raises(TypeError, match="Point needs x"):
        Point(y=1)
    with pytest.raises(TypeError, match="Point has no z"):
        Point(x=1, z=2)
    with pytest.raises(TypeError):
        Point(1)  # type: ignore[misc]


def test_nothing_can_be_changed():
    point = Point(x=1)
    with pytest.raises(AttributeError):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        del point.x
    assert replace(point, x=3) == Point(x=3)
    assert point.x == 1


def test_equality_hash_and_repr_go_by_the_fields():
    assert Point(x=1) == Point(x=1, y=2) != Point(x=1, y=3)
    assert Point(x=1) != Named(x=1, name="a")
    assert len({Point(x=1), Point(x=1)}) == 1
    assert repr(Point(x=1)) == "Point(x=1, y=2)"


def test_pickling_keeps_the_fields():
    assert pickle.loads(pickle.dumps(Named(x=1, name="a"))) == Named(x=1, name="a")
