"""From stdin to stdout: flags, exit codes, and the one document."""

from __future__ import annotations

import gc
import os
import sys
from typing import NoReturn

from backtester._version import __version__
from backtester.codec.document import encode, encode_error
from backtester.model.errors import RequestError, did_you_mean, nearest
from backtester.runtime.progress import Bar, Events
from backtester.runtime.running_request import Output
from backtester.runtime.single_run import supervise
from backtester.runtime.stdio import (
    CANCELLED_EXIT,
    deliver,
    drain,
    explain,
    give_stdout_back,
    is_open,
    leave,
    take_stdout,
    write_stderr,
)
from backtester.settings import SettingsError, read_settings

USAGE = """\
Run a backtest: one JSON request on stdin, one JSON result on stdout.

  .venv/bin/python -m backtester < request.json > result.json
  .venv/bin/python -m backtester run FILE                run the request in FILE, or with - the one on stdin
  .venv/bin/python -m backtester golden DIR [--update]   run DIR/*/request.json, compare with result.json
  .venv/bin/python -m backtester report result.json      a page for people, one HTML file that opens offline
  .venv/bin/python -m backtester convert --help          a symphony of Composer as a request of the strategy rules
  .venv/bin/python -m backtester prices --help           import, list, remove, check and fetch prices
  .venv/bin/python -m backtester serve --help            the service on this machine; its parts: api, sockets, work
  .venv/bin/python -m backtester keys --help             create, list and revoke the service's API keys
  .venv/bin/python -m backtester mcp --help              tools for AI assistants, over stdio or HTTP

  --worker            stay alive: one request a line in, one result a line out; cancel "ID" cancels one
  --batch             NDJSON in, NDJSON out, as they are finished
  --jobs N            processes of --worker (1) and --batch (the number of cores)
  --progress          progress events, one JSON object a line, on stderr (or on BACKTEST_PROGRESS_FD)
  --pretty            indent the document
  --summary           a dozen lines for people: on a terminal in the document's place, else on stderr after it;
                      a bar on the terminal meanwhile
  --exit-zero         exit 0 whatever the document says
  --list-strategies   the strategies with the schemas of their parameters, as JSON
  --list-symbols      the symbols whose prices are at hand, in store, CSV folder and sample, as JSON
  --version           the version; with --verbose also the libraries, the folders and what the sandbox can do here
  --help              this text

exit: 0 success, 1 internal error, 2 invalid request, 3 no data, 4 a limit was hit, 5 cancelled
"""
_TEXTS = ("--list-strategies", "--list-symbols", "--version", "--verbose", "--help")
_OF_A_RUN = ("--progress", "--pretty", "--summary", "--exit-zero")
_OWN = (*_OF_A_RUN, *_TEXTS)
FLAGS = (*_OWN, "--worker", "--batch", "--jobs")
COMMANDS = ("run", "golden", "report", "convert", "prices", "serve", "api", "sockets", "work", "keys", "mcp")


