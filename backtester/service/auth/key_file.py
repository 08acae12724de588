"""The file of API keys: checked with every request, and changed under a lock by the command line.

    {"version": 2, "keys": {"<id>": {"owner", "name", "scopes", "sha256", "created", "expires", "revoked"}}}

A missing file holds no keys. A file that is damaged or cannot be read admits no key, and counts as holding keys, so
that a typing error does not switch authentication off.
"""

from __future__ import annotations

import hmac
import os
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from backtester.model.record import replace
from backtester.service.auth.api_key import (
    LONGEST_NAME,
    KeyRecord,
    digest,
    is_name,
    key_text,
    new_id,
    new_secret,
    read_records,
    split_key,
    write_records,
)
from backtester.service.auth.principal import LATEST_TIME, LONGEST_OWNER, SCOPES, Principal, is_owner

LOOK_SECONDS = 1.0
_UNKNOWN = digest(new_secret())  # compared with the secret of an unknown id, to take the same time


class KeysError(Exception):
    """The key file cannot be read or changed. The text is for the operator, with a remedy."""


class _Seen(NamedTuple):
    """The file as it was last read. trouble: why its keys are not admitted; None while they are."""

    version: tuple[int, int, int] | None  # time of change in ns, size, inode; None: read it again in any case
    records: dict[str, KeyRecord]
    trouble: str | None


class KeyFile:
    """The keys of one file, which may change at any time and need not exist. Threads may share it."""

    def __init__(self, path: str) -> None:
        """Read the file; nothing is raised if that fails, see `trouble`."""
        self.path = path
        self._seen = _Seen(None, {}, None)
        self._look()

    def check(self, text: str) -> Principal | None:
        """Return the holder of a key; None for one that is malformed, unknown, expired or revoked.

        An unknown id takes as long as a wrong secret.
        """
        parts = split_key(text)
        if parts is None:
            return None
        key_id, secret = parts
        record = self._now().records.get(key_id)
        right = hmac.compare_digest(digest(secret), _UNKNOWN if record is None else record.sha256)
        if record is None or not right or record.status(time.time()) != "valid":
            return None
        return record.principal()

    def is_valid(self, key_id: str) -> bool:
        """Return whether an admitted key is still valid."""
        record = self._now().records.get(key_id)
        return record is not None and record.status(time.time()) == "valid"

    def has_keys(self) -> bool:
        """Return whether the file has any key, expired and revoked ones included, or cannot be read."""
        seen = self._now()
        return bool(seen.records) or seen.trouble is not None

    @property
    def trouble(self) -> str | None:
        """Why the file's keys are not admitted, for the log; None while they are."""
        return self._now().trouble

    def list(self) -> tuple[KeyRecord, ...]:
        """Return the records, oldest first; KeysError if the file cannot be read."""
        return tuple(_read_or_explain(self.path).values())

    def create(
        self, *, owner: str, scopes: Iterable[str], expires: int | None, name: str = ""
    ) -> tuple[str, KeyRecord]:
        """Make a key; return its text, which is stored nowhere, and its record. KeysError.

        expires: Unix time in whole seconds; None: never.
        """
        wanted = frozenset(scopes)
        _check_parts(owner=owner, name=name, scopes=wanted, expires=expires)
        secret = new_secret()
        with self._changing() as records:
            key_id = new_id()
            while key_id in records:
                key_id = new_id()
            record = KeyRecord(
                id=key_id,
                owner=owner,
                name=name,
                scopes=tuple(scope for scope in SCOPES if scope in wanted),
                sha256=digest(secret),
                created=int(time.time()),
                expires=expires,
                revoked=None,
            )
            records[key_id] = record
        return key_text(key_id, secret), record

    def revoke(self, key_id: str) -> KeyRecord:
        """Revoke a key for good and return its record. KeysError for an unknown id."""
        with self._changing() as records:
            record = records.get(key_id)
            if record is None:
                raise KeysError(f"No key has the id {key_id[:40]!a}. `keys list` shows the keys.")
            if record.revoked is None:
                record = replace(record, revoked=int(time.time()))
            records[key_id] = record
        return record

    def _now(self) -> _Seen:
        """Return the file's state, at most a second old."""
        if time.monotonic() >= self._look_at:
            self._look()
        return self._seen

    def _look(self) -> None:
        """Read the file if it has changed."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        try:
            status = os.stat(self.path)
            if _version(status) == self._seen.version:
                return
            if not stat.S_ISREG(status.st_mode):
                raise IsADirectoryError  # or a pipe, whose reader would wait
            with open(self.path, "rb") as file:
                version, data = _version(os.fstat(file.fileno())), file.read()
        except FileNotFoundError:
            self._seen = _Seen(None, {}, None)
            return
        except (OSError, ValueError) as error:
            trouble = (
                f"the file of API keys {self.path!a} cannot be read, so no key is admitted: {type(error).__name__}"
            )
            self._seen = _Seen(None, {}, trouble)
            return
        try:
            self._seen = _Seen(version, read_records(data), None)
        except ValueError as error:
            trouble = f"the file of API keys {self.path!a} cannot be used, so no key is admitted: {error}"
            self._seen = _Seen(version, {}, trouble)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, KeyRecord]]:
        """Yield the records to be changed, then write them in one step; one process at a time."""
        path = os.path.realpath(self.path)  # replace the target of a link, not the link
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with _locked(path):
                records = _read_or_explain(path)
                yield records
                _write(path, write_records(records))
        except OSError as error:
            raise KeysError(
                f"{path} cannot be written ({error.strerror}). Run this as the service's user, "
                "or set BACKTEST_API_KEYS_FILE to another file."
            ) from None
        self._look()


def _check_parts(*, owner: str, name: str, scopes: frozenset[str], expires: int | None) -> None:
    if not is_owner(owner):
        raise KeysError(f"An owner is 1 to {LONGEST_OWNER} printable characters without spaces, such as alice.")
    if not is_name(name):
        raise KeysError(f"A name is at most {LONGEST_NAME} printable characters.")
    if not scopes or not scopes <= set(SCOPES):
        raise KeysError(f"Scopes are one or more of {','.join(SCOPES)}.")
    if expires is not None and not 0 <= expires <= LATEST_TIME:
        raise KeysError("A key expires before the year 10000. Choose a shorter life.")


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read_or_explain(path: str) -> dict[str, KeyRecord]:
    try:
        with open(path, "rb") as file:
            return read_records(file.read())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeysError(f"{path} cannot be read ({error.strerror}). Run this as the service's user.") from None
    except ValueError as error:
        raise KeysError(
            f"{path} cannot be used: {error}. Correct it, or move it away and make new keys with `keys create`."
        ) from None


def _write(path: str, data: bytes) -> None:
    """Replace the file in one step; only its owner can read it."""
    folder = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".keys-")  # mode 0600
    try:
        with open(descriptor, "wb") as file:
            _give(file.fileno(), path if os.path.exists(path) else folder)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    with suppress(OSError):  # Windows and some network drives cannot; the file itself is written
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _give(descriptor: int, like: str) -> None:
    """Where root makes a key, give the file to the user of `like`: the service runs as that user."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        status = os.stat(like)
        with suppress(OSError):
            os.fchown(descriptor, status.st_uid, status.st_gid)


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the lock beside the file; the system frees it when its holder dies."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(ImportError):  # Windows: without a lock
            import fcntl

            _give(descriptor, os.path.dirname(path))
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
