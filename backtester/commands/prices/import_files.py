"""`prices import`: files into the price store, each whole or not at all."""

from __future__ import annotations

import os
import re
import time
from typing import Any

import numpy as np

from backtester.commands.prices.command import Command, extent, shown
from backtester.commands.text_table import table
from backtester.model.errors import BacktestError, DataError, RequestError, from_exception
from backtester.prices.csv_files import FILE_SYMBOL, read_history
from backtester.prices.store.imported import from_import
from backtester.prices.store.price_store import PriceStore

_ENDINGS = (".csv", ".csv.gz", ".parquet")  # what a folder is searched for
_MORE_ENDINGS = (*_ENDINGS, ".txt", ".txt.gz", ".tsv", ".tsv.gz")  # what is no part of a symbol
# spy_us_d.csv, vod_uk_d.csv, ^spx_d.csv: symbol, market, and day, week or month
_OF_STOOQ = re.compile(r"([A-Z0-9.-]+)_([A-Z]{2})_[DWM]|(\^[A-Z0-9]+)_[DWM]")


def import_files(command: Command) -> None:
    """Store the histories of files. A file that cannot be imported is told, and the others are imported."""
    options = command.options
    imported: list[dict[str, Any]] = []
    command.document = {"imported": imported}
    with PriceStore(command.settings.cache_dir) as store:
        for path, symbols in _chosen(command).items():
            try:
                imported += _import_file(store, path, symbols, replaces=options.replace)
            except (BacktestError, MemoryError) as error:
                command.fail(_with_hint(error, named=bool(options.symbol)), file=os.path.basename(path))
            _set_text(command, imported)  # here, since an interrupt may follow
        for warning in store.take_warnings():
            if warning.code == "STORE_REBUILT":
                command.note(warning.detail)
    if not options.json:
        _tell(command, imported)


def _chosen(command: Command) -> dict[str, tuple[str, ...]]:
    """Return the paths of the files to import, each with its symbols. RequestError for options that make no sense."""
    paths: list[str] = command.options.paths
    named = tuple(dict.fromkeys(symbol.upper() for symbol in command.options.symbol))
    wrong = [symbol for symbol in named if not FILE_SYMBOL.fullmatch(symbol)]
    if wrong:
        raise RequestError("VALIDATION_FAILED", f"{shown(wrong[0])} is no symbol.")
    if named and (len(paths) > 1 or os.path.isdir(paths[0])):
        raise RequestError("VALIDATION_FAILED", "--symbol goes with one file.")
    file_of: dict[str, str] = {}
    chosen = {}
    for path in dict.fromkeys(file for given in paths for file in _files(command, given)):
        name = os.path.basename(path)
        symbols = named or (_symbol_of(name),)
        fault = ""
        if not FILE_SYMBOL.fullmatch(symbols[0]):
            fault = f"The name of {shown(name)} is no symbol. Use --symbol to say whose prices it has."
        elif symbols[0] in file_of:
            fault = f"{shown(name)} and {shown(file_of[symbols[0]])} are both of {symbols[0]}. Import one of them."
        if fault:
            command.fail(RequestError("VALIDATION_FAILED", fault), file=name)
            continue
        file_of[symbols[0]] = name
        chosen[path] = symbols
    return chosen


def _files(command: Command, path: str) -> list[str]:
    """Return the path of a file, or those of the files in a folder. What is not there is told by the path given."""
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


def _import_file(store: PriceStore, path: str, symbols: tuple[str, ...], *, replaces: bool) -> list[dict[str, Any]]:
    """Store what a file has of some symbols: of all or of none. BacktestError, MemoryError."""
    histories = [read_history(path, symbol) for symbol in symbols]
    for other in histories[1:]:
        if np.array_equal(other.close, histories[0].close):
            detail = f"The file does not tell {symbols[0]} from {other.symbol}: their prices are the same."
            raise RequestError("VALIDATION_FAILED", detail)
    new = [from_import(history, at=time.time()) for history in histories]
    before = store.put_imported(new, replaces=replaces)
    return [
        {
            "symbol": stored.symbol, "file": os.path.basename(path), **extent(stored),
            "replaced": None if old is None else extent(old),
            "warnings": [{"code": warning.code, "detail": warning.detail} for warning in stored.warnings],
        }
        for stored, old in zip(new, before, strict=True)
    ]  # fmt: skip


def _with_hint(error: BaseException, *, named: bool) -> BaseException:
    found = from_exception(error)
    has_several = "there is no column close" in found.detail or "is not one of them" in found.detail
    if not named and found.code == "PRICES_UNREADABLE" and has_several:
        return DataError(
            found.code, f"{found.detail} A file of several symbols needs --symbol for each.", remedy=found.remedy
        )
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
