"""The command line of `prices`: its subcommands and their options."""

from __future__ import annotations

import argparse
import datetime
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from backtester.commands.prices.at_hand import check, fetch, remove, show
from backtester.commands.prices.command import Command
from backtester.commands.prices.import_files import dry_run, import_files
from backtester.model.environment import as_typed_here
from backtester.model.errors import RequestError, cancelled_by
from backtester.runtime.command_parser import CommandParser
from backtester.runtime.signals import stopping_signals
from backtester.runtime.stdio import write_stderr

DESCRIPTION = """\
The prices on this machine. `data.source: auto` looks into the price store (BACKTEST_CACHE_DIR), then into the CSV
folder (BACKTEST_CSV_DIR), then into the bundled sample, and then asks the network. An imported history goes before
all others. What is fetched never extends, corrects or replaces it: it stays until you import another or remove it.
"""
_MOST_POINTS = 10_000
EPILOGUE = """\
examples:
  .venv/bin/python -m backtester prices import SPY.csv QQQ.csv       # each file as the symbol that it is named by
  .venv/bin/python -m backtester prices import ~/Downloads/prices    # every CSV and Parquet file in a folder
  .venv/bin/python -m backtester prices import data.csv --symbol SPY --symbol QQQ
  .venv/bin/python -m backtester prices check SPY QQQ
  .venv/bin/python -m backtester prices fetch VTI BND --start 2010-01-01

exit: 0 success, 1 `check` found something, 2 a wrong symbol or argument, 3 prices or store cannot be read or written
"""


class _Stopped(KeyboardInterrupt):
    """A signal asked the command to stop. Its text is the signal's name."""


class _UsageError(RequestError):
    """The arguments are wrong. usage: of the subcommand."""

    def __init__(self, message: str, usage: str) -> None:
        super().__init__("VALIDATION_FAILED", f"{message[:1].upper()}{message[1:]}.")
        self.usage = usage


def main(arguments: list[str]) -> int:
    """Run the command after `prices`; return the exit status. Signals that were held back end it, too."""
    command = Command(argparse.Namespace(json="--json" in arguments))
    with _stoppable() as listen:
        try:
            listen()
            command.options = _parser().parse_args(arguments)
            command.options.run(command)
        except SystemExit as ended:  # argparse has printed the help
            return ended.code if isinstance(ended.code, int) else 2
        except KeyboardInterrupt as stopped:
            command.fail(cancelled_by(str(stopped) or "SIGINT"))
        except Exception as error:
            if isinstance(error, _UsageError) and not command.options.json:
                write_stderr(error.usage)
            command.fail(error)
        return command.write()


@contextmanager
def _stoppable() -> Iterator[Callable[[], None]]:
    """Give the function that lets the first signal raise _Stopped. A second one ends the process as it is."""
    before: dict[signal.Signals, Any] = {}

    def stop(number: int, frame: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_DFL)
        raise _Stopped(signal.Signals(number).name)

    def listen() -> None:
        for number in stopping_signals():
            before[number] = signal.getsignal(number)
            signal.signal(number, stop)
        if hasattr(signal, "pthread_sigmask"):
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [*before])

    try:
        yield listen
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Parser(CommandParser):
    def error(self, message: str) -> NoReturn:
        raise _UsageError(message, self.format_usage())


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=as_typed_here(".venv/bin/python -m backtester prices"), description=DESCRIPTION,
        epilog=as_typed_here(EPILOGUE), formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="import | list | remove | check | fetch")

    def add(name: str, run: Callable[[Command], None], text: str, description: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=description, allow_abbrev=False)
        made.add_argument("--json", action="store_true", help="one JSON document on stdout")
        made.set_defaults(run=run)
        return made

    importing = add(
        "import", import_files, "store the prices of files",
        "Stores the prices of CSV files in any known layout, plain or gzipped, and of Parquet files where pyarrow is "
        "installed. A file is imported whole or not at all. It takes the place of an earlier import of its symbol "
        "where it has all its sessions; where it lacks some, it is refused without --replace.",
    )  # fmt: skip
    _of_import(importing)
    add("list", show, "show the symbols whose prices are at hand", "Lists what needs no network: where each symbol is.")
    removing = add(
        "remove", remove, "remove histories from the store",
        "Removes imported and fetched histories from the price store. Files stay as they are.",
    )  # fmt: skip
    _with_symbols(removing)
    removing.add_argument("--source", metavar="SOURCE", help="only what is of this source; csv: what was imported")
    checking = add(
        "check", check, "say what looks wrong in a history",
        "Says what looks wrong: implausible jumps, gaps, repeated prices, rows on odd weekdays, closes without "
        "dividends, a stale end. Exit status 1 where anything does.",
    )  # fmt: skip
    _with_symbols(checking)
    _with_points(checking)
    fetching = add(
        "fetch", fetch, "fetch histories into the store",
        "Fetches prices from the network into the price store, so that later runs need no network.",
    )  # fmt: skip
    _of_fetch(fetching)
    return parser


def _of_import(importing: argparse.ArgumentParser) -> None:
    importing.add_argument(
        "paths", nargs="+", metavar="FILE|DIR", help="SYMBOL.csv, SYMBOL.csv.gz, SYMBOL.parquet; - for CSV on stdin"
    )
    importing.add_argument(
        "--symbol", action="append", default=[], metavar="SYMBOL",
        help="whose prices a file of another name has; once for each symbol of a file that has several",
    )  # fmt: skip
    importing.add_argument("--name", metavar="NAME", help="the name that the file on stdin has")
    which = importing.add_mutually_exclusive_group()
    which.add_argument("--replace", action="store_true", help="even where stored sessions are lost")
    which.add_argument("--new", action="store_true", help="only a symbol that has no prices at hand")
    which.add_argument(
        "--dry-run", dest="run", action="store_const", const=dry_run, default=import_files,
        help="store nothing; say what was read, what looks wrong in it, and what it would take the place of",
    )  # fmt: skip
    _with_points(importing)


def _of_fetch(fetching: argparse.ArgumentParser) -> None:
    _with_symbols(fetching)
    fetching.add_argument("--source", metavar="SOURCE", help="the network source; BACKTEST_SOURCE when left out")
    fetching.add_argument("--start", type=_date, default=datetime.date(1970, 1, 1), metavar="DATE", help="1970-01-01")
    fetching.add_argument("--end", type=_date, metavar="DATE", help="today")


def _with_points(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--points", type=_points, metavar="N", help="with --json: at most N closes, for a chart")


def _points(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 2 <= int(text) <= _MOST_POINTS):
        raise argparse.ArgumentTypeError(f"must be a whole number from 2 to {_MOST_POINTS}")
    return int(text)


def _with_symbols(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL")


def _date(text: str) -> datetime.date:
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):  # ISO has dates without hyphens, and of weeks
            raise ValueError
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a date such as 2010-01-01") from None
