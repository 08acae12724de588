"""From stdin to stdout: flags, exit codes, and the one document."""

from __future__ import annotations

import gc
import sys
from typing import NoReturn

from backtester._version import __version__
from backtester.codec.document import encode, encode_error
from backtester.model.errors import BacktestError, RequestError, did_you_mean, nearest
from backtester.runtime.progress import Events
from backtester.runtime.running_request import Output
from backtester.runtime.single_run import supervise
from backtester.runtime.stdio import CANCELLED_EXIT, deliver, drain, explain, is_open, leave, take_stdout, write_stderr
from backtester.settings import SettingsError, of_libraries, read_settings

USAGE = """\
Run a backtest: one JSON request on stdin, one JSON result on stdout.

  python backtest_runner.py < request.json > result.json
  python -m backtester golden DIR [--update]     run DIR/*/request.json, compare with result.json
  python -m backtester report result.json        a page for people, one HTML file that opens offline

  --worker            stay alive: one request a line in, one result a line out; cancel "ID" cancels one
  --batch             NDJSON in, NDJSON out, as they are finished
  --jobs N            processes of --worker (1) and --batch (the number of cores)
  --progress          progress events, one JSON object a line, on stderr (or on BACKTEST_PROGRESS_FD)
  --pretty            indent the document
  --summary           a dozen lines for people on stderr, after the document
  --exit-zero         exit 0 whatever the document says
  --list-strategies   the strategies with the schemas of their parameters, as JSON
  --list-symbols      the symbols whose prices are at hand, bundled and stored, as JSON
  --version           the version; with --verbose also the libraries, the folders and what the sandbox can do here
  --help              this text

exit: 0 success, 1 internal error, 2 invalid request, 3 no data, 4 a limit was hit, 5 cancelled
"""
_TEXTS = ("--list-strategies", "--list-symbols", "--version", "--verbose", "--help")
_OWN = ("--progress", "--pretty", "--summary", "--exit-zero", *_TEXTS)
FLAGS = (*_OWN, "--worker", "--batch", "--jobs")


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process, without the teardown that would take as long as a run."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == ["golden"]:
        from backtester.commands.golden import main as golden

        leave(golden(arguments[1:]))
    if arguments[:1] == ["report"]:
        from backtester.commands.report import main as report

        leave(report(arguments[1:]))
    known = [argument for argument in arguments if argument in _OWN]
    if "--help" in known or "-h" in arguments:
        print_text(USAGE)
    if "--version" in known:
        print_text(version(verbose="--verbose" in known))
    gc.disable()  # a process that lives a tenth of a second has no cycles worth looking for
    inherited = [descriptor for descriptor in range(256) if is_open(descriptor)] if "--progress" in known else []
    stdout = take_stdout()
    unknown = [argument for argument in arguments if argument not in _OWN or argument == "--verbose"]
    if unknown:
        output = usage_error(unknown[0])
    elif "--list-strategies" in known:
        output = list_strategies(pretty="--pretty" in known)
    elif "--list-symbols" in known:
        output = list_symbols(pretty="--pretty" in known)
    else:
        output = run(stdout, progress_to=inherited if "--progress" in known else None, pretty="--pretty" in known)
    delivered = output.document is not None and deliver(stdout, output.document)
    if output.exit_code != CANCELLED_EXIT:  # a caller who cancelled does not expect to be read to the end
        drain(0)
    if not delivered:
        leave(CANCELLED_EXIT)
    summarise(output.document, wanted="--summary" in known)
    leave(0 if "--exit-zero" in known else output.exit_code)


def run(stdout: int, *, progress_to: list[int] | None, pretty: bool) -> Output:
    """Supervise one run from stdin. progress_to: the descriptors that the caller opened; None: no progress."""
    try:
        settings = read_settings()
    except SettingsError as error:
        return failed(error)
    if sys.stdin is not None and sys.stdin.isatty():
        write_stderr("Reading a request from the terminal. End it with Ctrl-D. --help tells more.\n")
    descriptor = 2 if settings.progress_fd is None else settings.progress_fd
    # a number that the caller did not open may by now be a pipe of ours: then there is no listener
    listened_to = progress_to is not None and descriptor in progress_to
    events = Events(descriptor if listened_to else None)
    return supervise(settings, events, source=0, caller=stdout, pretty=pretty)


def summarise(document: bytes | None, *, wanted: bool) -> None:
    """Tell a person on stderr what the document says; in colour on a terminal, unless NO_COLOR asks for none."""
    if document is None or not wanted or sys.stderr is None:
        return
    import json

    from backtester.report.summary import summary

    colour = sys.stderr.isatty() and not of_libraries("NO_COLOR") and of_libraries("TERM") != ("dumb",)
    unicode = (sys.stderr.encoding or "").lower().replace("-", "") == "utf8"
    write_stderr(summary(json.loads(document), colour=colour, unicode=unicode))


def list_strategies(*, pretty: bool) -> Output:
    """Return name, description and parameter schema of every strategy, plug-ins included."""
    from backtester.contract.schemas import listed_strategies

    listed, left_out = listed_strategies()
    for sentence in left_out:
        write_stderr(sentence)
    return Output(exit_code=0, document=encode(listed, pretty=pretty))


def list_symbols(*, pretty: bool) -> Output:
    """Return the symbols whose prices need no network, sorted: where from, what they are, from when to when."""
    try:
        from backtester.prices.listing import listing

        return Output(exit_code=0, document=encode(listing(read_settings()), pretty=pretty))
    except (SettingsError, BacktestError, ImportError) as error:  # a damaged sample, a Python without numpy
        return failed(error, pretty=pretty)


def version(*, verbose: bool) -> str:
    """Return the version, and what an operator asks next: which libraries, which folders, what the sandbox can do."""
    if not verbose:
        return f"backtest-runner {__version__}\n"
    from backtester.commands.version import about

    try:
        return about(read_settings())
    except SettingsError as error:
        return f"backtest-runner {__version__}\nthe operator's settings are wrong: {error}\n"


def usage_error(argument: str) -> Output:
    """Return the document for a flag that does not exist."""
    if argument == "--verbose":
        return refusal("--verbose goes with --version only.")
    if argument in FLAGS:
        return refusal(f"{argument} goes with --worker or --batch only. --help tells more.")
    return refusal(f"Unknown argument {argument[:40]!a}{did_you_mean(nearest(argument, FLAGS))} --help lists all.")


def refusal(detail: str) -> Output:
    """Return the output for flags that make no sense."""
    return failed(RequestError("VALIDATION_FAILED", detail))


def failed(error: Exception, *, pretty: bool = False) -> Output:
    """Return the output of a command that ends in an error."""
    found = explain(error)
    return Output(found.exit_code, encode_error(found, None, pretty=pretty))


def print_text(text: str) -> NoReturn:
    """Print what was asked for instead of a run, and leave."""
    sys.stdout.write(text)
    leave(0)
