"""Landlock: from here on this process opens only the files, and connects only to the ports, that it has named.

Source: https://docs.kernel.org/userspace-api/landlock.html (ABI 1 to 7). A rule set only ever takes away, and stacks.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable

from backtester.runtime.sandbox.kernel import syscall

_CREATE, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_VERSION_FLAG = 1
_PATH_BENEATH, _NET_PORT = 1, 2
_WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_REGULAR, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_EVERY_RIGHT = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}  # by the ABI that knows them
_CONNECT_TCP = 1 << 1
_TCP = 0b11  # bind, connect
_SCOPES = 0b11  # abstract unix sockets, signals to processes outside
_TCP_SINCE, _SCOPES_SINCE = 4, 6

READING = _READ_FILE | _READ_DIR
WRITING = READING | _WRITE_FILE | _REMOVE_FILE | _MAKE_REGULAR | _TRUNCATE
_OF_FILES = _READ_FILE | _WRITE_FILE | _TRUNCATE


def abi() -> int:
    """Return the version of Landlock that this kernel has. OSError: none (ENOSYS), or it is off (EOPNOTSUPP)."""
    return syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION_FLAG))


def restrict(rights: dict[str, int], *, connect_to: Iterable[int], version: int) -> None:
    """Allow only what `rights` says of each path and what is beneath it, and TCP only to the ports in `connect_to`.

    rights: path to READING or WRITING; what does not exist is left out. version: of `abi`. OSError.
    """
    files = _EVERY_RIGHT[max(known for known in _EVERY_RIGHT if known <= version)]
    handled = [files, _TCP if version >= _TCP_SINCE else 0, _SCOPES if version >= _SCOPES_SINCE else 0]
    fields = 3 if version >= _SCOPES_SINCE else 2 if version >= _TCP_SINCE else 1
    attributes = b"".join(part.to_bytes(8, "little") for part in handled[:fields])
    rules = syscall(_CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path, allowed in rights.items():
            _allow_path(rules, path, allowed & files)
        if version >= _TCP_SINCE:
            for port in connect_to:
                rule = _CONNECT_TCP.to_bytes(8, "little") + port.to_bytes(8, "little")
                _add(rules, _NET_PORT, rule)
        syscall(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _allow_path(rules: int, path: str, allowed: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # not there, or not ours to see: then it needs no rule
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            allowed &= _OF_FILES
        _add(rules, _PATH_BENEATH, allowed.to_bytes(8, "little") + descriptor.to_bytes(4, "little"))
    except OSError as error:
        if error.errno != errno.EBADFD:  # a file system that Landlock does not govern
            raise
    finally:
        os.close(descriptor)


def _add(rules: int, kind: int, rule: bytes) -> None:
    syscall(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(kind), rule, ctypes.c_uint32(0))
