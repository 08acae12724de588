"""The command line of `prices`: its subcommands and their options."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Callable
from typing import NoReturn

from backtester.commands.prices.at_hand import check, fetch, remove, show
from backtester.commands.prices.command import Command
from backtester.commands.prices.import_files import import_files
from backtester.model.environment import as_typed_here
from backtester.model.errors import cancelled_by

DESCRIPTION = """\
The prices on this machine. `data.source: auto` looks into the price store (BACKTEST_CACHE_DIR), then into the CSV
folder (BACKTEST_CSV_DIR), then into the bundled sample, and then asks the network. An imported history goes before
all others. What is fetched never extends, corrects or replaces it: it stays until you import another or remove it.
"""
EPILOGUE = """\
examples:
  .venv/bin/python -m backtester prices import SPY.csv QQQ.csv       # each file as the symbol that it is named by
  .venv/bin/python -m backtester prices import ~/Downloads/prices    # every CSV and Parquet file in a folder
  .venv/bin/python -m backtester prices import data.csv --symbol SPY --symbol QQQ
  .venv/bin/python -m backtester prices check SPY QQQ
  .venv/bin/python -m backtester prices fetch VTI BND --start 2010-01-01

exit: 0 success, 1 `check` found something, 2 a wrong symbol or argument, 3 prices or store cannot be read or written
"""


def main(arguments: list[str]) -> int:
    """Run the command after `prices`; return the exit status."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as ended:  # argparse has printed what is wrong, or the help
        return ended.code if isinstance(ended.code, int) else 2
    command = Command(options)
    try:
        options.run(command)
    except KeyboardInterrupt:
        command.fail(cancelled_by("SIGINT"))
    except Exception as error:
        command.fail(error)
    return command.write()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(2, f"prices: {message}. --help tells more.\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=as_typed_here(".venv/bin/python -m backtester prices"), description=DESCRIPTION,
        epilog=as_typed_here(EPILOGUE),
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
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
    importing.add_argument("paths", nargs="+", metavar="FILE|DIR", help="SYMBOL.csv, SYMBOL.csv.gz, SYMBOL.parquet")
    importing.add_argument(
        "--symbol", action="append", default=[], metavar="SYMBOL",
        help="whose prices a file of another name has; once for each symbol of a file that has several",
    )  # fmt: skip
    importing.add_argument("--replace", action="store_true", help="even where stored sessions are lost")
    add("list", show, "show the symbols whose prices are at hand", "Lists what needs no network: where each symbol is.")
    removing = add(
        "remove", remove, "remove histories from the store",
        "Removes imported and fetched histories from the price store. Files stay as they are.",
    )  # fmt: skip
    _with_symbols(removing)
    removing.add_argument("--source", metavar="SOURCE", help="only what is of this source; csv: what was imported")
    _with_symbols(add(
        "check", check, "say what looks wrong in a history",
        "Says what looks wrong: implausible jumps, gaps, repeated prices, rows on odd weekdays, closes without "
        "dividends, a stale end. Exit status 1 where anything does.",
    ))  # fmt: skip
    fetching = add(
        "fetch", fetch, "fetch histories into the store",
        "Fetches prices from the network into the price store, so that later runs need no network.",
    )  # fmt: skip
    _with_symbols(fetching)
    fetching.add_argument("--source", metavar="SOURCE", help="the network source; BACKTEST_SOURCE when left out")
    fetching.add_argument("--start", type=_date, default=datetime.date(1970, 1, 1), metavar="DATE", help="1970-01-01")
    fetching.add_argument("--end", type=_date, metavar="DATE", help="today")
    return parser


def _with_symbols(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("symbols", nargs="+", metavar="SYMBOL")


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError("must be a date such as 2010-01-01") from None
