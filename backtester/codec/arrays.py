"""JSON values with numpy arrays among them, as bytes: what a piece of work comes to, on its way to another process.

A length, then JSON in which an array is its type and shape, then the arrays' own bytes one after the other. Nothing in
it is code: it may come from a store that others write to.
"""

from __future__ import annotations

import json
import math
import struct
from typing import Any

import numpy as np

_LENGTH = struct.Struct("<Q")
_ARRAY = "array"  # the one key of what stands for an array
_TYPES = ("<f8", "<i8", "|b1")


def pack(value: Any) -> bytes:
    """Return a value as bytes: None, text, numbers, arrays of doubles, 64-bit integers or booleans; lists and dicts."""
    arrays: list[bytes] = []

    def described(array: Any) -> dict[str, Any]:
        if not isinstance(array, np.ndarray) or array.dtype.str not in _TYPES:
            raise TypeError(f"{type(array).__name__} cannot be packed")
        arrays.append(np.ascontiguousarray(array).tobytes())
        return {_ARRAY: [array.dtype.str, *array.shape]}

    text = json.dumps(value, default=described).encode("ascii")
    return b"".join([_LENGTH.pack(len(text)), text, *arrays])


def unpack(packed: bytes) -> Any:
    """Return the value of which `pack` made bytes; its arrays cannot be written. ValueError where it made none such."""
    if len(packed) < _LENGTH.size:
        raise ValueError("too short")
    at = _LENGTH.size + _LENGTH.unpack_from(packed)[0]

    def array_in(found: dict[str, Any]) -> Any:
        nonlocal at
        if [*found] != [_ARRAY]:
            return found
        kind, *shape = found[_ARRAY]
        if kind not in _TYPES or not all(isinstance(size, int) and size >= 0 for size in shape):
            raise ValueError("no array")
        count = math.prod(shape)
        array = np.frombuffer(packed, dtype=kind, count=count, offset=at) if count else np.empty(0, dtype=kind)
        at += array.nbytes
        return array.reshape(shape)

    try:
        value = json.loads(packed[_LENGTH.size : at], object_hook=array_in)
    except (TypeError, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from None
    if at != len(packed):
        raise ValueError("too long")
    return value
