"""`prices list`, `remove`, `check` and `fetch`: what is at hand, what is wrong with it, and how more gets there."""

from __future__ import annotations

import datetime
import os
from typing import Any

from backtester.commands.prices.command import Command, extent, shown
from backtester.commands.prices.described import described
from backtester.commands.text_table import table
from backtester.model.errors import BacktestError, DataError, RequestError, did_you_mean
from backtester.model.records import PriceQuery, SymbolHistory, WarmUp
from backtester.prices import csv_files
from backtester.prices.csv_files import FILE_SYMBOL
from backtester.prices.listing import history_at_hand, listing, symbols_at_hand
from backtester.prices.market import fetch_all
from backtester.prices.missing_symbols import near_symbol
from backtester.prices.sources.network_source import BUILT_IN, network_source, title_of
from backtester.prices.store import set_aside_detail, set_aside_files, store_exists
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.stored_history import IMPORTED
from backtester.runtime.confinement import asking_for_command
from backtester.settings import SettingsError

_FACTS = {"opens": "opens", "dividends": "dividends", "traded": "traded prices"}


def show(command: Command) -> None:
    """List the symbols at hand, as `--list-symbols` does."""
    folder = command.settings.csv_dir
    entries = command.document = listing(command.settings)
    command.text = _rows(entries, "symbol", "source", "place", "first", "last", "description")
    _tell_of_store(command)
    _tell_of_damaged_imports(
        command, {entry["symbol"] for entry in entries if (entry["source"], entry["place"]) == (IMPORTED, "store")}
    )
    if folder is None:
        return
    if not os.path.isdir(folder):
        command.note("The CSV folder (BACKTEST_CSV_DIR) cannot be read.")
    listed = {entry["symbol"] for entry in entries if entry["place"] != "sample"}
    for symbol in csv_files.symbols(folder):
        if symbol not in listed:
            command.note(f"The CSV folder's file of {symbol} cannot be read. `prices check {symbol}` says why.")


def remove(command: Command) -> None:
    """Remove histories from the store; what the CSV folder, the sample or the network has is used instead."""
    removed: list[dict[str, str]] = []
    command.document = {"removed": removed}
    wanted = command.options.source
    with PriceStore(command.settings.cache_dir) as store:
        stored = store.stored_keys() if store_exists(command.settings.cache_dir) else []
        store.check_was_read()
        for symbol in _symbols(command):
            sources = [source for each, source in stored if each == symbol and wanted in (None, source)]
            try:
                if not sources:
                    known = tuple(each for each, source in stored if wanted in (None, source))
                    raise _unknown(symbol, known, f"in the price store{f' from {wanted}' if wanted else ''}")
                for source in sources:
                    store.remove(symbol, source)
                    removed.append({"symbol": symbol, "source": source})
                    command.text += f"Removed {symbol} ({'imported' if source == IMPORTED else source}).\n"
            except BacktestError as error:
                command.fail(error, symbol=symbol)


def check(command: Command) -> None:
    """Tell what looks wrong in the history that `auto` looks at first."""
    _tell_of_store(command)
    checked: list[dict[str, Any]] = []
    command.document = {"checked": checked}
    for symbol in _symbols(command):
        try:
            found = history_at_hand(command.settings, symbol)
            if found is None:
                raise _unknown(symbol, symbols_at_hand(command.settings), "at hand")
            place, history = found
            about = described(history, most_points=command.options.points)
            checked.append({"symbol": symbol, "source": history.source, "place": place, **about})
        except BacktestError as error:
            command.fail(error, symbol=symbol)
    if any(entry["findings"] for entry in checked):
        command.exit_code = max(command.exit_code, 1)
    command.text = "".join(map(_checked_text, checked))


def fetch(command: Command) -> None:
    """Fetch histories from the network into the store."""
    start, end = command.options.start, command.options.end or datetime.datetime.now(datetime.UTC).date()
    if start > end:
        raise RequestError("VALIDATION_FAILED", f"--start {start} is after --end {end}.")
    command.document = {"fetched": []}
    source = _source(command)
    if command.settings.offline:
        instead = "Unset BACKTEST_OFFLINE, or import files: `prices import`."
        raise DataError("DATA_SOURCE_UNAVAILABLE", "BACKTEST_OFFLINE is set: no network is asked.", remedy=instead)
    symbols = _symbols(command)
    if symbols:
        _ask(command, symbols, source, start, end)
    failed = command.failed_symbols
    with PriceStore(command.settings.cache_dir) as store:
        found = [store.stored(symbol, source) for symbol in symbols if symbol not in failed]
        imported = [symbol for symbol in symbols if IMPORTED in store.sources(symbol)]
    for symbol in imported:
        command.note(f"{symbol} was imported, too. `auto` goes on using the import until it is removed.")
    fetched = [{"symbol": stored.symbol, "source": stored.source, **extent(stored)} for stored in found if stored]
    command.document = {"fetched": fetched}
    command.text = _rows(fetched, "symbol", "source", "first", "last", "sessions") if fetched else ""


