"""The command line: where the document comes from, where the page goes, and how a fault is told."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import tempfile

from backtester.report.error import ReportError
from backtester.report.read import MAX_BYTES, read_result
from backtester.runtime.command_parser import CommandParser
from backtester.runtime.stdio import CANCELLED_EXIT, explain, write_stderr, write_stdout

DESCRIPTION = """\
Turn a result document into one HTML page: charts, tables, trades, metrics with their definitions, provenance.
The page holds everything it needs, opens from a file without a network, prints, and follows the light or dark theme.
"""
EPILOGUE = """\
examples:
  .venv/bin/python -m backtester < request.json | .venv/bin/python -m backtester report -o report.html
  .venv/bin/python -m backtester report result.json > report.html

exit: 0 written, 1 the extra is not installed or FILE cannot be written, 2 the input is not a result,
      5 stdout is full or closed
"""


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status."""
    try:
        options = _parser().parse_args(arguments)
    except SystemExit as ended:  # argparse has said what is wrong, or printed the help
        return ended.code if isinstance(ended.code, int) else 2
    try:
        return _make(options.result, options.output)
    except ReportError as error:
        write_stderr(f"report: {error}\n")
        return error.exit_code
    except ImportError as error:  # the extra is not installed
        found = explain(error)
        write_stderr(f"report: {found.detail} {found.remedy}\n")
        return found.exit_code


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser.of("report", description=DESCRIPTION, epilogue=EPILOGUE)
    parser.add_argument(
        "result", nargs="?", default="-", metavar="RESULT", help="a result document; - or none reads stdin"
    )
    parser.add_argument(
        "-o",
        "--output",
        default="-",
        metavar="FILE",
        help="where the page goes, replaced in one step once it is whole; - or none writes stdout",
    )
    return parser


def _make(source: str, target: str) -> int:
    if target == "-" and sys.stdout is None:  # it was closed before we began
        raise ReportError("There is no stdout. Name a file for the page with -o report.html.", exit_code=CANCELLED_EXIT)
    if target == "-" and sys.stdout.isatty():
        raise ReportError("The page has some megabytes. Name a file for it with -o report.html.")
    raw = _read_stdin() if source == "-" else _read_file(source)
    document = read_result(raw, name="stdin" if source == "-" else os.path.basename(source))
    from backtester.report.page import render  # Jinja2 and plotly, which are an extra

    page = render(document).encode("utf-8")
    if target == "-":
        return 0 if write_stdout(page) else CANCELLED_EXIT
    _write_file(page, target)
    return 0


def _read_stdin() -> bytes:
    if sys.stdin is None:
        raise ReportError("There is no stdin. Name the file of the result.")
    if sys.stdin.isatty():
        write_stderr("Reading a result document from the terminal; end it with Ctrl-D. --help tells more.\n")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ReportError(f"{path} cannot be read: {_reason(error)}") from None


def _write_file(page: bytes, path: str) -> None:
    """Write beside the target and move it there, so that half a page is never seen."""
    temporary: str | None = None
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(os.path.abspath(path)), prefix=".report-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(page)
        os.chmod(temporary, 0o666 & ~_umask())  # mkstemp makes it readable to its owner alone
        os.replace(temporary, path)
        temporary = None
    except OSError as error:
        raise ReportError(f"{path} cannot be written: {_reason(error)}", exit_code=1) from None
    finally:  # also when the command is interrupted
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
