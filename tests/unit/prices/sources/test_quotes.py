"""The quotes of a source become a history; what is wrong with them is said, and nothing is believed."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from backtester.model.errors import DataError
from backtester.model.records import SymbolHistory
from backtester.prices.sources.quotes import QuotesError, history_of
from backtester.prices.sources.source import Quotes

DAYS = [datetime.date(2020, 1, day) for day in (2, 3, 6, 7, 8)]
TODAY = datetime.date(2020, 1, 9)


def made(close: Sequence[Any] = (10, 11, 12, 13, 14), days: Sequence[Any] = DAYS, **more: Any) -> SymbolHistory:
    period = {"start": DAYS[0], "end": datetime.date(2020, 1, 31), "today": TODAY} | more.pop("period", {})
    return history_of(Quotes(days=days, close=close, **more), "SPY", "tiingo", **period)


@pytest.mark.parametrize(
    "days",
    [
        DAYS, [str(day) for day in DAYS], np.array(DAYS, dtype="datetime64[D]"), np.array(DAYS, dtype="datetime64[ns]"),
        [datetime.datetime.combine(day, datetime.time(16)) for day in DAYS], tuple(DAYS),
    ],
)  # fmt: skip
def test_days_may_be_dates_text_or_datetime64(days: Any) -> None:
    assert made(days=days).sessions.tolist() == DAYS


@pytest.mark.parametrize(
    "close", [(10, 11, 12, 13, 14), [10.0, 11, 12, 13, 14], np.arange(10, 15), np.arange(10, 15).astype("f4"),
              np.array([10, 11.0, 12, 13, 14], dtype=object)]
)  # fmt: skip
def test_prices_may_be_any_numbers(close: Any) -> None:
    assert made(close).close.tolist() == [10, 11, 12, 13, 14]


def test_the_arrays_of_a_source_are_not_changed_and_those_of_the_history_cannot_be() -> None:
    given = np.array([10.0, 11, np.nan, 13, 14])
    found = made(given, adjusted=given, dividends=np.zeros(5))
    assert given.flags.writeable
    assert np.isnan(given[2])
    for column in (found.sessions, found.close, found.dividend, found.traded, found.split):
        assert column is not None
        assert not column.flags.writeable


def test_the_period_is_cut_after_the_events_of_all_days_were_taken() -> None:
    """A split after the period says how the closes before it were traded."""
    found = made((10, 10, 10, 10, 10), splits=[1, 1, 1, 2, 1], adjusted=(10, 10, 10, 10, 10),
                 period={"start": DAYS[1], "end": DAYS[2]})  # fmt: skip
    assert found.sessions.tolist() == DAYS[1:3]
    assert found.traded is not None
    assert found.traded.tolist() == [20, 20]


def test_the_day_of_today_has_not_ended_unless_the_source_says_so() -> None:
    assert made(period={"today": DAYS[-1]}).sessions.tolist() == DAYS[:-1]
    assert made(period={"today": DAYS[-1]}, finished=DAYS[-1]).sessions.tolist() == DAYS
    assert made(finished=DAYS[1]).sessions.tolist() == DAYS[:2]


def test_a_dividend_of_a_session_without_a_price_counts_on_the_next() -> None:
    found = made((100, 100, None, 98, 98), dividends=[0, 0, 2, 0, 0])
    assert found.close.tolist() == pytest.approx([98, 98, 98, 98])
    assert found.dividend is not None
    assert found.dividend.tolist() == [0, 0, 0.02, 0]
    (warning,) = found.warnings
    assert warning.detail == "Tiingo sent 1 session on 2020-01-06 without a usable price of SPY. It was left out."


def test_closes_that_jump_with_a_told_split_are_as_traded() -> None:
    found = made((20, 20, 10, 10, 10), splits=[0, 0, 2, 0, 0], dividends=[0] * 5)
    assert found.close.tolist() == [10] * 5
    assert found.traded is not None
    assert found.traded.tolist() == [20, 20, 10, 10, 10]


def test_without_adjusted_closes_and_dividends_they_are_taken_as_they_are() -> None:
    found = made()
    assert (found.dividend, found.traded, found.counts_adjusted_shares) == (None, None, True)
    assert [warning.code for warning in found.warnings] == ["UNADJUSTED_PRICES"]
    assert made(splits=[1] * 5).counts_adjusted_shares is False


@pytest.mark.parametrize("close", [(), (None,) * 5, (0, -1, float("inf"), float("nan"), None)])
def test_no_usable_price_is_no_session(close: Any) -> None:
    found = made(close, days=DAYS[: len(close)])
    assert (found.sessions.size, found.close.size) == (0, 0)
    assert [warning.code for warning in found.warnings] == (["PRICES_DROPPED"] if close else [])


def test_opens_that_are_none_are_none() -> None:
    assert made(open=[None] * 5).open is None
    opens = made(open=[9, 0, None, 12, 13]).open
    assert opens is not None
    assert np.array_equal(opens, [9, np.nan, np.nan, 12, 13], equal_nan=True)


@pytest.mark.parametrize("price", [5e-324, 1e-155, 1e-100, 9e-13, 1.1e15, 1e100, 1e155, 1e306])
@pytest.mark.parametrize("name", ["close", "adjusted", "open"])
def test_a_price_out_of_bounds_is_refused_as_data(price: float, name: str) -> None:
    columns: dict[str, Any] = {"close": [10, 11, 12, 13, 14], name: [10, 11, price, 13, 14]}
    with pytest.raises(DataError, match=re.escape(f"{name} of SPY on 2020-01-06 is {price:g} at Tiingo")) as raised:
        made(**columns)
    assert (raised.value.code, raised.value.retryable) == ("PRICES_UNREADABLE", False)


def test_prices_that_splits_take_out_of_bounds_are_refused() -> None:
    with pytest.raises((DataError, QuotesError)):
        made(splits=[1, 1e-300, 1e-300, 1e300, 1], dividends=[0] * 5)


DAY = ["2020-01-02"]
FAULTS = [
    ({"days": DAY, "close": ["1"]}, "close is no list of numbers"),
    ({"days": DAY, "close": [True]}, "close is no list of numbers"),
    ({"days": DAY, "close": [None, True][1:]}, "close is no list of numbers"),
    ({"days": DAY, "close": [{}]}, "close is no list of numbers"),
    ({"days": DAY, "close": [1j]}, "close is no list of numbers"),
    ({"days": DAY, "close": [10**400]}, "close is no list of numbers"),
    ({"days": DAY, "close": [[1, 2]]}, "close is no list"),
    ({"days": DAY, "close": 7}, "close is no list"),
    ({"days": DAY, "close": None}, "close is no list"),
    ({"days": DAY, "close": [1, [2]]}, "close is no list"),
    ({"days": DAY, "close": [1, 2]}, "close has 2 values for 1 days"),
    ({"days": DAY, "close": [1], "open": []}, "open has 0 values for 1 days"),
    ({"days": ["2020-13-02"], "close": [1]}, "a day is text that is no date"),
    ({"days": [18263], "close": [1]}, "a day is int, not a date"),
    ({"days": [None], "close": [1]}, "a day is NoneType, not a date"),
    ({"days": [np.datetime64("NaT", "D")], "close": [1]}, "a day is missing"),
    ({"days": DAY * 2, "close": [1, 2]}, "2020-01-02 stands twice, with different values"),
    ({"days": DAY, "close": [1], "finished": "today"}, "finished is no date"),
]


@pytest.mark.parametrize(("given", "words"), FAULTS)
def test_what_is_no_quotes_is_refused_by_name(given: dict[str, Any], words: str) -> None:
    with pytest.raises(QuotesError, match=f"^{words}$"):
        made(**given)


@pytest.mark.parametrize("given", [None, {"days": [], "close": []}, [], SymbolHistory])
def test_only_quotes_are_quotes(given: Any) -> None:
    with pytest.raises(QuotesError, match="not Quotes"):
        history_of(given, "SPY", "tiingo", DAYS[0], DAYS[-1], today=TODAY)
