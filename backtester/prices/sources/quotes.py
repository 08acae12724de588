"""Makes a history of the quotes of a source, whose data is not believed: types, days, values."""

from __future__ import annotations

import contextlib
import datetime
from typing import Any

import numpy as np

from backtester.model.errors import RunWarning
from backtester.model.records import BoolArray, DateArray, FloatArray, SymbolHistory
from backtester.prices.checks.price_bounds import check_column, check_history
from backtester.prices.not_sent import dropped_prices, unadjusted_prices
from backtester.prices.sources.network_source import title_of
from backtester.prices.sources.source import Quotes
from backtester.prices.table.share_prices import SharePrices, share_prices


class QuotesError(Exception):
    """The quotes of a source are not as source.py has them. The message is a clause for a caller."""


MOST_DAYS = 1 << 17  # of a symbol: more than three centuries of them
OPTIONAL = ("adjusted", "open", "dividends", "splits")


def history_of(
    quotes: Quotes, symbol: str, source: str, start: datetime.date, end: datetime.date, *, today: datetime.date
) -> SymbolHistory:
    """Return the finished sessions from `start` to `end`, both inclusive, at total-return prices. Arrays are read-only.

    source: its name. today: the date (UTC) when it was asked. Sessions whose close is missing or not positive are left
    out, with a DroppedPrices warning, and a dividend or split of theirs counts on the next session; a missing open is
    NaN. Known faults are repaired, with a RepairedPrices warning.
    QuotesError: they are not as source.py has them. DataError PRICES_UNREADABLE: a price is out of bounds.
    """
    days, columns = checked(quotes)
    close, adjusted = columns["close"], columns.get("adjusted")
    last = today - datetime.timedelta(days=1) if quotes.finished is None else quotes.finished
    asked = (days >= np.datetime64(start)) & (days <= np.datetime64(min(last, end)))
    usable = _is_price(close) if adjusted is None else _is_price(close) & _is_price(adjusted)
    _check(symbol, days, columns, usable, title_of(source))
    lost = tuple(days[asked & ~usable].tolist())
    warnings: list[RunWarning] = [dropped_prices(symbol, lost, source=title_of(source))] if lost else []
    if not usable.any():
        return _without_sessions(symbol, source, warnings)
    found, keep = _shares(symbol, days[usable], columns, usable), asked[usable]
    repairs = (one for repair in found.warnings if (one := repair.within(start, end)) is not None)
    told = "dividends" in columns or adjusted is not None
    counted = told or "splits" in columns
    splits = np.ones(keep.size) if found.split is None else found.split
    opens = np.full(keep.size, np.nan) if found.open is None else found.open
    history = SymbolHistory(
        symbol=symbol,
        source=source,
        sessions=_read_only(days[usable][keep]),
        close=_read_only(found.close[keep]),
        open=_read_only(opens[keep]) if np.isfinite(opens[keep]).any() else None,
        dividend=_read_only(found.dividend[keep]) if told else None,
        traded=_read_only(found.traded[keep]) if counted else None,
        split=_read_only(splits[keep]) if counted else None,
        counts_adjusted_shares=not counted,
        warnings=(*warnings, *(() if told else (unadjusted_prices(symbol, source=title_of(source)),)), *repairs),
    )
    check_history(history, title_of(source))
    return history


def _check(symbol: str, days: DateArray, columns: dict[str, FloatArray], usable: BoolArray, source: str) -> None:
    """Check the usable prices (T,). DataError PRICES_UNREADABLE: one is out of bounds."""
    for name in ("close", "adjusted", "open"):
        if name in columns:
            rows = usable & _is_price(columns[name])
            check_column(symbol, name, days[rows], columns[name][rows], source)


def checked(quotes: Quotes) -> tuple[DateArray, dict[str, FloatArray]]:
    """Return the days (T,), ascending, and the columns (T,) that there are, by name. Each day stands once.

    QuotesError as `history_of`.
    """
    if not isinstance(quotes, Quotes):
        raise QuotesError(f"they are {type(quotes).__name__}, not Quotes")
    if not (quotes.finished is None or type(quotes.finished) is datetime.date):
        raise QuotesError("finished is no date")
    days = _days(quotes.days)
    columns = {"close": _numbers("close", quotes.close, days.size)}
    for name in OPTIONAL:
        if getattr(quotes, name) is not None:
            columns[name] = _numbers(name, getattr(quotes, name), days.size)
    order = np.argsort(days, kind="stable")
    days, columns = days[order], {name: column[order] for name, column in columns.items()}
    again = np.flatnonzero(days[1:] == days[:-1]) + 1
    for row in again.tolist():
        if not all(np.array_equal(column[row], column[row - 1], equal_nan=True) for column in columns.values()):
            raise QuotesError(f"{days[row]} stands twice, with different values")
    return np.delete(days, again), {name: np.delete(column, again) for name, column in columns.items()}


