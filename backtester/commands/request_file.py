"""The file of `run FILE`, which takes the place of stdin as it does after the shell's `<`."""

from __future__ import annotations

import os
import stat

from backtester.model.errors import MAX_ECHO_CHARACTERS, RequestError, did_you_mean, echo, nearest

STDIN = "-"
_JSON = ".json"
_OF_PRICES = (".csv", ".csv.gz", ".parquet")


def read_from(name: str) -> None:
    """Open a file as descriptor 0; `-` leaves stdin as it is. RequestError where it cannot be read.

    A FIFO is read like a pipe on stdin: its first byte is waited for where the request is read, not here.
    """
    if name == STDIN:
        return
    if name.lower().endswith(_OF_PRICES):
        raise _refused(
            f"{shown(name)} is a file of prices, not a request.",
            "Take its prices in with `prices import`, and name a file that holds one request.",
        )
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(name, flags)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    try:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise _refused(f"{shown(name)} is a folder.")
        if hasattr(os, "O_NONBLOCK"):
            os.set_blocking(descriptor, True)
        os.dup2(descriptor, 0)
    finally:
        if descriptor != 0:
            os.close(descriptor)


def shown(name: str) -> str:
    """Return a name as a message may repeat it: quoted, ASCII, not long."""
    return ascii(echo(name))


def is_flag(argument: str) -> bool:
    """Tell a flag from the name of a file."""
    return argument.startswith("-") and argument != STDIN


def did_you_mean_its_content(argument: str) -> str | None:
    """Return the end of a sentence for a file, or a pipe such as `<(command)`, that was named without `run`."""
    if not os.path.exists(argument) or os.path.isdir(argument):
        return None
    import shlex

    name = shlex.quote(argument) if argument.isascii() and len(argument) <= MAX_ECHO_CHARACTERS else "FILE"
    return f". Did you mean `< {name}`, or `run {name}`?"


def _unreadable(name: str, error: OSError | ValueError) -> RequestError:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return _refused(f"There is no file {shown(name)}{did_you_mean(_beside(name))}")
    reason = (getattr(error, "strerror", None) or "this is no name of a file").lower()
    return _refused(f"{shown(name)} cannot be read: {reason}.")


def _refused(detail: str, remedy: str = "Name a file that holds one request, or - for stdin.") -> RequestError:
    return RequestError("VALIDATION_FAILED", detail, remedy=remedy)


def _beside(name: str) -> str | None:
    """Return the JSON file in the same folder whose name is nearest, its extension aside."""
    folder, base = os.path.split(name)
    try:
        files = [entry.name for entry in os.scandir(folder or ".") if entry.name.endswith(_JSON) and entry.is_file()]
    except OSError:
        return None
    found = nearest(os.path.splitext(base)[0], [file.removesuffix(_JSON) for file in files])
    return os.path.join(folder, found + _JSON) if found else None
