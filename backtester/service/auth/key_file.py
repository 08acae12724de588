"""The file of API keys: asked with every request, and changed under a lock by the command line.

    {"version": 1, "keys": {"<id>": {"owner", "name", "scopes", "sha256", "created", "expires", "revoked"}}}

A file that is missing holds no keys. One that is damaged or cannot be read lets nobody in, and counts as holding keys:
what the operator meant to lock does not open because of a slip of the pen.
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
_NOBODY = digest(new_secret())  # what an unknown id's secret is compared with


class KeysError(Exception):
    """The file of keys cannot be read, or not be changed as asked. The text is for the operator, with a remedy."""


class _Seen(NamedTuple):
    """The file as it was last read."""

    version: tuple[int, int, int] | None  # time of change in ns, size, inode; None: read it again whatever it is
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
        """Return whose key this is; None for one that is malformed, unknown, expired or revoked.

        An unknown id takes as long as a wrong secret.
        """
        parts = split_key(text)
        if parts is None:
            return None
        key_id, secret = parts
        record = self._now().records.get(key_id)
        right = hmac.compare_digest(digest(secret), _NOBODY if record is None else record.sha256)
        if record is None or not right or record.status(time.time()) != "valid":
            return None
        return record.caller()

    def is_valid(self, key_id: str) -> bool:
        """Say whether a key that somebody came with still lets in."""
        record = self._now().records.get(key_id)
        return record is not None and record.status(time.time()) == "valid"

    def has_keys(self) -> bool:
        """Say whether the file has any key, expired and revoked ones too; so does one that cannot be read."""
        seen = self._now()
        return bool(seen.records) or seen.trouble is not None

    @property
    def trouble(self) -> str | None:
        """What is wrong with the file, for the log; None while nothing is."""
        return self._now().trouble

    def list(self) -> tuple[KeyRecord, ...]:
        """Return the records, oldest first; KeysError if the file cannot be read."""
        return tuple(_read_or_explain(self.path).values())

    def create(
        self, *, owner: str, scopes: Iterable[str], expires: int | None, name: str = ""
    ) -> tuple[str, KeyRecord]:
        """Make a key; return its text, which is kept nowhere, and its record. KeysError says why not.

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
        """Make a key worthless, for good, and return its record; KeysError for one that is not there."""
        with self._changing() as records:
            record = records.get(key_id)
            if record is None:
                raise KeysError(f"there is no key with the id {key_id[:40]!a}; `keys list` shows those that are")
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
        """Read the file if it is not the one that was read last."""
        self._look_at = time.monotonic() + LOOK_SECONDS
        try:
            status = os.stat(self.path)
            if _version(status) == self._seen.version:
                return
            if not stat.S_ISREG(status.st_mode):
                raise IsADirectoryError  # or a pipe, which would be waited for
            with open(self.path, "rb") as file:
                version, data = _version(os.fstat(file.fileno())), file.read()
        except FileNotFoundError:
            self._seen = _Seen(None, {}, None)
            return
        except (OSError, ValueError) as error:
            trouble = (
                f"the file of API keys {self.path!a} cannot be read, nobody gets in by key: {type(error).__name__}"
            )
            self._seen = _Seen(None, {}, trouble)
            return
        try:
            self._seen = _Seen(version, read_records(data), None)
        except ValueError as error:
            trouble = f"the file of API keys {self.path!a} is damaged, nobody gets in by key: {error}"
            self._seen = _Seen(version, {}, trouble)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, KeyRecord]]:
        """Hand out the records to be changed, and write them: all of the change or nothing, one process at a time."""
        path = os.path.realpath(self.path)  # what a link points to is replaced, not the link
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with _locked(path):
                records = _read_or_explain(path)
                yield records
                _write(path, write_records(records))
        except OSError as error:
            raise KeysError(
                f"{path} cannot be written ({error.strerror}); run this as the service's user, "
                "or let BACKTEST_API_KEYS_FILE name another file"
            ) from None
        self._look()


def _check_parts(*, owner: str, name: str, scopes: frozenset[str], expires: int | None) -> None:
    if not is_owner(owner):
        raise KeysError(f"an owner must be 1 to {LONGEST_OWNER} printable characters without spaces, like alice")
    if not is_name(name):
        raise KeysError(f"a name must be at most {LONGEST_NAME} printable characters")
    if not scopes or not scopes <= set(SCOPES):
        raise KeysError(f"scopes must be some of {','.join(SCOPES)}")
    if expires is not None and not 0 <= expires <= LATEST_TIME:
        raise KeysError("a key must expire before the year 10000")


def _version(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_mtime_ns, status.st_size, status.st_ino


def _read_or_explain(path: str) -> dict[str, KeyRecord]:
    try:
        with open(path, "rb") as file:
            return read_records(file.read())
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise KeysError(f"{path} cannot be read ({error.strerror}); run this as the service's user") from None
    except ValueError as error:
        raise KeysError(
            f"{path} is damaged: {error}; mend it, or move it away to begin anew without its keys"
        ) from None


def _write(path: str, data: bytes) -> None:
    """Put the bytes in the file's place in one step, readable by its owner alone."""
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
    with suppress(OSError):  # Windows and some network drives cannot, and the file itself is safe
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _give(descriptor: int, like: str) -> None:
    """Where root makes a key for a service that runs as somebody else: let it be readable to them."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        status = os.stat(like)
        with suppress(OSError):
            os.fchown(descriptor, status.st_uid, status.st_gid)


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the lock beside the file; the system frees it when its holder dies."""
    descriptor = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with suppress(ImportError):  # Windows: two operators at once are left to themselves
            import fcntl

            _give(descriptor, os.path.dirname(path))
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
