"""What `pack` took, `unpack` returns; what it did not make is refused."""

import numpy as np
import pytest

from backtester.codec.arrays import pack, unpack

VALUE = {
    "text": "é\n", "number": 0.1, "whole": 2**53, "none": None, "list": [1, [True, {"a": "b"}]],
    "doubles": np.array([[0.1, np.nan], [np.inf, -0.0]]), "integers": np.arange(3), "booleans": np.array([True, False]),
    "empty": np.empty((0, 3)), "other": {"array": 1, "more": 2},
}  # fmt: skip


def test_a_value_comes_back_with_its_arrays_to_the_bit():
    found = unpack(pack(VALUE))
    assert {name: value for name, value in found.items() if not isinstance(value, np.ndarray)} == {
        name: value for name, value in VALUE.items() if not isinstance(value, np.ndarray)
    }
    for name in ("doubles", "integers", "booleans", "empty"):
        assert found[name].dtype == VALUE[name].dtype
        assert found[name].shape == VALUE[name].shape
        assert found[name].tobytes() == VALUE[name].tobytes()


@pytest.mark.parametrize("array", [np.zeros((3, 2)).T, np.zeros(8)[::2]])
def test_an_array_may_be_a_view(array):
    assert np.array_equal(unpack(pack(array)), array)


@pytest.mark.parametrize("value", [object(), np.array(["text"]), np.array([object()]), {1, 2}, b"bytes"])
def test_nothing_else_is_packed(value):
    with pytest.raises(TypeError):
        pack([value])


def of(text, rest=b""):
    return len(text).to_bytes(8, "little") + text + rest


@pytest.mark.parametrize(
    "packed",
    [
        b"", b"1234567", b"\xff" * 20, of(b"{"), of(b"1", b"more"), of(b'{"array":["<f8",2]}', b"12345678"),
        of(b'{"array":["<f8",1]}', b"123456789"), of(b'{"array":["|O8",1]}', b"12345678"), of(b'{"array":["<f8",-1]}'),
        of(b'{"array":["<f8","1"]}', b"12345678"), of(b'{"array":["<f8",1e3]}'),
        of(b'{"array":[]}'), of(b'{"array":1}'),
        of(b'{"array":["<f8",99999999999999999999]}'), of(b"[" * 100_000),
    ],
)  # fmt: skip
def test_what_pack_did_not_make_is_a_value_error(packed):
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(packed)


@pytest.mark.parametrize("at", range(0, 60, 7))
def test_what_is_cut_off_is_a_value_error(at):
    packed = pack(VALUE)
    with pytest.raises(ValueError):  # noqa: PT011
        unpack(packed[: len(packed) * at // 60])
