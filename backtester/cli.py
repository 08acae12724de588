"""From stdin to stdout: flags, exit codes, and the one document."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import select
import sys
import time
from typing import NoReturn

from backtester._version import __version__
from backtester.document import encode, encode_error
from backtester.errors import BacktestError, RequestError, did_you_mean, nearest
from backtester.progress import Events
from backtester.settings import SettingsError, read_settings
from backtester.supervisor import Answer, crashed, supervise

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
  --exit-zero         exit 0 whatever the document says
  --list-strategies   the strategies with the schemas of their parameters, as JSON
  --list-symbols      the symbols whose prices are at hand, bundled and stored, as JSON
  --version           the version; with --verbose also the libraries, the folders and what the sandbox can do here
  --help              this text

exit: 0 success, 1 internal error, 2 invalid request, 3 no data, 4 a limit was hit, 5 cancelled
"""
_TEXTS = ("--list-strategies", "--list-symbols", "--version", "--verbose", "--help")
_OWN = ("--progress", "--pretty", "--exit-zero", *_TEXTS)
FLAGS = (*_OWN, "--worker", "--batch", "--jobs")
_DRAIN_SECONDS = 1.0
CANCELLED_EXIT = 5


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process, without the teardown that would take as long as a run."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == ["golden"]:
        from backtester.golden import main as golden

        leave(golden(arguments[1:]))
    if arguments[:1] == ["report"]:
        from backtester.report import main as report

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
        answer = usage_error(unknown[0])
    elif "--list-strategies" in known:
        answer = list_strategies(pretty="--pretty" in known)
    elif "--list-symbols" in known:
        answer = list_symbols(pretty="--pretty" in known)
    else:
        answer = run(stdout, progress_to=inherited if "--progress" in known else None, pretty="--pretty" in known)
    delivered = answer.document is not None and deliver(stdout, answer.document)
    if answer.exit_code != CANCELLED_EXIT:  # a caller who cancelled does not expect to be read to the end
        drain(0)
    if not delivered:
        leave(CANCELLED_EXIT)
    leave(0 if "--exit-zero" in known else answer.exit_code)


def run(stdout: int, *, progress_to: list[int] | None, pretty: bool) -> Answer:
    """Supervise one run from stdin. progress_to: the descriptors that the caller opened; None: no progress."""
    try:
        settings = read_settings()
    except SettingsError as error:
        return wrong_settings(error)
    if sys.stdin is not None and sys.stdin.isatty():
        from backtester.log import tell

        tell("Reading a request from the terminal; end it with Ctrl-D. --help tells more.\n")
    descriptor = 2 if settings.progress_fd is None else settings.progress_fd
    # a number that the caller did not open may by now be a pipe of ours: then nobody listens
    listened_to = progress_to is not None and descriptor in progress_to
    events = Events(descriptor if listened_to else None)
    return supervise(settings, events, source=0, caller=stdout, pretty=pretty)


def take_stdout() -> int:
    """Keep stdout for the document alone: from here on, whoever prints prints on stderr.

    A standard descriptor that was closed before we began is opened on nothing, or another file would take its number.
    """
    if not is_open(1):
        os._exit(CANCELLED_EXIT)  # there is nobody to answer
    for descriptor in (0, 2):
        if not is_open(descriptor):
            os.dup2(os.open(os.devnull, os.O_RDWR), descriptor)
    stdout = os.dup(1)
    os.dup2(2, 1)
    return stdout


def is_open(descriptor: int) -> bool:
    """Tell whether a descriptor is open."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


def deliver(stdout: int, document: bytes) -> bool:
    """Write the document, all of it; False when the reader has gone."""
    view = memoryview(document)
    while view:
        try:
            view = view[os.write(stdout, view) :]
        except BlockingIOError:
            select.select([], [stdout], [])
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                from backtester.log import tell

                tell(f"the document could not be written: {error.strerror}\n")
            return False
    os.close(stdout)
    return True


def drain(source: int) -> None:
    """Take in what is left of a refused request for a moment, so that a caller still writing does not get EPIPE."""
    if not hasattr(select, "poll"):
        return
    poll = select.poll()
    poll.register(source, select.POLLIN)
    ends = time.monotonic() + _DRAIN_SECONDS
    with contextlib.suppress(OSError):
        while (remaining := ends - time.monotonic()) > 0 and poll.poll(remaining * 1000) and os.read(source, 1 << 20):
            pass


def list_strategies(*, pretty: bool) -> Answer:
    """Return name, description and parameter schema of every strategy, plug-ins included."""
    from backtester.contract.schemas import built_in_strategies, plug_ins, strategy_schema

    listed = []
    for name in (*built_in_strategies(), *plug_ins()):
        try:
            schema = strategy_schema(name)
        except (Exception, SystemExit) as error:
            from backtester.log import tell

            tell(f"the strategy {name} is left out, it cannot be loaded: {type(error).__name__}\n")
            continue
        listed.append({"name": name, "description": schema.get("description", ""), "parameters": schema})
    return Answer(exit_code=0, document=encode(listed, pretty=pretty))


def list_symbols(*, pretty: bool) -> Answer:
    """Return the symbols whose prices need no network, sorted: where from, what they are, from when to when."""
    from backtester.prices.listing import listing

    try:
        return Answer(exit_code=0, document=encode(listing(read_settings()), pretty=pretty))
    except SettingsError as error:
        return wrong_settings(error)
    except BacktestError as error:  # a damaged sample
        return Answer(exit_code=error.exit_code, document=encode_error(error, None, pretty=pretty))


def version(*, verbose: bool) -> str:
    """Return the version, and what an operator asks next: which libraries, which folders, what the sandbox can do."""
    if not verbose:
        return f"backtest-runner {__version__}\n"
    from backtester.about import about

    try:
        return about(read_settings())
    except SettingsError as error:
        return f"backtest-runner {__version__}\nthe operator's settings are wrong: {error}\n"


def wrong_settings(error: SettingsError) -> Answer:
    """Return the document for an environment variable that cannot be read."""
    return crashed(f"the operator's settings are wrong: {error}")


def usage_error(argument: str) -> Answer:
    """Return the document for a flag that does not exist."""
    if argument == "--verbose":
        return refusal("--verbose goes with --version only")
    if argument in FLAGS:
        return refusal(f"{argument} goes with --worker or --batch only; --help tells more")
    return refusal(f"unknown argument {argument[:40]!a}{did_you_mean(nearest(argument, FLAGS))}; --help lists them")


def refusal(detail: str) -> Answer:
    """Return the document for flags that make no sense."""
    return Answer(exit_code=2, document=encode(RequestError("VALIDATION_FAILED", detail).as_document()))


def print_text(text: str) -> NoReturn:
    """Print what was asked for instead of a run, and leave."""
    sys.stdout.write(text)
    leave(0)


def leave(code: int) -> NoReturn:
    """End the process now, flushed."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
