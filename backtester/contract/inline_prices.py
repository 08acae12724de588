"""Checks `data.prices` with built-ins, at the speed of C and without numpy.

The schema says the same of every item (`x-bulk`); at run time these checks replace it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from backtester.codec.decode import child
from backtester.contract.iso_dates import is_date
from backtester.contract.problems import NOT_A_DATE, bad_date
from backtester.model.errors import Problem, did_you_mean, echo, nearest

MAX_COLUMNS = 600
_BLOCKS = ("close", "open", "dividends", "traded")


def check_inline_prices(
    prices: dict[str, Any], wanted: dict[str, str], *, needs_open: bool, needs_dividends: Collection[str] = ()
) -> Iterator[Problem]:
    """Yield every fault of well-shaped inline prices.

    prices: valid by the schema but for its items. wanted: symbol (upper-cased) -> its pointer in the request.
    needs_dividends: the wanted symbols whose dividends are paid to cash. Only the first fault of a column is reported.
    """
    blocks: dict[str, dict[str, list[Any]]] = {name: prices.get(name) or {} for name in _BLOCKS}
    if max(map(len, blocks.values())) > MAX_COLUMNS:
        return  # the schema reports it; a hostile document costs no more than a large valid one
    dates = prices["dates"]
    yield from _check_dates(dates)
    for name, columns in blocks.items():
        seen: set[str] = set()
        for symbol, column in columns.items():
            pointer = child(f"/data/prices/{name}", symbol)
            if symbol.upper() in seen:
                yield Problem(pointer=pointer, code="DUPLICATE_SYMBOL", detail=f"{symbol.upper()} has two columns.")
            seen.add(symbol.upper())
            if len(column) != len(dates):
                items = "dividends" if name == "dividends" else "prices"
                detail = f"The column has {len(column)} {items} for {len(dates)} dates."
                yield Problem(pointer=pointer, code="WRONG_LENGTH", detail=detail)
            yield from _check_dividends(column, pointer) if name == "dividends" else _check_prices(column, pointer)
    yield from _check_ex_dates(blocks["close"], blocks["dividends"])
    yield from _check_traded(blocks["close"], blocks["traded"])
    yield from _check_wanted(blocks, wanted, needs_open=needs_open, needs_dividends=needs_dividends)


def _check_wanted(
    blocks: dict[str, dict[str, list[Any]]],
    wanted: dict[str, str],
    *,
    needs_open: bool,
    needs_dividends: Collection[str],
) -> Iterator[Problem]:
    known, opens, dividends, _ = ({symbol.upper() for symbol in columns} for columns in blocks.values())
    for symbol, pointer in wanted.items():
        if symbol not in known:
            # a symbol is held once: one that is held already is no fix for another holding
            free = known - wanted.keys() if pointer.startswith("/holdings/") else known
            suggestion = nearest(symbol, sorted(free))
            yield Problem(pointer=pointer, code="SYMBOL_NOT_FOUND", suggestion=suggestion,
                          detail=f"{symbol} has no column in data.prices.close{did_you_mean(suggestion)}")  # fmt: skip
        elif needs_open and symbol not in opens and not pointer.startswith("/benchmark/"):
            detail = f"execution.timing next_open needs a column of {symbol} in data.prices.open."
            yield Problem(pointer=pointer, code="MISSING_OPENS", detail=detail)
        elif symbol in needs_dividends and symbol not in dividends:
            detail = f"execution.dividends cash needs a column of {symbol} in data.prices.dividends."
            yield Problem(pointer=pointer, code="MISSING_DIVIDENDS", detail=detail)


def _check_dates(dates: list[Any]) -> Iterator[Problem]:
    previous = None
    for index, text in enumerate(dates):
        if not isinstance(text, str):
            yield Problem(pointer=f"/data/prices/dates/{index}", code="WRONG_TYPE", detail=NOT_A_DATE)
            return
        if not is_date(text):
            yield bad_date(f"/data/prices/dates/{index}", text)
            return
        if previous is not None and text <= previous:  # ISO dates sort as text
            yield Problem(pointer=f"/data/prices/dates/{index}", code="OUT_OF_ORDER",
                          detail=f"The dates must be strictly increasing. {text} follows {previous}.")  # fmt: skip
            return
        previous = text


def _check_prices(column: list[Any], pointer: str) -> Iterator[Problem]:
    from backtester.model.price_range import LARGEST_PRICE, LEAST_PRICE  # only inline prices pay for this import

    if set(map(type, column)) <= {float, int, type(None)}:
        numbers = [value for value in column if value is not None]
        if not numbers:
            yield Problem(pointer=pointer, code="NO_PRICES", detail="The column has no price.")
            return
        if min(numbers) >= LEAST_PRICE and max(numbers) <= LARGEST_PRICE:
            return
    for index, value in enumerate(column):
        if isinstance(value, bool) or not isinstance(value, (int, float, type(None))):
            yield Problem(pointer=f"{pointer}/{index}", code="WRONG_TYPE", detail="The value must be a number or null.")
            return
        if value is not None and not LEAST_PRICE <= value <= LARGEST_PRICE:
            detail = f"A price must be from {LEAST_PRICE:g} to {LARGEST_PRICE:g}."
            place = f"{pointer}/{index}"
            yield Problem(pointer=place, code="OUT_OF_RANGE", detail=detail, received=echo(value), has_received=True)
            return


def _check_dividends(column: list[Any], pointer: str) -> Iterator[Problem]:
    if set(map(type, column)) <= {float, int, type(None)}:
        numbers = [value for value in column if value is not None]
        if not numbers or (min(numbers) >= 0 and max(numbers) < 1):
            return
    for index, value in enumerate(column):
        if isinstance(value, bool) or not isinstance(value, (int, float, type(None))):
            yield Problem(pointer=f"{pointer}/{index}", code="WRONG_TYPE", detail="The value must be a number or null.")
            return
        if value is not None and not 0 <= value < 1:
            detail = "A dividend is a share of the close before it. It must be at least 0 and below 1."
            place = f"{pointer}/{index}"
            yield Problem(pointer=place, code="OUT_OF_RANGE", detail=detail, received=echo(value), has_received=True)
            return


def _check_ex_dates(closes: dict[str, list[Any]], dividends: dict[str, list[Any]]) -> Iterator[Problem]:
    """Yield the first dividend of each column on a session without a close, where it would be lost."""
    by_symbol = {symbol.upper(): column for symbol, column in closes.items()}
    for symbol, column in dividends.items():
        prices = by_symbol.get(symbol.upper(), [])
        if None not in prices:
            continue
        for index, (close, paid) in enumerate(zip(prices, column, strict=False)):
            if close is None and isinstance(paid, (int, float)) and paid:
                pointer = f"{child('/data/prices/dividends', symbol)}/{index}"
                yield Problem(pointer=pointer, code="NO_PRICES", received=echo(paid), has_received=True,
                              detail="A dividend needs a close on its day. Move it to the next session that has one.",
                              )  # fmt: skip
                break


def _check_traded(closes: dict[str, list[Any]], traded: dict[str, list[Any]]) -> Iterator[Problem]:
    """Yield the first session of each column that has a close and no traded close."""
    by_symbol = {symbol.upper(): column for symbol, column in closes.items()}
    for symbol, column in traded.items():
        if None not in column:
            continue
        for index, (close, price) in enumerate(zip(by_symbol.get(symbol.upper(), []), column, strict=False)):
            if price is None and close is not None:
                pointer = f"{child('/data/prices/traded', symbol)}/{index}"
                detail = "A session with a close needs a traded close too."
                yield Problem(pointer=pointer, code="NO_PRICES", detail=detail, received=None, has_received=True)
                break
