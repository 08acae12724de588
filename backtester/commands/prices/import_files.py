"""`prices import`: files into the price store, each whole or not at all."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backtester.commands.prices.command import Command, extent, shown
from backtester.commands.prices.dry_run import check_is_new, looked_at
from backtester.commands.text_table import table
from backtester.model.errors import BacktestError, DataError, RequestError, from_exception
from backtester.prices.csv_files import FILE_SYMBOL, MAX_FILE_BYTES, ReadFile, read_content, read_file
from backtester.prices.store.imported import check_nothing_is_lost, from_import
from backtester.prices.store.price_store import PriceStore
from backtester.prices.store.stored_history import StoredHistory

_ENDINGS = (".csv", ".csv.gz", ".parquet")  # what a folder is searched for
_MORE_ENDINGS = (*_ENDINGS, ".txt", ".txt.gz", ".tsv", ".tsv.gz")  # what is no part of a symbol
_STDIN = "-"
# spy_us_d.csv, vod_uk_d.csv, ^spx_d.csv: symbol, market, and day, week or month
_OF_STOOQ = re.compile(r"([A-Z0-9.-]+)_([A-Z]{2})_[DWM]|(\^[A-Z0-9]+)_[DWM]")


def import_files(command: Command) -> None:
    """Store the histories of files. A file that cannot be imported is told, and the others are imported."""
    imported: list[dict[str, Any]] = []
    command.document = {"imported": imported}
    with PriceStore(command.settings.cache_dir) as store:
        _for_each_file(command, imported, lambda name, read: _import(command, store, name, read))
        for warning in store.take_warnings():
            if warning.code == "STORE_REBUILT":
                command.note(warning.detail)
    if not command.options.json:
        _tell(command, imported)


def dry_run(command: Command) -> None:
    """Read files as an import does, and tell what would be stored."""
    found: list[dict[str, Any]] = []
    command.document = {"read": found}
    settings, most = command.settings, command.options.points
    _for_each_file(
        command, found, lambda name, read: [looked_at(each, name, settings, most_points=most) for each in read]
    )
    if command.options.json:
        return
    for entry in found:
        for finding in entry["findings"]:
            command.note(f"{finding['detail']} [{finding['code']}]")
    command.note("Nothing was stored.")


def _for_each_file(
    command: Command, found: list[dict[str, Any]], act: Callable[[str, list[ReadFile]], list[dict[str, Any]]]
) -> None:
    """Read every file, and add what `act` makes of its name and histories: of all of a file or of none."""
    for path, symbols in _chosen(command).items():
        name = _name_of(command, path)
        try:
            found += act(name, _read(path, symbols))
        except (BacktestError, MemoryError) as error:
            command.fail(_with_hint(error, named=bool(command.options.symbol)), file=name)
        _set_text(command, found)  # here, since an interrupt may follow


def _chosen(command: Command) -> dict[str, tuple[str, ...]]:
    """Return the paths of the files to import, each with its symbols. RequestError for options that make no sense."""
    paths: list[str] = command.options.paths
    named = tuple(dict.fromkeys(symbol.upper() for symbol in command.options.symbol))
    wrong = [symbol for symbol in named if not FILE_SYMBOL.fullmatch(symbol)]
    if wrong:
        raise RequestError("VALIDATION_FAILED", f"{shown(wrong[0])} is no symbol.")
    if named and (len(paths) > 1 or os.path.isdir(paths[0])):
        raise RequestError("VALIDATION_FAILED", "--symbol goes with one file.")
    if (_STDIN in paths and len(paths) > 1) or (_STDIN in paths) > bool(named or command.options.name):
        raise RequestError("VALIDATION_FAILED", "- is the one file, and goes with --symbol or --name.")
    file_of: dict[str, str] = {}
    chosen = {}
    for path in dict.fromkeys(file for given in paths for file in _files(command, given)):
        name = _name_of(command, path)
        symbols = named or (_symbol_of(name),)
        fault, remedy = "", "Use --symbol to say whose prices it has."
        if not FILE_SYMBOL.fullmatch(symbols[0]):
            fault = f"The name of {shown(name)} is no symbol."
        elif symbols[0] in file_of:
            fault, remedy = f"{shown(name)} and {shown(file_of[symbols[0]])} are both of {symbols[0]}.", "Import one."
        if fault:
            command.fail(RequestError("VALIDATION_FAILED", fault, remedy=remedy), file=name)
            continue
        file_of[symbols[0]] = name
        chosen[path] = symbols
    return chosen


def _files(command: Command, path: str) -> list[str]:
    """Return the path of a file, or those of the files in a folder. What is not there is told by the path given."""
    if path == _STDIN:
        return [path]
    if not os.path.isdir(path):
        if os.path.lexists(path):
            return [path]
        missing = DataError("PRICES_UNREADABLE", f"There is no file {shown(path)}.", remedy="Check the path.")
        command.fail(missing, file=path)
        return []
    fault = f"The folder has no file that ends in {', '.join(_ENDINGS)}."
    try:
        names = sorted(name for name in os.listdir(path) if name.lower().endswith(_ENDINGS))
    except OSError:
        names, fault = [], "The folder cannot be read."
    if not names:
        command.fail(DataError("PRICES_UNREADABLE", fault, remedy="Name the files, or their folder."), file=path)
    return [os.path.join(path, name) for name in names]


def _symbol_of(name: str) -> str:
    """Return the symbol that a file is named by: what stands before the ending, of a download of Stooq its part."""
    ending = max((each for each in _MORE_ENDINGS if name.lower().endswith(each)), key=len, default="")
    stem = name[: len(name) - len(ending)].upper()
    stooq = _OF_STOOQ.fullmatch(stem)
    if stooq is None:
        return stem.removesuffix(".US") if ending.startswith(".txt") else stem
    symbol, market = stooq[1] or stooq[3], stooq[2]
    return symbol if market in (None, "US") else f"{symbol}.{market}"


def _name_of(command: Command, path: str) -> str:
    """Return the name of a file; of stdin the one that is given."""
    return os.path.basename(path if path != _STDIN else command.options.name or _STDIN)


def _read(path: str, symbols: tuple[str, ...]) -> list[ReadFile]:
    """Read what a file, or stdin, has of some symbols. BacktestError, MemoryError."""
    if path == _STDIN:
        content = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
        found = [read_content(content, symbol) for symbol in symbols]
    else:
        found = [read_file(path, symbol) for symbol in symbols]
    histories = [each.history for each in found]
    for other in histories[1:]:
        if np.array_equal(other.close, histories[0].close):
            detail = f"The file does not tell {symbols[0]} from {other.symbol}: their prices are the same."
            raise RequestError("VALIDATION_FAILED", detail)
    return found


def _import(command: Command, store: PriceStore, name: str, read: list[ReadFile]) -> list[dict[str, Any]]:
    """Store what was read of a file: all or none. BacktestError, MemoryError."""
    options = command.options

    def check(before: StoredHistory | None, new: StoredHistory) -> None:
        if options.new and before is not None:  # since the check below
            check_is_new(new.symbol, command.settings)
        if not options.replace:
            check_nothing_is_lost(before, new)

    if options.new:
        for each in read:
            check_is_new(each.history.symbol, command.settings)
    new = [from_import(each.history, at=time.time()) for each in read]
    before = store.put_imported(new, check=check)
    return [
        {
            "symbol": stored.symbol, "file": name, **extent(stored),
            "replaced": None if old is None else extent(old),
            "warnings": [{"code": warning.code, "detail": warning.detail} for warning in stored.warnings],
        }
        for stored, old in zip(new, before, strict=True)
    ]  # fmt: skip


def _with_hint(error: BaseException, *, named: bool) -> BaseException:
    found = from_exception(error)
    has_several = "there is no column close" in found.detail or "is not one of them" in found.detail
    if not named and found.code == "PRICES_UNREADABLE" and has_several:
        remedy = (
            "A file of several symbols needs --symbol for each. docs/reference/csv-layouts.md has the known columns."
        )
        return DataError(found.code, found.detail, remedy=remedy)
    return error


def _set_text(command: Command, imported: list[dict[str, Any]]) -> None:
    rows = [[e["symbol"], e["first"], e["last"], e["sessions"], shown(e["file"])] for e in imported]
    command.text = table(("symbol", "first", "last", "sessions", "file"), rows) if rows else ""


def _tell(command: Command, imported: list[dict[str, Any]]) -> None:
    for entry in imported:
        old = entry["replaced"]
        if old is not None:
            command.note(f"The earlier import of {entry['symbol']} ({old['sessions']} sessions) was replaced.")
        symbol, name = entry["symbol"], entry["file"]
        doubtful = "_" in symbol or not name.upper().startswith(f"{symbol}.")
        if doubtful and not command.options.symbol:
            command.note(f"{shown(name)} was imported as {symbol}. If it has the prices of another, use --symbol.")
        for warning in entry["warnings"]:
            command.note(f"{warning['detail']} [{warning['code']}]")
    count = "1 history was" if len(imported) == 1 else f"{len(imported)} histories were"
    failed = " Some files were not." if command.exit_code else ""
    advice = f" `prices check {imported[0]['symbol']}` says what looks wrong in one." if imported else ""
    command.note(f"{count} imported.{failed}{advice}")
