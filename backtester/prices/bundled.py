"""The bundled sample: prices of 31 US symbols, so that a first run needs neither network nor set-up.

`sample.bin` is built by scripts/sample.py, which describes the format and the data; NOTICE has the sources and
licences. It is mapped, not read: the columns are views of the file, shared between processes.
"""

from __future__ import annotations

import functools
import json
import mmap
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from backtester.model.errors import InternalError, RunWarning
from backtester.model.records import SymbolHistory
from backtester.model.system_limits import lacks_memory

if TYPE_CHECKING:
    from backtester.model.records import DateArray, FloatArray

# Beside the module in wheel, sdist, editable install and bare checkout alike; importlib.resources is slow to import.
SAMPLE_FILE = os.path.join(os.path.dirname(__file__), "sample.bin")
MAGIC = b"BTSAMPLE"
VERSION = 1
PREAMBLE_BYTES = 16  # magic, version and header length


class Sample(NamedTuple):  # a dataclass takes a millisecond to define
    """The mapped file: a header entry by symbol, and the columns' bytes."""

    entries: dict[str, dict[str, Any]]
    data: memoryview  # read-only, 8-byte aligned

    def column(self, entry: dict[str, Any], name: str, dtype: str) -> np.ndarray[Any, Any]:
        """Return one column as a read-only view, (T,) of an 8-byte little-endian `dtype`."""
        return np.frombuffer(self.data, dtype=dtype, count=entry["sessions"], offset=entry[f"{name}_offset"])


def load(symbols: Sequence[str]) -> dict[str, SymbolHistory]:
    """Return the bundled histories of `symbols`; symbols outside the sample are absent.

    Prices in USD; arrays are read-only views of the mapped file. A price index carries the warning
    UNADJUSTED_PRICES. InternalError where the file is missing or damaged.
    """
    entries = _sample().entries
    return {symbol: _history(symbol) for symbol in symbols if symbol in entries}


def symbols() -> tuple[str, ...]:
    """Return the symbols of the sample, sorted. InternalError as in `load`."""
    return tuple(_sample().entries)


def catalogue() -> list[dict[str, Any]]:
    """Describe the sample, an entry a symbol, sorted. InternalError as in `load`.

    Keys: symbol, description, package (the source of the prices), currency, returns ("total", or "price" for
    an index without dividends), first, last (ISO dates), sessions, has_open, digest (of days, closes and opens).
    """
    return [
        {key: value for key, value in entry.items() if not key.endswith("_offset")}
        for entry in _sample().entries.values()
    ]


def name_of(symbol: str) -> str | None:
    """Return what people call a symbol: its description without what it adds in parentheses. None where unknown."""
    entry = _sample().entries.get(symbol)
    return None if entry is None else str(entry["description"].partition(" (")[0])


@functools.cache  # a forked child inherits the mapping, which is read-only
def _sample() -> Sample:
    try:
        return _map(SAMPLE_FILE)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if lacks_memory(error):  # to map the file
            raise
        raise InternalError(
            "INTERNAL", "The bundled sample is missing or damaged.", remedy="Reinstall the package."
        ) from error


def _map(path: str) -> Sample:
    """Map the file and read its header. OSError or ValueError where it is not a complete sample file."""
    with open(path, "rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if content[:8] != MAGIC or int.from_bytes(content[8:12], "little") != VERSION:
        raise ValueError("not a sample file of this version")
    start = PREAMBLE_BYTES + int.from_bytes(content[12:PREAMBLE_BYTES], "little")
    header = json.loads(bytes(content[PREAMBLE_BYTES:start]))
    if len(content) - start != header["data_bytes"]:
        raise ValueError("cut short")
    return Sample({entry["symbol"]: entry for entry in header["symbols"]}, content[start:])


@functools.cache  # the sample never changes; prices that are the same record are aligned once
def _history(symbol: str) -> SymbolHistory:
    sample = _sample()
    entry = sample.entries[symbol]
    sessions: DateArray = sample.column(entry, "days", "<i8").view("datetime64[D]")
    opens: FloatArray | None = sample.column(entry, "open", "<f8") if entry["has_open"] else None
    warnings: tuple[RunWarning, ...] = ()
    if entry["returns"] == "price":
        detail = f"The bundled {symbol} is a price index. Its returns leave dividends out."
        warnings = (RunWarning(code="UNADJUSTED_PRICES", detail=detail, symbol=symbol),)
    return SymbolHistory(
        symbol=symbol,
        source="bundled",
        sessions=sessions,
        close=sample.column(entry, "close", "<f8"),
        open=opens,
        counts_adjusted_shares=True,
        digest=entry["digest"],
        warnings=warnings,
    )
