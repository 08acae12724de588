"""Answers every request with one error, where the environment lets none be run. Python 2.7 reads this file too.

That a Python is too old has to be said by that very Python: `backtest_runner.py`, `backtester/__init__.py`,
`backtester/__main__.py` and this file keep to what all of them understand.
"""

import collections
import json
import os
import signal
import subprocess
import sys

MYPY = False
if MYPY:
    from collections.abc import Callable
    from typing import Any

OLDEST = (3, 11)  # as pyproject.toml has it
_NEW_ENOUGH = "import ensurepip, sys; sys.exit(sys.version_info < %r)" % (OLDEST,)
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_MOST_BYTES = 1 << 26
_LONGEST_ID = 128
_UNICODE = type(b"".decode("ascii"))  # Python 2 calls it unicode
_TEXTS = ("--help", "-h", "--version", "--list-strategies", "--list-symbols")
_CANCELLED_EXIT = 5


def of_old_python(arguments):
    # type: (list[str]) -> int
    """Say that this Python is too old: in documents on stdout, or in a line on stderr for a command without them."""
    detail, remedy = old_python()
    if arguments and not arguments[0].startswith("-") and arguments[0] != "run":
        sys.stderr.write("%s %s\n" % (detail, remedy))
        return 1

    def document(request_id):
        # type: (str | None) -> dict[str, Any]
        return environment_document(detail, remedy, request_id)

    return refuse_all(arguments, document, 1, source=0, sink=1)


def refuse_all(arguments, document, status, source, sink):
    # type: (list[str], Callable[[str | None], dict[str, Any]], int, int, int) -> int
    """Write `document(request_id)` for the request on the descriptor `source`, or for each line of it.

    Returns the exit status: with `--worker` 0, however many were refused.
    """
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: os._exit(_CANCELLED_EXIT))
    by_line = "--worker" in arguments or "--batch" in arguments
    refused = False
    try:
        with os.fdopen(source, "rb") as requests, os.fdopen(sink, "wb") as answers:
            for raw in _lines(requests) if by_line else [_whole(requests, arguments)]:
                answers.write(_encoded(document(_request_id(raw)), "--pretty" in arguments and not by_line))
                answers.flush()
                refused = True
    except (IOError, OSError):  # the reader has gone
        return _CANCELLED_EXIT
    return 0 if "--exit-zero" in arguments or "--worker" in arguments or not refused else status


def environment_document(detail, remedy, request_id):
    # type: (str, str, str | None) -> dict[str, Any]
    """Return the error document of ENVIRONMENT. A test compares it with that of `model.errors`."""
    document = collections.OrderedDict(
        [
            ("success", False), ("schema_version", "1"), ("type", "/errors/environment"),
            ("title", "The environment does not allow a run"), ("status", 500), ("code", "ENVIRONMENT"),
            ("detail", detail), ("remedy", remedy), ("retryable", False), ("errors", []),
        ]
    )  # type: dict[str, Any]  # fmt: skip
    if request_id is not None:
        document["request_id"] = request_id
    return document


def old_python():
    # type: () -> tuple[str, str]
    """Return the detail and the remedy for a Python that is older than OLDEST."""
    oldest = ".".join(map(str, OLDEST))
    detail = "%s is Python %s. The runner needs Python %s or newer." % (
        _text(sys.executable) or "This interpreter", ".".join(map(str, sys.version_info[:3])), oldest,
    )  # fmt: skip
    if not os.path.exists(os.path.join(_ROOT, "Makefile")) or os.name == "nt":
        return detail, "Install the runner for a Python %s or newer, and set PYTHON_PATH to that." % oldest
    python = os.path.join(_ROOT, ".venv", "bin", "python")
    names = ["python3.%d" % minor for minor in range(OLDEST[1], OLDEST[1] + 9)]  # found by PATH
    names[:0] = [python, "python3"]
    found = next((name for name in names if _runs(name, "-c", _NEW_ENOUGH)), None)
    used, root = found or "python" + oldest, _quoted(_ROOT)
    if _runs("make", "--version"):
        command = "make -C %s%s demo" % (root, "" if used == python else " PYTHON=" + used)
    else:
        command = "%s -m venv %s/.venv && %s -m pip install %s" % (_quoted(used), root, _quoted(python), root)
    first = "Run" if found else "Install Python %s or newer. Run" % oldest
    return detail, "%s `%s`, and start the runner with %s (PYTHON_PATH)." % (first, command, _text(python))


def _runs(*command):
    # type: (str) -> bool
    """Try it: a version manager's shim has the name of what may not be there."""
    try:
        with open(os.devnull, "r+b") as null:
            return subprocess.call(command, stdin=null, stdout=null, stderr=null) == 0  # noqa: S603
    except (IOError, OSError):
        return False


def _quoted(word):
    # type: (str) -> str
    return "'%s'" % _text(word).replace("'", "'\\''") if set(word) & set(" \t\"'$&;()<>|*?`\\") else _text(word)


def _text(path):
    # type: (Any) -> str
    """Return a path as text that JSON can carry, whatever its bytes are."""
    if isinstance(path, bytes):  # Python 2
        return path.decode("utf-8", "replace")
    return path.encode("utf-8", "replace").decode("utf-8") if path else ""


def _whole(requests, arguments):
    # type: (Any, list[str]) -> Any
    """Return the request on stdin; nothing where none is to come."""
    none = "run" in arguments[:1] or set(arguments) & set(_TEXTS) or requests.isatty()
    return b"" if none else requests.read(_MOST_BYTES)


def _lines(requests):
    # type: (Any) -> Any
    """Yield each line that is a request, as it arrives."""
    for line in iter(lambda: requests.readline(_MOST_BYTES), b""):
        if line.strip() and not line.startswith(b"cancel "):
            yield line


def _request_id(raw):
    # type: (bytes) -> str | None
    try:
        document = json.loads(raw.decode("utf-8"))
    except (ValueError, RuntimeError):  # RuntimeError: nested too deeply
        return None
    found = document.get("request_id") if isinstance(document, dict) else None
    return found if isinstance(found, _UNICODE) and 0 < len(found) <= _LONGEST_ID else None


def _encoded(document, pretty):
    # type: (dict[str, Any], bool) -> bytes
    layout = {"indent": 2, "separators": (",", ": ")} if pretty else {"separators": (",", ":")}  # type: dict[str, Any]
    return (json.dumps(document, **layout) + "\n").encode("ascii")
