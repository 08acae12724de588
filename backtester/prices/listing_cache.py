"""What a list of symbols says of files that have not changed, cached in a folder. Reading one takes milliseconds.

A file is known by its device, inode, size and times. Where the cache cannot be read or written, the files are read.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from backtester._version import __version__
from backtester.model.errors import RunWarning

FILE_NAME = "listing.json"
_SAVED_EVERY = 256  # files that were read: a first list of thousands may be ended before its end


class Extent(NamedTuple):
    """What a list says of one history. updated: epoch seconds of the file, or when the source was asked last."""

    first: str  # ISO date
    last: str
    sessions: int
    unadjusted: bool  # returns leave dividends out
    updated: float


class ListingCache:
    """What is known of files, by a name for each and its version. `save` keeps what was asked for since."""

    def __init__(self, folder: str) -> None:
        self._path = os.path.join(folder, FILE_NAME)
        self._known = self._read()
        self._used: dict[str, Any] = {}
        self._new = 0

    def get(self, name: str, version: list[int]) -> Any | None:
        """Return what was put under a name for this version of its file; None where nothing was."""
        entry = self._known.get(name)
        if not isinstance(entry, dict) or entry.get("version") != version:
            return None
        self._used[name] = entry
        return entry.get("found")

    def put(self, name: str, version: list[int], found: Any) -> None:
        """Remember what was found in this version of a file: anything that JSON can say, but None."""
        self._used[name] = {"version": version, "found": found}
        self._new += 1
        if self._new % _SAVED_EVERY == 0:
            self._write({**self._known, **self._used})

    def save(self) -> None:
        """Write what was used, in one piece; nothing where nothing is new or the folder cannot be written."""
        if self._used != self._known:
            self._write(self._used)

    def _write(self, files: dict[str, Any]) -> None:
        import tempfile  # only who has something to write pays for it

        content = json.dumps({"engine": __version__, "files": files}, separators=(",", ":"))
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            descriptor, path = tempfile.mkstemp(prefix=f"{FILE_NAME}.", dir=os.path.dirname(self._path))
            try:
                with open(descriptor, "w", encoding="ascii") as file:
                    file.write(content)
                os.replace(path, self._path)
            except OSError:
                os.unlink(path)

    def _read(self) -> dict[str, Any]:
        try:
            with open(self._path, encoding="ascii") as file:
                document = json.load(file)
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(document, dict) or document.get("engine") != __version__:  # it may have read them otherwise
            return {}
        files = document.get("files")
        return files if isinstance(files, dict) else {}


def is_unadjusted(warnings: Iterable[RunWarning]) -> bool:
    """Return whether a history says that its returns leave dividends out."""
    return any(warning.code == "UNADJUSTED_PRICES" for warning in warnings)
