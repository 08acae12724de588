"""Answers where no module of the standard library can be relied on, or imported: documents are put together by hand."""

from __future__ import annotations

import sys

_DOCUMENT = (
    '{"success":false,"schema_version":"1","type":"/errors/%s",'
    '"title":"%s","status":%d,"code":"%s",'
    '"detail":"%s","remedy":"%s","retryable":false,"errors":[]}\n'
)


def refuse_shadowed(arguments: list[str], detail: str, remedy: str) -> int:
    """Answer where a file stands in the place of a standard module; return the exit status."""
    about = ("environment", "The environment does not allow a run", 500, "ENVIRONMENT")
    return _refuse(arguments, about, detail, remedy, status=1)


def refuse_without_memory(arguments: list[str]) -> int:
    """Answer where memory ended before the runner was imported; return the exit status.

    A test compares the document with that of `model.errors`.
    """
    about = ("memory-limit", "The run needed too much memory", 507, "MEMORY_LIMIT")
    remedy = "Raise the limit of its memory (`ulimit -v`, or that of the container)."
    return _refuse(arguments, about, "The process needed more memory than it may have.", remedy, status=4)


def _refuse(arguments: list[str], about: tuple[str, str, int, str], detail: str, remedy: str, *, status: int) -> int:
    """Write the error to stdout, with `--worker` and `--batch` for each line of stdin; return the exit status.

    A command without documents has it on stderr.
    """
    if arguments and not arguments[0].startswith("-") and arguments[0] != "run":
        sys.stderr.write(f"{detail} {remedy}\n")
        return status
    document = (_DOCUMENT % (*about, _escaped(detail), _escaped(remedy))).encode("ascii")
    by_line = "--worker" in arguments or "--batch" in arguments
    for line in sys.stdin.buffer if by_line else [b"{}"]:
        if line.strip() and not line.startswith(b"cancel "):
            sys.stdout.buffer.write(document)
            sys.stdout.buffer.flush()
    return 0 if "--exit-zero" in arguments or "--worker" in arguments else status


def _escaped(text: str) -> str:
    """Return a text as the inside of a JSON string in ASCII."""
    units = text.encode("utf-16-be")
    codes = [units[at] << 8 | units[at + 1] for at in range(0, len(units), 2)]
    return "".join(chr(code) if 32 <= code < 127 and code not in (34, 92) else f"\\u{code:04x}" for code in codes)
