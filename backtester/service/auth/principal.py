"""Who is asking, and what they may: the one answer that every way in gives."""

from __future__ import annotations

from backtester.model.errors import AccessError
from backtester.model.record import Record

SCOPES = ("run", "read", "priority", "metrics")
LONGEST_OWNER = 128
LATEST_TIME = 253_402_300_799  # the end of the year 9999, Unix time


class Principal(Record):
    """Somebody who was let in."""

    owner: str  # whose the jobs are
    scopes: frozenset[str]  # of SCOPES
    key: str  # stable, for rate limits and logs: key:<id>, token:<owner> or local
    expires_at: float | None  # Unix time; None: never

    def require(self, scope: str) -> None:
        """Go on if the caller has the scope; AccessError FORBIDDEN otherwise."""
        if scope not in self.scopes:
            raise AccessError("FORBIDDEN", f"this needs the scope {scope}")


LOCAL = Principal(owner="local", scopes=frozenset(SCOPES), key="local", expires_at=None)


def is_owner(text: str) -> bool:
    """Say whether a text can be an owner: 1 to 128 printable characters, no white space among them."""
    return 0 < len(text) <= LONGEST_OWNER and text.isprintable() and " " not in text
