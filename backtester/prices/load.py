"""Loads the price table of a spec from its source, or reports every symbol that no source has."""

from __future__ import annotations

import datetime
import functools
from typing import TYPE_CHECKING

from backtester.model.errors import DataError, Problem, did_you_mean
from backtester.model.records import BacktestSpec, PriceQuery, PriceTable, Progress, SymbolHistory, WarmUp
from backtester.prices import bundled
from backtester.prices.align import align
from backtester.prices.coverage import covers
from backtester.prices.store import store_exists
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
    query = _query(spec, warm_up, signal=signal)
    try:
        return _load(spec, query, settings=settings, progress=progress, ask_plug_in=ask_plug_in)
    except DataError as error:
        from backtester.prices.remedies import with_other_sources

        raise with_other_sources(error, spec.source, query, _history_start(query), settings) from error.__cause__


def _load(
    spec: BacktestSpec, query: PriceQuery, *, settings: Settings, progress: Progress, ask_plug_in: AskPlugIn | None
) -> PriceTable:
    if sample_suffices(spec, settings):
        return _bundled_table(query)
    if spec.source == "inline":
        from backtester.prices import inline

        found = inline.load(spec.request["data"]["prices"], query.all_symbols)
        return align(_all_of(found, query, "data.prices"), query)
    if spec.source == "csv":
        from backtester.prices import csv_files

        found = csv_files.load(settings.csv_dir or "", query.all_symbols)
        return align(_all_of(found, query, "the CSV folder", csv_files.symbols(settings.csv_dir or "")), query)
    from backtester.prices import market  # with the store: sqlite3

    found = market.fetch_all(
        query, _history_start(query), source=spec.source, refresh=spec.refresh, settings=settings, progress=progress,
        ask_plug_in=ask_plug_in,
    )  # fmt: skip
    return align(found, query)


def sample_suffices(spec: BacktestSpec, settings: Settings) -> bool:
    """Return whether the prices come from the bundled sample alone."""
    if spec.source == "bundled":
        return True
    if spec.source != "auto" or spec.refresh or store_exists(settings.cache_dir):
        return False
    query = _query(spec, WarmUp(), signal=False)
    if settings.csv_dir is not None:
        from backtester.prices import csv_files

        if any(csv_files.has(settings.csv_dir, symbol) for symbol in query.all_symbols):
            return False
    found = bundled.load(query.all_symbols)
    return len(found) == len(query.all_symbols) and all(covers(history, query) for history in found.values())


def _query(spec: BacktestSpec, warm_up: WarmUp, *, signal: bool) -> PriceQuery:
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


@functools.lru_cache(maxsize=16)
def _bundled_table(query: PriceQuery) -> PriceTable:
    """Align bundled prices. The sample never changes, so a warm process does it once for a query."""
    return align(_all_of(bundled.load(query.all_symbols), query, "the bundled sample", bundled.symbols()), query)


def _all_of(
    found: dict[str, SymbolHistory], query: PriceQuery, where: str, known: tuple[str, ...] = ()
) -> dict[str, SymbolHistory]:
    """Return the histories if none is missing; otherwise DataError SYMBOL_NOT_FOUND with one problem a symbol."""
    missing = [symbol for symbol in query.all_symbols if symbol not in found]
    if not missing:
        return found
    from backtester.prices.missing_symbols import suggestions

    problems = []
    for symbol, suggestion in suggestions(missing, query, known).items():
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