def main(argv: list[str] | None = None) -> NoReturn:
    """Run the command line and end the process, without the teardown that would take as long as a run."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments and arguments[0] in ("golden", "report", "convert", "prices"):
        leave(_other(arguments[0], arguments[1:]))
    known = [argument for argument in arguments if argument in _OWN]
    if ("--help" in known or "-h" in arguments) and not _strange(arguments):
        from backtester.model.environment import as_typed_here

        print_text(as_typed_here(USAGE))
    if "--version" in known:
        print_text(version(verbose="--verbose" in known))
    gc.disable()  # a process that lives a tenth of a second has no cycles worth looking for
    inherited = [descriptor for descriptor in range(256) if is_open(descriptor)] if "--progress" in known else []
    drawn = "--summary" in known and "--progress" not in known and os.isatty(2)
    stdout = take_stdout()
    lists = "--list-strategies" in known or "--list-symbols" in known
    pretty = "--pretty" in known or (lists and os.isatty(stdout))  # a person reads no line of thousands of characters
    listed, summary = False, "--summary" in known
    try:
        refused = _command_line(arguments)
        if refused is not None:
            output = refused
        elif listed := "--list-strategies" in known:
            output = list_strategies(pretty=pretty)
        elif listed := "--list-symbols" in known:
            output = list_symbols(pretty=pretty)
        else:
            output = run(stdout, progress_to=inherited if "--progress" in known else None, drawn=drawn, pretty=pretty)
    except Exception:
        give_stdout_back(stdout)
        raise
    leave(_answer(stdout, output, summary=summary and not listed, exit_zero="--exit-zero" in known))


def _strange(arguments: list[str]) -> bool:
    """Return whether the first argument is no flag and no command: its refusal helps more than the general text."""
    return bool(arguments) and arguments[0] not in (*FLAGS, "-h", *COMMANDS)


def _command_line(arguments: list[str]) -> Output | None:
    """Open the FILE of `run` in place of stdin. Return the output where the arguments make no sense."""
    if arguments[:1] == ["run"]:
        from backtester.commands.request_file import is_flag, read_from

        files = [argument for argument in arguments[1:] if not is_flag(argument)]
        flags = [argument for argument in arguments[1:] if is_flag(argument)]
        strange = [flag for flag in flags if flag not in _OF_A_RUN]
        if strange:
            return usage_error(strange[0]) if strange[0] not in _OWN else refusal(f"{strange[0]} does not go with run.")
        if len(files) != 1:
            return refusal(f"run takes one FILE, or - for stdin, not {len(files)}. --help tells more.")
        try:
            read_from(files[0])
        except RequestError as error:
            return failed(error, pretty="--pretty" in flags)
        return None
    unknown = [argument for argument in arguments if argument not in _OWN or argument == "--verbose"]
    return usage_error(unknown[0]) if unknown else None


def _answer(stdout: int, output: Output, *, summary: bool, exit_zero: bool) -> int:
    """Write the document and, where it is wanted, its summary. Return the exit status."""
    document = output.document
    if document is not None and summary and os.isatty(stdout):
        from backtester.commands.terminal import instead_of

        document, summary = instead_of(document, stdout), False
    delivered = document is not None and deliver(stdout, document)
    if output.exit_code != CANCELLED_EXIT:  # a caller who cancelled does not expect to be read to the end
        drain(0)
    if document is None or not delivered:
        return CANCELLED_EXIT
    if summary:
        from backtester.commands.terminal import write_lines

        write_lines(document)
    return 0 if exit_zero else output.exit_code


def _other(name: str, arguments: list[str]) -> int:
    """Run a command that is no backtest of stdin; return its exit status."""
    if name == "golden":
        from backtester.commands.golden import main as golden

        return golden(arguments)
    if name == "report":
        from backtester.commands.report import main as report

        return report(arguments)
    if name == "convert":
        from backtester.commands.convert import main as convert

        return convert(arguments)
    from backtester.runtime.numpy_import import import_numpy
    from backtester.runtime.signals import hold_back

    hold_back()  # over the slow imports, until the command can say that it was stopped
    import_numpy()
    from backtester.commands.prices.command_line import main as prices

    return prices(arguments)


def run(stdout: int, *, progress_to: list[int] | None, drawn: bool, pretty: bool) -> Output:
    """Supervise one run from stdin.

    progress_to: the descriptors that the caller opened; None: no progress. drawn: show it as a bar on stderr.
    """
    try:
        settings = read_settings()
    except SettingsError as error:
        return failed(error)
    if sys.stdin is not None and sys.stdin.isatty():
        write_stderr("Reading a request from the terminal. End it with Ctrl-D. --help tells more.\n")
    descriptor = 2 if settings.progress_fd is None else settings.progress_fd
    # a number that the caller did not open may by now be a pipe of ours: then there is no listener
    listened_to = progress_to is not None and descriptor in progress_to
    events = Bar(2) if drawn else Events(descriptor if listened_to else None)
    try:
        return supervise(settings, events, source=0, caller=stdout, pretty=pretty)
    except Exception as error:  # with a broken module of the standard library even its ladder may fail
        return failed(explain(error), pretty=pretty)


def list_strategies(*, pretty: bool) -> Output:
    """Return name, description and parameter schema of every strategy, plug-ins included."""
    try:
        from backtester.runtime.plug_ins.strategy_listing import listed_strategies

        listed, left_out = listed_strategies(read_settings())
    except Exception as error:  # wrong settings, little memory
        return failed(error, pretty=pretty)
    for sentence in left_out:
        write_stderr(sentence)
    return Output(exit_code=0, document=encode(listed, pretty=pretty))


def list_symbols(*, pretty: bool) -> Output:
    """Return the symbols whose prices need no network, sorted: where from, what they are, from when to when."""
    try:
        from backtester.runtime.numpy_import import import_numpy

        import_numpy()
        from backtester.prices.listing import listing

        return Output(exit_code=0, document=encode(listing(read_settings()), pretty=pretty))
    except Exception as error:  # wrong settings, a damaged sample, a Python without numpy
        return failed(error, pretty=pretty)


def version(*, verbose: bool) -> str:
    """Return the version, and what an operator asks next: which libraries, which folders, what the sandbox can do."""
    if not verbose:
        return f"backtest-runner {__version__}\n"
    from backtester.runtime.numpy_import import import_numpy

    import_numpy()
    from backtester.commands.version import about

    try:
        return about(read_settings())
    except SettingsError as error:
        return f"backtest-runner {__version__}\nthe operator's settings are wrong: {error}\n"


def usage_error(argument: str) -> Output:
    """Return the document for an argument that is none, such as a file without `run`."""
    if argument == "--verbose":
        return refusal("--verbose goes with --version only.")
    if argument in FLAGS:
        return refusal(f"{argument} goes with --worker or --batch only. --help tells more.")
    if argument in COMMANDS:
        return refusal(f"{argument} is a command and has to stand first, before every flag.")
    from backtester.commands.request_file import did_you_mean_its_content

    file = did_you_mean_its_content(argument)
    if file:
        return refusal(
            f"Unknown argument {argument[:40]!a}{file}", "Name the file after `run`, or after the shell's `<`."
        )
    meant = did_you_mean(nearest(argument, (*FLAGS, *COMMANDS)))
    if meant == "." and not argument.startswith("-"):
        meant = ": there is no such command and no such file."
    return refusal(f"Unknown argument {argument[:40]!a}{meant} --help lists all.")


def refusal(detail: str, remedy: str = "Correct the flags. `--help` lists them.") -> Output:
    """Return the output for flags that make no sense."""
    return failed(RequestError("VALIDATION_FAILED", detail, remedy=remedy))


def failed(error: Exception, *, pretty: bool = False) -> Output:
    """Return the output of a command that ends in an error."""
    found = explain(error)
    return Output(found.exit_code, encode_error(found, None, pretty=pretty))


def print_text(text: str) -> NoReturn:
    """Print what was asked for instead of a run, and leave."""
    leave(0 if deliver(take_stdout(), text.encode("utf-8", "replace")) else CANCELLED_EXIT)
