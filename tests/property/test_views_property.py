"""Prices that were aligned for one query serve another: the same to the bit as if they had been loaded for it alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backtester.model.errors import BacktestError
from backtester.model.record import replace
from backtester.model.records import PriceQuery, SymbolHistory, WarmUp
from backtester.prices import bundled
from backtester.prices.table import aligned
from backtester.prices.table.align import align

many = settings(derandomize=True, deadline=None, max_examples=80)
DAYS = np.arange("2020-01-01", "2021-02-01", dtype="datetime64[D]")
WEEKDAYS = DAYS[np.is_busday(DAYS)]


def made_up(random: np.random.Generator, symbol: str, days: np.ndarray) -> SymbolHistory:
    """Make up a history on some of the days, with holes, lacking opens, dividends and splits."""
    if random.random() < 0.5:
        days = days[random.random(days.size) >= random.choice([0.0, 0.01, 0.2])]
        days = days[random.integers(0, 60) : days.size - random.integers(0, 60)]
    close = 100 * np.cumprod(1 + random.normal(0, 0.02, days.size))
    opens = close * (1 + random.normal(0, 0.01, days.size))
    opens[random.random(days.size) < random.choice([0.0, 0.1])] = np.nan
    return SymbolHistory(
        symbol=symbol, source="csv", sessions=days, close=close, open=opens if random.random() < 0.8 else None,
        dividend=np.where(random.random(days.size) < 0.03, 0.01, 0.0),
        traded=1.5 * close if random.random() < 0.4 else None,
        split=np.where(random.random(days.size) < 0.02, 2.0, 1.0) if random.random() < 0.4 else None,
    )  # fmt: skip


def asked(random: np.random.Generator, symbols: list[str], first: np.datetime64, days: int) -> PriceQuery:
    """Ask for the symbols in any order, as holdings, benchmark or signals, over any period and look-back."""
    order = [str(symbol) for symbol in random.permutation(symbols)]
    count = int(random.integers(1, len(order) + 1))
    held, others = order[:count], order[count:]
    start = first + int(random.integers(-10, days))
    return PriceQuery(
        symbols=tuple(held), benchmark=tuple((symbol, "/benchmark") for symbol in others[:1]),
        signals=tuple((symbol, "/parameters") for symbol in others[1:]),
        start_date=start.item(), end_date=(start + int(random.integers(3, days))).item(),
        needs_open=bool(random.random() < 0.4), needs_dividends=bool(random.random() < 0.2),
        max_gap_sessions=int(random.choice([5, 60])), signal=bool(random.random() < 0.5),
        warm_up=WarmUp(sessions=int(random.integers(0, 80)), months=int(random.choice([0, 3]))),
        partial_history=bool(random.random() < 0.3), ended_history=str(random.choice(["stop", "cash"])),
    )  # fmt: skip


def found(histories: dict[str, SymbolHistory], query: PriceQuery, *, fresh: bool = False) -> Any:
    """Return all that a query gives, arrays as bytes, or its error."""
    if fresh:
        aligned._cached.clear()
    try:
        return plain(align(histories, query).as_dict())
    except BacktestError as error:
        return error.as_document()


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return {key: plain(each) for key, each in value.items()} if isinstance(value, dict) else value


@many
@given(seed=st.integers(0, 2**32 - 1))
def test_a_view_is_what_a_load_for_the_query_alone_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    days = WEEKDAYS if random.random() < 0.7 else DAYS
    symbols = [f"S{n}" for n in range(random.integers(1, 6))]
    histories = {symbol: made_up(random, symbol, days) for symbol in symbols}
    queries = [asked(random, symbols, DAYS[0], 200) for _ in range(2)]
    # the same symbols in the same roles as another query, so that it meets what that one left
    queries += [
        replace(other, symbols=query.symbols, benchmark=query.benchmark, signals=query.signals)
        for query in queries for other in (asked(random, symbols, DAYS[0], 200) for _ in range(4))
    ]  # fmt: skip
    expected = [found(histories, query, fresh=True) for query in queries]
    aligned._cached.clear()
    assert [found(histories, query) for query in queries] == expected
    assert [found(histories, query) for query in reversed(queries)] == expected[::-1]


@many
@given(seed=st.integers(0, 2**32 - 1))
def test_no_later_price_changes_a_view(seed: int) -> None:
    random = np.random.default_rng(seed)
    symbols = [f"S{n}" for n in range(random.integers(1, 6))]
    histories = {symbol: made_up(random, symbol, WEEKDAYS) for symbol in symbols}
    query = asked(random, symbols, DAYS[0], 200)
    later = {}
    for symbol, history in histories.items():
        after = history.sessions > np.datetime64(query.end_date)
        columns = {name: getattr(history, name) for name in ("close", "open", "dividend", "traded", "split")}
        noise = {
            name: np.where(after, random.uniform(1, 9, after.size), column)
            for name, column in columns.items() if column is not None
        }  # fmt: skip
        later[symbol] = replace(history, **noise)
    assert found(later, query, fresh=True) == found(histories, query, fresh=True)


@many
@given(seed=st.integers(0, 2**32 - 1))
def test_a_close_of_a_view_is_the_last_one_until_its_session(seed: int) -> None:
    random = np.random.default_rng(seed)
    symbols = [f"S{n}" for n in range(random.integers(1, 6))]
    histories = {symbol: made_up(random, symbol, WEEKDAYS) for symbol in symbols}
    query = replace(asked(random, symbols, DAYS[0], 200), ended_history="stop", max_gap_sessions=400)
    try:
        table = align(histories, query)
    except BacktestError:
        return
    for column, symbol in enumerate(query.symbols):
        known = dict(zip(histories[symbol].sessions.tolist(), histories[symbol].close.tolist(), strict=True))
        for row, session in enumerate(table.sessions.tolist()):
            last = max((day for day in known if day <= session), default=None)
            close = table.close[row, column]
            assert np.isnan(close) if last is None else close == known[last]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_view_of_the_sample_is_what_a_load_for_the_query_alone_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    symbols = [str(symbol) for symbol in random.choice(bundled.symbols(), int(random.integers(1, 8)), replace=False)]
    queries = [asked(random, symbols, np.datetime64("1995-01-01"), 9000) for _ in range(4)]
    queries = [replace(query, symbols=queries[0].symbols, benchmark=(), signals=()) for query in queries]
    histories = bundled.load(symbols)
    expected = [found(histories, query, fresh=True) for query in queries]
    aligned._cached.clear()
    assert [found(histories, query) for query in queries] == expected


def test_what_is_kept_is_bounded_by_bytes_and_the_latest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(1)
    histories = {f"S{n}": made_up(random, f"S{n}", WEEKDAYS) for n in range(8)}
    aligned._cached.clear()
    one = aligned.aligned_prices({"S0": histories["S0"]}, ("S0",))
    monkeypatch.setattr(aligned, "MOST_BYTES", 3 * one.nbytes + 100)
    for symbol, history in histories.items():
        aligned.aligned_prices({symbol: history}, (symbol,))
        assert sum(each.nbytes for each in aligned._cached.values()) <= aligned.MOST_BYTES
        assert (symbol,) in [holdings for holdings, _ in aligned._cached]
    monkeypatch.setattr(aligned, "MOST_BYTES", 0)
    aligned.aligned_prices(histories, tuple(histories))
    assert not aligned._cached


def test_another_history_of_the_same_symbol_is_aligned_anew() -> None:
    random = np.random.default_rng(1)
    history = made_up(random, "S0", WEEKDAYS)
    query = replace(
        asked(random, ["S0"], DAYS[0], 100), start_date=DAYS[100].item(), end_date=DAYS[200].item(), needs_open=False
    )
    before = align({"S0": history}, query)
    after = align({"S0": replace(history, close=2 * history.close)}, query)
    assert (after.close == 2 * before.close).all()
    assert after.provenance["S0"]["digest"] != before.provenance["S0"]["digest"]


def test_a_caller_who_changes_a_documents_provenance_changes_no_later_one() -> None:
    histories = bundled.load(["AAPL"])
    query = asked(np.random.default_rng(3), ["AAPL"], np.datetime64("2000-01-01"), 900)
    query = replace(query, needs_open=False, needs_dividends=False)
    first = align(histories, query)
    first.provenance["AAPL"]["digest"] = "changed"
    assert align(histories, query).provenance["AAPL"]["digest"] != "changed"


def test_prices_that_no_source_gives_again_end_with_their_run() -> None:
    histories = {"S0": replace(made_up(np.random.default_rng(1), "S0", WEEKDAYS), source="inline")}
    aligned._cached.clear()
    aligned.aligned_prices(histories, ("S0",))
    assert not aligned._cached
