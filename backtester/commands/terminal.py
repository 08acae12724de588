"""`--summary`: a run's document as a person reads it, in the document's place on a terminal and on stderr elsewhere."""

from __future__ import annotations

import json
import os
import sys
from typing import TextIO

from backtester.report.summary import summary
from backtester.runtime.stdio import write_stderr
from backtester.settings import of_libraries

_HOW_TO_KEEP_IT = "Document            not shown on a terminal; > result.json writes it\n"


def instead_of(document: bytes, terminal: int) -> bytes:
    """Return the lines that stdout, a terminal, gets in place of a document of some hundred kilobytes."""
    said = json.loads(document)
    text = _lines(said, sys.stdout, terminal) + (_HOW_TO_KEEP_IT if said["success"] else "")
    return text.encode(getattr(sys.stdout, "encoding", None) or "ascii", "replace")


def write_lines(document: bytes) -> None:
    """Write the lines to stderr, where there is one."""
    if sys.stderr is not None:
        write_stderr(_lines(json.loads(document), sys.stderr, 2))


def _lines(document: dict[str, object], stream: TextIO | None, descriptor: int) -> str:
    encoding = getattr(stream, "encoding", None) or ""
    unicode = encoding.lower().replace("-", "") == "utf8"
    return summary(document, colour=_has_colour(descriptor), unicode=unicode)


def _has_colour(descriptor: int) -> bool:
    """Tell whether to write colours, by the custom of NO_COLOR (which wins), FORCE_COLOR, and the terminal."""
    if of_libraries("NO_COLOR"):
        return False
    forced = of_libraries("FORCE_COLOR")
    if forced:
        return forced[0] not in ("0", "false")
    return os.isatty(descriptor) and of_libraries("TERM") != ("dumb",)