def _array(name: str, values: Any) -> Any:
    try:
        found = np.asarray(values)
    except (TypeError, ValueError, OverflowError):
        found = np.empty((0, 0))
    if found.ndim != 1:
        raise QuotesError(f"{name} is no list")
    return found


def _days(values: Any) -> DateArray:
    """Return the days (T,) datetime64[D]."""
    found = _array("days", values)
    if found.size > MOST_DAYS:
        raise QuotesError(f"they have {found.size} days, more than {MOST_DAYS}")
    if found.dtype.kind != "M":
        found = np.array([_day(value) for value in found.tolist()], dtype="datetime64[D]")
    if np.isnat(found).any():
        raise QuotesError("a day is missing")
    days: DateArray = found.astype("datetime64[D]")
    return days


def _day(value: Any) -> datetime.date:
    if isinstance(value, str):
        with contextlib.suppress(ValueError):
            return datetime.date.fromisoformat(value)
        raise QuotesError("a day is text that is no date")
    if isinstance(value, datetime.datetime):
        return value.date()
    if isinstance(value, datetime.date):
        return value
    raise QuotesError(f"a day is {type(value).__name__}, not a date")


def _numbers(name: str, values: Any, size: int) -> FloatArray:
    """Return a column (T,), NaN where there is no value."""
    found = _array(name, values)
    if not (found.dtype.kind in "fiuO" or found.size == 0):
        raise QuotesError(f"{name} is no list of numbers")
    if found.dtype.kind == "O" and any(isinstance(value, (str, bytes, bool)) for value in found.tolist()):
        raise QuotesError(f"{name} is no list of numbers")
    if found.size != size:
        raise QuotesError(f"{name} has {found.size} values for {size} days")
    try:
        numbers: FloatArray = found.astype(np.float64)  # None becomes NaN
        return numbers
    except (TypeError, ValueError, OverflowError):
        raise QuotesError(f"{name} is no list of numbers") from None


def _shares(symbol: str, sessions: DateArray, columns: dict[str, FloatArray], usable: BoolArray) -> SharePrices:
    """Return the prices of the usable sessions, among all that the source sent."""
    opens, money, splits = (columns.get(name) for name in ("open", "dividends", "splits"))
    adjusted = columns.get("adjusted")
    try:
        with np.errstate(all="ignore"):  # values beyond a double are refused just below
            found = share_prices(
                symbol, sessions, columns["close"][usable],
                adjusted=None if adjusted is None else adjusted[usable],
                opens=None if opens is None else np.where(_is_price(opens), opens, np.nan)[usable],
                money=None if money is None else _gathered(np.nan_to_num(money), usable, np.add),
                split=None if splits is None else _gathered(np.where(splits > 0, splits, 1.0), usable, np.multiply),
            )  # fmt: skip
    except (ValueError, ArithmeticError):
        raise QuotesError("their prices are out of range") from None
    if not (_is_price(found.close) & _is_price(found.traded)).all():
        raise QuotesError("their prices are out of range")
    return found


def _gathered(values: FloatArray, usable: BoolArray, join: Any) -> FloatArray:
    """Return values (T,) of the usable sessions, each joined with those of the unusable ones just before it."""
    rows = np.flatnonzero(usable)
    begins = np.concatenate([[0], rows[:-1] + 1])
    gathered: FloatArray = join.reduceat(values[: rows[-1] + 1], begins)
    return gathered


def _is_price(values: FloatArray) -> BoolArray:
    return np.isfinite(values) & (values > 0)


def _read_only(values: Any) -> Any:
    values.flags.writeable = False
    return values


def _without_sessions(symbol: str, source: str, warnings: list[RunWarning]) -> SymbolHistory:
    none = _read_only(np.empty(0))
    return SymbolHistory(
        symbol=symbol, source=source, sessions=_read_only(np.empty(0, dtype="datetime64[D]")), close=none,
        dividend=none, traded=none, split=none, warnings=tuple(warnings),
    )  # fmt: skip
