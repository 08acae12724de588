"""What the operator is told on stderr. The caller's document never has it."""

from __future__ import annotations

import contextlib
import sys

_HINT = """\
The working process gives up what a run does not need, files and connections among it. If this code is yours and needs
a folder, name it in BACKTEST_SANDBOX_READ; BACKTEST_SANDBOX=off keeps everything.
"""


class AlreadyReportedError(Exception):
    """A failure that the operator's log has already."""


def report_internal(error: BaseException) -> None:
    """Leave the traceback on stderr, for the operator; the document never has it."""
    if isinstance(error, AlreadyReportedError):
        return
    import traceback

    tell("".join(traceback.format_exception(error)))
    if isinstance(error, PermissionError):
        tell(_HINT)


def tell(text: str) -> None:
    """Write to stderr, where there is one and somebody reads it."""
    if sys.stderr is not None:  # it was closed before we began
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(text)
            sys.stderr.flush()
