"""Loads the price table of a spec from its source, or reports every symbol that no source has."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import TYPE_CHECKING

from backtester.model.errors import DataError, Problem, did_you_mean
from backtester.model.records import BacktestSpec, PriceQuery, PriceTable, Progress, SymbolHistory, WarmUp
from backtester.prices import bundled
from backtester.prices.checks.coverage import covers
from backtester.prices.store import store_exists
from backtester.prices.table.align import align
from backtester.settings import Settings

if TYPE_CHECKING:
    from backtester.prices.sources.source import AskPlugIn

_SPARE_DAYS = 12  # more than the longest run of holidays, so that a session before the start is loaded


def load_prices(
    spec: BacktestSpec, warm_up: WarmUp, *, signal: bool, settings: Settings, progress: Progress,
    ask_plug_in: AskPlugIn | None = None,
) -> PriceTable:  # fmt: skip
    """Load and align the prices of every symbol of the spec, with the warm-up history before the period.

    ask_plug_in: as network_source has it.

    DataError SYMBOL_NOT_FOUND names every symbol that no source has; also DATA_SOURCE_UNAVAILABLE, RATE_LIMITED,
    and those of `align`.
    """
    query = price_query(spec, warm_up, signal=signal)
    try:
        histories = load_histories(spec, query, settings=settings, progress=progress, ask_plug_in=ask_plug_in)
        return align(histories, query)
    except DataError as error:
        from backtester.prices.remedies import with_other_sources

        raise with_other_sources(error, spec.source, query, _history_start(query), settings) from error.__cause__


def load_histories(
    spec: BacktestSpec, query: PriceQuery, *, settings: Settings, progress: Progress,
    ask_plug_in: AskPlugIn | None = None,
) -> dict[str, SymbolHistory]:  # fmt: skip
    """Return the history of every symbol of the query, for `align`; DataError as `load_prices`.

    Many queries of the same symbols need one load, for the longest look-back and the whole period: `align.aligned_for`
    aligns it, `align.view` serves each. A network source and the store send no more than the query spans.
    """
    if sample_suffices(spec, settings):
        return _all_of(bundled.load(query.all_symbols), query, "the bundled sample", bundled.symbols)
    if spec.source == "inline":
        from backtester.prices import inline

        return _all_of(inline.load(spec.request["data"]["prices"], query.all_symbols), query, "data.prices")
    if spec.source == "csv":
        from backtester.prices import csv_files

        folder = settings.csv_dir or ""
        found = csv_files.load(folder, query.all_symbols)
        return _all_of(found, query, "the CSV folder", lambda: csv_files.symbols(folder))
    from backtester.prices import market  # with the store: sqlite3

    return market.fetch_all(
        query, _history_start(query), source=spec.source, refresh=spec.refresh, settings=settings, progress=progress,
        ask_plug_in=ask_plug_in,
    )  # fmt: skip


def sample_suffices(spec: BacktestSpec, settings: Settings) -> bool:
    """Return whether the prices come from the bundled sample alone."""
    if spec.source == "bundled":
        return True
    if spec.source != "auto" or spec.refresh or store_exists(settings.cache_dir):
        return False
    query = price_query(spec, WarmUp(), signal=False)
    if settings.csv_dir is not None:
        from backtester.prices import csv_files

        if any(csv_files.has(settings.csv_dir, symbol) for symbol in query.all_symbols):
            return False
    found = bundled.load(query.all_symbols)
    return len(found) == len(query.all_symbols) and all(covers(history, query) for history in found.values())


def price_query(spec: BacktestSpec, warm_up: WarmUp, *, signal: bool) -> PriceQuery:
    """Return the prices that a run needs. signal: its first decision is taken before the period."""
    frequencies = {spec.parameters["rebalance_frequency"], *(flow.frequency for flow in spec.cash_flows)}
    benchmark: tuple[tuple[str, str], ...] = ()
    if spec.benchmark is not None:
        benchmark = spec.benchmark.pointers
        frequencies.add(spec.benchmark.rebalance_frequency)
    return PriceQuery(
        symbols=spec.symbols, benchmark=benchmark, start_date=spec.start_date, end_date=spec.end_date,
        needs_open=spec.timing == "next_open", max_gap_sessions=spec.max_gap_sessions, warm_up=warm_up, signal=signal,
        signals=spec.signals, needs_dividends=spec.dividends_to_cash, partial_history=spec.partial_history,
        needs_traded=spec.whole_shares or spec.costs.commission_per_share > 0, periods_per_year=spec.periods_per_year,
        frequencies=tuple(sorted({"annually", "monthly", *frequencies} - {"daily", "never"})),
        ended_history=spec.ended_history, implausible=spec.implausible,
    )  # fmt: skip


def _all_of(
    found: dict[str, SymbolHistory], query: PriceQuery, where: str, known: Callable[[], tuple[str, ...]] = tuple
) -> dict[str, SymbolHistory]:
    """Return the histories if none is missing; otherwise DataError SYMBOL_NOT_FOUND with one problem a symbol."""
    missing = [symbol for symbol in query.all_symbols if symbol not in found]
    if not missing:
        return found
    from backtester.prices.missing_symbols import suggestions

    problems = []
    for symbol, suggestion in suggestions(missing, query, known()).items():
        detail = f"{symbol} is not in {where}{did_you_mean(suggestion)}"
        problems.append(
            Problem(pointer=query.pointer(symbol), code="SYMBOL_NOT_FOUND", detail=detail, suggestion=suggestion)
        )
    detail = problems[0].detail
    if len(missing) > 1:
        detail = f"{len(missing)} symbols are not in {where}: {', '.join(missing[:20])}."
    raise DataError("SYMBOL_NOT_FOUND", detail, problems=tuple(problems))


def _history_start(query: PriceQuery) -> datetime.date:
    """Return the calendar day to load from, so that the look-back before the period is covered."""
    days = query.warm_up.sessions * 7 / 5 * 1.05 + query.warm_up.months * 31 + _SPARE_DAYS
    if query.warm_up.months:
        days += 31
    return datetime.date.fromordinal(max(query.start_date.toordinal() - int(days), 1))
