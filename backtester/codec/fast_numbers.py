"""What `document.written` writes, in a third of the time: rounded by numpy, written by orjson.

For warm processes: a single run would not save what the import of orjson costs.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from backtester.codec.document import Column, Writer, written
from backtester.model.records import BoolArray, FloatArray

_FEW = 100  # fewer are written sooner one by one
_RARE = 8  # of so many numbers one is whole: those are written sooner one by one, too
_MOST_DIGITS = 15  # the double nearest to a decimal of so many has no shorter text, and no other as short
_LEAST_EXPONENT = -4  # of ten, in positional notation


@functools.cache
def fastest() -> Writer:
    """Return the fastest writer that this process can use: `written` where orjson is not installed.

    Called before a process gives up the reading of files: it imports orjson.
    """
    try:
        import orjson
    except ImportError:
        return written
    return functools.partial(written_by, orjson)


def written_by(orjson: Any, columns: Sequence[Column], digits: int) -> list[str]:
    """Return what `written` returns. ValueError for NaN or Infinity.

    orjson writes the shortest text that reads back as the double: of one that is nearest to a decimal of so many
    digits, that decimal. It writes 1.0 and 0.00001 for 1 and 1e-05: the point is taken out, and numbers in scientific
    notation are left to `written`, with those that may be ties.
    """
    if digits > _MOST_DIGITS or sum(map(len, columns)) < _FEW:
        return written(columns, digits)
    exact = np.concatenate(columns, dtype=np.float64)
    with np.errstate(all="ignore"):  # of zero, and of numbers that are left to `written`
        rounded, known = _rounded(exact, digits)
        whole = rounded == np.rint(rounded)
    spans = [slice(*span) for span in itertools.pairwise(itertools.accumulate(map(len, columns), initial=0))]
    many = [np.count_nonzero(whole[span]) * _RARE > span.stop - span.start for span in spans]
    for span, has_many in zip(spans, many, strict=True):
        if not has_many:
            known[span] &= ~whole[span]
    others = exact[~known].tolist()
    missing = iter(written([others], digits)[0].split(","))
    rounded[~known] = np.nan  # written as null
    texts = []
    for span, has_many in zip(spans, many, strict=True):
        text = orjson.dumps(rounded[span], option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].decode("ascii")
        if has_many:
            text = f"{text},".replace(".0,", ",")[:-1]
        texts.append(text if known[span].all() else _filled(text, missing))
    return texts


def _filled(text: str, missing: Iterator[str]) -> str:
    """Return the text with each null in it replaced by the next of the missing."""
    first, *others = text.split("n")  # the search for a letter takes half of the time of that for a word
    return first + "".join([next(missing) + piece[len("ull") :] for piece in others])


def _rounded(exact: FloatArray, digits: int) -> tuple[FloatArray, BoolArray]:
    """Return the doubles nearest to the decimals of the numbers (n,), and for which of them that is certain (n,).

    The powers of ten here and every whole number of so many digits are doubles. So the product is off by half a unit in
    its last place at most, and the quotient of the rounded product is the double nearest to the decimal.
    """
    size = np.abs(exact)
    place = digits - 1 - np.floor(np.log10(size))  # of the last digit; in scientific notation there is no such power,
    # and with the nearest one the product is out of the bounds below
    power = _powers(digits).take(place.astype(np.intp), mode="clip")
    scaled = size * power
    whole = np.rint(scaled)
    certain = np.abs(scaled - whole) < 0.5 - 10.0**digits * 2.0**-52
    certain &= scaled >= 10.0 ** (digits - 1)
    certain &= whole < 10.0**digits
    certain |= size == 0
    whole /= power
    return np.copysign(whole, exact, out=whole), certain


@functools.cache
def _powers(digits: int) -> FloatArray:
    return np.array([float(10**power) for power in range(digits - _LEAST_EXPONENT)])
