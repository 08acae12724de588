"""Answers where no module of the standard library can be relied on: the document is put together by hand."""

from __future__ import annotations

import sys

_DOCUMENT = (
    '{"success":false,"schema_version":"1","type":"/errors/environment",'
    '"title":"The Python environment is incomplete","status":500,"code":"ENVIRONMENT",'
    '"detail":"%s","remedy":"%s","retryable":false,"errors":[]}\n'
)


def refuse_shadowed(arguments: list[str], detail: str, remedy: str) -> int:
    """Write the error to stdout, with `--worker` and `--batch` for each line of stdin; return the exit status.

    A command without documents has it on stderr.
    """
    if arguments and not arguments[0].startswith("-") and arguments[0] != "run":
        sys.stderr.write(f"{detail} {remedy}\n")
        return 1
    document = (_DOCUMENT % (_escaped(detail), _escaped(remedy))).encode("ascii")
    by_line = "--worker" in arguments or "--batch" in arguments
    for line in sys.stdin.buffer if by_line else [b"{}"]:
        if line.strip() and not line.startswith(b"cancel "):
            sys.stdout.buffer.write(document)
            sys.stdout.buffer.flush()
    return 0 if "--exit-zero" in arguments or "--worker" in arguments else 1


def _escaped(text: str) -> str:
    """Return a text as the inside of a JSON string in ASCII."""
    units = text.encode("utf-16-be")
    codes = [units[at] << 8 | units[at + 1] for at in range(0, len(units), 2)]
    return "".join(chr(code) if 32 <= code < 127 and code not in (34, 92) else f"\\u{code:04x}" for code in codes)
