"""What came of a command: for people a table and sentences, for machines one JSON document."""

from __future__ import annotations

import argparse
import functools
import json
from typing import Any

from backtester.model.codes import ERROR_CODES
from backtester.prices.store.stored_history import StoredHistory, as_date
from backtester.runtime.stdio import CANCELLED_EXIT, explain, write_stderr, write_stdout
from backtester.settings import Settings, read_settings

_MOST_SHOWN = 100
_REMEDIES = {  # where that of the code is about requests
    "VALIDATION_FAILED": "`prices --help` has examples.",
    "SYMBOL_NOT_FOUND": "`prices list` shows what is at hand.",
    "DATA_SOURCE_UNAVAILABLE": "`prices import` takes files, which need no network.",
    "PRICES_UNREADABLE": "Correct the file, or export it anew: docs/reference/csv-layouts.md has the known columns.",
}


class Command:
    """The options of a command, and what is to be told of it at the end. Its errors are told as they come."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.document: Any = {}  # without `success` and `errors`
        self.text = ""
        self.exit_code = 0
        self._errors: list[dict[str, Any]] = []
        self._last_remedy = ""

    @functools.cached_property
    def settings(self) -> Settings:
        """The operator's settings. SettingsError."""
        return read_settings()

    def fail(self, error: BaseException, **about: str) -> None:
        """Tell of an error, and go on. about: the `symbol` or `file`."""
        found = explain(error)
        remedy = found.remedy
        if remedy == ERROR_CODES[found.code].remedy:
            remedy = _REMEDIES.get(found.code, remedy)
        self._errors.append({**about, "code": found.code, "detail": found.detail, "remedy": remedy})
        self.exit_code = max(self.exit_code, found.exit_code)
        if not self.options.json:
            where = "".join(f"{shown(name)}: " for name in about.values() if shown(name) not in found.detail)
            again = "" if remedy == self._last_remedy else f"{remedy} "  # of many files one after the other
            write_stderr(f"prices: {where}{found.detail} {again}[{found.code}]\n")
            self._last_remedy = remedy

    @property
    def failed_symbols(self) -> set[str]:
        """The symbols that an error was told of."""
        return {error["symbol"] for error in self._errors if "symbol" in error}

    def note(self, sentence: str) -> None:
        """Tell a person what goes on."""
        write_stderr(f"prices: {sentence}\n")

    def write(self) -> int:
        """Write what came of it on stdout; return the exit status."""
        text = self.text
        if self.options.json:
            document = self.document
            if self._errors or isinstance(document, dict):
                found = document if isinstance(document, dict) else {}
                document = {"success": not self._errors, **found, "errors": self._errors}
            text = json.dumps(document, indent=2) + "\n"
        return self.exit_code if write_stdout(text) else CANCELLED_EXIT


def extent(stored: StoredHistory) -> dict[str, Any]:
    """Return first, last (ISO dates, null where there is none) and the number of the sessions of a stored history."""
    ends = [as_date(stored.days[at]).isoformat() for at in (0, -1)] if len(stored.days) else [None, None]
    return {"first": ends[0], "last": ends[1], "sessions": len(stored.days)}


def shown(text: str) -> str:
    """Return a name that somebody else chose, safe for any terminal, and not longer than 100 characters."""
    safe = "".join(mark if mark.isascii() and mark.isprintable() else "?" for mark in text)
    return safe if len(safe) <= _MOST_SHOWN else safe[: _MOST_SHOWN - 3] + "..."
