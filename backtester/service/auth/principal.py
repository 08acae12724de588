"""The authenticated caller: its owner and its scopes."""

from __future__ import annotations

from backtester.model.errors import AccessError
from backtester.model.record import Record

SCOPES = ("run", "read", "priority", "metrics")
LONGEST_OWNER = 128
LATEST_TIME = 253_402_300_799  # the end of the year 9999, Unix time


class Principal(Record):
    """An authenticated caller."""

    owner: str  # of its jobs
    scopes: frozenset[str]  # of SCOPES
    key: str  # stable, for rate limits and logs: key:<id>, token:<owner> or local
    expires_at: float | None  # Unix time; None: never

    def require(self, scope: str) -> None:
        """AccessError FORBIDDEN where the scope is missing."""
        if scope not in self.scopes:
            raise AccessError("FORBIDDEN", f"This key or token lacks the scope {scope}. Send one that has it.")


LOCAL = Principal(owner="local", scopes=frozenset(SCOPES), key="local", expires_at=None)


def is_owner(text: str) -> bool:
    """Return whether a text can be an owner: 1 to 128 printable characters, no white space among them."""
    return 0 < len(text) <= LONGEST_OWNER and text.isprintable() and " " not in text