def _ask(command: Command, symbols: tuple[str, ...], source: str, start: datetime.date, end: datetime.date) -> None:
    """Fetch what the store lacks, and tell of each symbol that could not be fetched or stored."""
    query = PriceQuery(
        symbols=symbols, start_date=start, end_date=end, needs_open=False, max_gap_sessions=0,
        warm_up=WarmUp(), signal=False,
    )  # fmt: skip
    count = "1 symbol" if len(symbols) == 1 else f"{len(symbols)} symbols"
    command.note(f"Fetching {count} from {title_of(source)}, {start} to {end}.")

    def progress(stage: str, completed: int, total: int) -> None:
        command.note(f"{completed} of {total} done")

    try:
        found = fetch_all(
            query, start, source=source, refresh=False, settings=command.settings, progress=progress,
            ask_plug_in=None if source in BUILT_IN else asking_for_command(command.settings),
        )  # fmt: skip
    except DataError as error:
        symbol_at = {query.pointer(symbol): symbol for symbol in symbols}
        for problem in error.problems:
            remedy = error.remedy if problem.code == error.code else None
            command.fail(DataError(problem.code, problem.detail, remedy=remedy), symbol=symbol_at[problem.pointer])
        return
    for history in found.values():
        _tell_of_fetch(command, history)


def _tell_of_damaged_imports(command: Command, listed: set[str]) -> None:
    """Tell a person which imports the list leaves out, because they cannot be read. listed: the imports it has."""
    if not store_exists(command.settings.cache_dir):
        return
    with PriceStore(command.settings.cache_dir) as store:
        for symbol, source in store.stored_keys():
            if source != IMPORTED or symbol in listed:
                continue
            try:
                store.stored(symbol, source)
            except DataError as error:
                command.note(f"{error.detail} {error.remedy} [{error.code}]")


def _tell_of_store(command: Command) -> None:
    """Tell a person where the store cannot be used, which then counts as empty, or was set aside."""
    folder = command.settings.cache_dir
    if not store_exists(folder):
        return
    with PriceStore(folder) as store:
        store.stored_keys()
        for warning in store.take_warnings():
            if warning.code != "STORE_REBUILT":
                command.note(f"{warning.detail} [{warning.code}]")
    names = set_aside_files(folder)
    if names:
        command.note(f"{set_aside_detail(names)} [STORE_REBUILT]")


def _source(command: Command) -> str:
    """Return the network source that is asked. RequestError where there is none of that name."""
    wanted: str | None = command.options.source
    if wanted is None:
        return command.settings.source
    try:
        return network_source(wanted).name
    except SettingsError as error:
        raise RequestError("VALIDATION_FAILED", str(error).replace("BACKTEST_SOURCE", "--source")) from None


def _rows(entries: list[dict[str, Any]], *columns: str) -> str:
    return table(columns, [[entry[column] for column in columns] for entry in entries])


def _symbols(command: Command) -> tuple[str, ...]:
    """Return the symbols of the command line, each once; those that are none are told."""
    found: dict[str, None] = {}
    for text in command.options.symbols:
        if FILE_SYMBOL.fullmatch(text.upper()):
            found[text.upper()] = None
        else:
            command.fail(RequestError("VALIDATION_FAILED", f"{shown(text)} is no symbol."), symbol=text)
    return tuple(found)


def _unknown(symbol: str, known: tuple[str, ...], where: str) -> DataError:
    return DataError("SYMBOL_NOT_FOUND", f"{symbol} is not {where}{did_you_mean(near_symbol(symbol, known))}")


def _checked_text(entry: dict[str, Any]) -> str:
    has = [words for name, words in _FACTS.items() if entry[name]]
    lacks = [words for name, words in _FACTS.items() if not entry[name]]
    facts = [f"with {', '.join(has)}"] * bool(has) + [f"without {', '.join(lacks)}"] * bool(lacks)
    splits = f"{entry['splits']} split{'' if entry['splits'] == 1 else 's'}"
    lines = [
        f"{entry['symbol']}: {entry['sessions']} sessions from {entry['first']} to {entry['last']}",
        f"  {entry['source']}, in the {entry['place']}; {'; '.join(facts)}; {splits}",
        *(f"  {finding['detail']} [{finding['code']}]" for finding in entry["findings"]),
        *([] if entry["findings"] else ["  Nothing looks wrong."]),
    ]
    return "\n".join(lines) + "\n"


def _tell_of_fetch(command: Command, history: SymbolHistory) -> None:
    """Tell the warnings of a fetched history; as errors where it was not fetched or not stored."""
    for warning in history.warnings:
        if warning.code == "STALE_PRICES":
            command.fail(DataError("DATA_SOURCE_UNAVAILABLE", warning.detail), symbol=history.symbol)
        elif warning.code == "STORE_UNAVAILABLE":
            command.fail(DataError("STORE_UNAVAILABLE", warning.detail))
        else:
            command.note(f"{warning.detail} [{warning.code}]")
    if not history.sessions.size:
        detail = f"The source has no prices of {history.symbol} in this period."
        command.fail(DataError("NO_DATA_IN_RANGE", detail), symbol=history.symbol)
