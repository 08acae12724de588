"""One API key: its text, which only its holder has, and its record in the key file.

A key reads `btk_<id>_<secret>`: the id is 12 characters of base32, the secret 32 random bytes in URL-safe base64. The
record holds the SHA-256 of the secret. A slow hash such as Argon2 makes guessing expensive where people chose the
secret; 256 random bits cannot be guessed, and every request would pay for it.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from typing import Any

from backtester.model.record import Record
from backtester.service.auth.principal import LATEST_TIME, SCOPES, Principal, is_owner

KEY_PREFIX = "btk_"
FORMER_PREFIX = "bt_"  # of keys in files of version 1
VERSION = 2
LONGEST_NAME = 128

_ID_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_ID = re.compile(r"[a-z2-7]{12}")
_TEXT = re.compile(r"btk_([a-z2-7]{12})_([A-Za-z0-9_-]{43})")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class KeyRecord(Record):
    """The record of a key. Times are Unix times in whole seconds."""

    id: str
    owner: str
    name: str  # a note for people, may be empty
    scopes: tuple[str, ...]  # in the order of SCOPES
    sha256: str  # of the secret, hexadecimal
    created: int
    expires: int | None
    revoked: int | None

    def status(self, now: float) -> str:
        """Return `valid`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and now >= self.expires else "valid"

    def principal(self) -> Principal:
        """Return the holder of the key."""
        return Principal(owner=self.owner, scopes=frozenset(self.scopes), key=f"key:{self.id}", expires_at=self.expires)


def new_id() -> str:
    """Draw an id."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(12))


def new_secret() -> str:
    """Draw a secret of 256 bits, 43 characters."""
    return secrets.token_urlsafe(32)


def key_text(key_id: str, secret: str) -> str:
    """Return the key as its holder sends it."""
    return f"{KEY_PREFIX}{key_id}_{secret}"


def split_key(text: str) -> tuple[str, str] | None:
    """Return a key's id and secret; None for a text that is no key."""
    match = _TEXT.fullmatch(text)
    return None if match is None else (match[1], match[2])


def digest(secret: str) -> str:
    """Return the SHA-256 of the secret's characters, hexadecimal: not of its bytes, which have four spellings."""
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def read_records(data: bytes) -> dict[str, KeyRecord]:
    """Read a key file strictly: an entry that is not understood may have been meant to keep a caller out.

    ValueError says what is wrong with the file, and repeats nothing of it but ids.
    """
    try:
        document = json.loads(data, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError):
        raise ValueError("it is not JSON, or repeats a key") from None
    if isinstance(document, dict) and document.get("version") == 1:
        raise ValueError(f"it is of version 1, whose keys begin with {FORMER_PREFIX}; keys now begin with {KEY_PREFIX}")
    if not isinstance(document, dict) or document.keys() != {"version", "keys"} or document["version"] != VERSION:
        raise ValueError(f'it is not {{"version": {VERSION}, "keys": {{…}}}}')
    if not isinstance(document["keys"], dict):
        raise ValueError("`keys` is not an object")
    return {key_id: _read_record(key_id, entry) for key_id, entry in document["keys"].items()}


def write_records(records: dict[str, KeyRecord]) -> bytes:
    """Return the file's bytes, with the keys in the order of their creation."""
    keys = {}
    for key_id, record in records.items():
        keys[key_id] = {**record.as_dict(), "scopes": list(record.scopes)}
        del keys[key_id]["id"]
    return (json.dumps({"version": VERSION, "keys": keys}, indent=2) + "\n").encode("ascii")


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("repeated key")
    return document


def _read_record(key_id: str, entry: Any) -> KeyRecord:
    if not _ID.fullmatch(key_id):
        raise ValueError("one of its ids is not 12 characters of base32")
    parts = ("owner", "name", "scopes", "sha256", "created", "expires", "revoked")
    if not isinstance(entry, dict) or entry.keys() != set(parts):
        raise ValueError(f"the entry {key_id} must have exactly {', '.join(parts)}")
    good = {
        "owner": isinstance(entry["owner"], str) and is_owner(entry["owner"]),
        "name": isinstance(entry["name"], str) and is_name(entry["name"]),
        "scopes": isinstance(entry["scopes"], list) and all(scope in SCOPES for scope in entry["scopes"]),
        "sha256": isinstance(entry["sha256"], str) and _SHA256.fullmatch(entry["sha256"]) is not None,
        "created": _is_time(entry["created"]),
        "expires": entry["expires"] is None or _is_time(entry["expires"]),
        "revoked": entry["revoked"] is None or _is_time(entry["revoked"]),
    }
    for part in parts:
        if not good[part]:
            raise ValueError(f"`{part}` of the entry {key_id} has a wrong value")
    return KeyRecord(id=key_id, **{**entry, "scopes": tuple(entry["scopes"])})


def is_name(text: str) -> bool:
    """Return whether a text can be a key's name: at most 128 printable characters."""
    return len(text) <= LONGEST_NAME and (text == "" or text.isprintable())


def _is_time(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LATEST_TIME
