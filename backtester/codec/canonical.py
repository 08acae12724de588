"""Canonical JSON (RFC 8785), for digests that any language can recompute."""

from __future__ import annotations

import functools
from json.encoder import encode_basestring
from typing import Any


def canonical(value: Any) -> str:
    """Write a JSON value as RFC 8785 has it: keys in UTF-16 order, no spaces, numbers as ECMAScript prints them.

    Integers beyond 2^53 are written as the double they are read back as.
    """
    kind = type(value)
    if kind is str:
        return encode_basestring(value)
    if kind is float or kind is int:
        return _number(float(value))
    if isinstance(value, dict):
        keys = sorted(value, key=_utf16 if not all(map(str.isascii, value)) else None)
        return "{" + ",".join([f"{encode_basestring(key)}:{canonical(value[key])}" for key in keys]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(canonical, value)) + "]"
    if kind is bool or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return encode_basestring(value) if isinstance(value, str) else _number(float(value))


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


@functools.lru_cache(maxsize=4096)  # a request repeats the same few numbers
def _number(value: float) -> str:
    """Print a double as ECMAScript's Number::toString does; repr has the same digits in another notation."""
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0)
    if whole == "0":
        point -= 1 + len(fraction) - len(fraction.lstrip("0"))
    digits = digits.rstrip("0")
    if len(digits) <= point <= 21:
        return sign + digits + "0" * (point - len(digits))
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"
