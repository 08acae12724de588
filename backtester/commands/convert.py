"""`python -m backtester convert composer FILE`: another program's strategy as a request, on stdout."""

from __future__ import annotations

import argparse
import datetime
import json
import sys

from backtester.codec.decode import decode
from backtester.codec.document import encode_error
from backtester.contract.check import check
from backtester.contract.composer.symphony import NO_ORDER, convert
from backtester.model.errors import RequestError
from backtester.model.record import replace
from backtester.runtime.command_parser import CommandParser
from backtester.runtime.stdio import CANCELLED_EXIT, deliver, explain, take_stdout, write_stderr
from backtester.settings import read_settings

_DATES = ("/start_date", "/end_date")
_DEEPEST = 600  # levels: a symphony has four to six for each of its questions
DESCRIPTION = """\
Turn a symphony of Composer (its JSON) into a request of the strategy rules. What rules do not have is refused: the
error document on stdout names each place.
"""
EPILOGUE = """\
examples:
  .venv/bin/python -m backtester convert composer symphony.json > request.json
  .venv/bin/python -m backtester run request.json --summary

exit: 0 written, 2 the symphony or the arguments are refused
"""


def main(arguments: list[str]) -> int:
    """Run the command after `convert`; return its exit status."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as ended:  # argparse has said what is wrong, or printed the help
        return ended.code if isinstance(ended.code, int) else 2
    stdout = take_stdout()
    try:
        request = _converted(options)
    except Exception as error:
        found = explain(error)
        return found.exit_code if deliver(stdout, encode_error(found, None, pretty=True)) else CANCELLED_EXIT
    write_stderr(f"{NO_ORDER} Fills at the next close (next_close) could have been met.\n")
    return 0 if deliver(stdout, (json.dumps(request, indent=1) + "\n").encode("ascii")) else CANCELLED_EXIT


def _converted(options: argparse.Namespace) -> dict[str, object]:
    settings = read_settings()
    sys.setrecursionlimit(20 * _DEEPEST)
    raw = _read(options.file, settings.max_request_bytes)
    symphony = decode(raw, max_bytes=settings.max_request_bytes, max_depth=_DEEPEST)
    request = convert(symphony, start_date=options.start, end_date=options.end)
    try:
        check(request, csv_available=False)
    except RequestError as error:
        raise _of_the_symphony(error) from None
    return request


def _of_the_symphony(error: RequestError) -> RequestError:
    """Return the refusal of a request as that of the symphony: a limit of the whole tree points to all of it.

    What has a place in the symphony has been refused there. The dates are the command's own.
    """
    problems = tuple(
        problem if problem.pointer in _DATES else replace(problem, pointer="") for problem in error.problems
    )
    detail = problems[0].detail if len(problems) == 1 else f"{len(problems)} problems with what the symphony becomes."
    of_the_dates = all(problem.pointer in _DATES for problem in problems)
    remedy = "Correct the dates, `--start` and `--end`." if of_the_dates else "Make the symphony smaller, or split it."
    return RequestError(error.code, detail, problems=problems, remedy=remedy)


def _read(file: str, most: int) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(most + 1)
        with open(file, "rb") as source:
            return source.read(most + 1)
    except OSError as error:
        raise RequestError(
            "INVALID_JSON", f"The file cannot be read: {(error.strerror or 'error').lower()}.",
            remedy="Name the file with the symphony's JSON, or - for stdin.",
        ) from None  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser.of("convert", description=DESCRIPTION, epilogue=EPILOGUE)
    parser.add_argument("kind", choices=["composer"], metavar="composer", help="whose strategy it is")
    parser.add_argument("file", nargs="?", default="-", metavar="FILE", help="the symphony; - or none reads stdin")
    parser.add_argument("--start", default="2010-01-01", metavar="DATE", help="start_date (2010-01-01)")
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    parser.add_argument("--end", default=today, metavar="DATE", help="end_date (today)")
    return parser
