"""The C library, asked for what Python has no function for. Imported in the child process alone: ctypes is there."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys

_SET_NO_NEW_PRIVILEGES = 38
_CAPABILITY_VERSION_3 = 0x20080522


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *arguments: object) -> int:
    """Make a system call. OSError with its errno."""
    result = int(_libc().syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def renounce_privileges() -> None:
    """Have the kernel refuse whatever would gain privileges from here on (set-user-id files). OSError."""
    if _libc().prctl(_SET_NO_NEW_PRIVILEGES, *map(ctypes.c_ulong, (1, 0, 0, 0))) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def keep_capabilities(remaining: int, *, numbers: tuple[int, int]) -> None:
    """Drop every capability but those in the mask `remaining`: root then has hardly any power. OSError.

    numbers: the system call numbers of capget and capset.
    """
    capget, capset = numbers
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable; then the same of the high 32
    syscall(capget, header, sets)
    if not any(sets):
        return
    low, high = remaining & 0xFFFFFFFF, remaining >> 32
    held = (ctypes.c_uint32 * 6)(sets[0] & low, sets[1] & low, 0, sets[3] & high, sets[4] & high, 0)
    syscall(capset, header, held)


def limit(name: str, most: int | None) -> None:
    """Lower a resource limit (`RLIMIT_…`), soft and hard; one that is lower already stays.

    most: None has the limit that is in force stay for good.
    """
    import resource

    number = getattr(resource, name, None)
    if number is None:
        return
    soft, hard = resource.getrlimit(number)
    most = soft if most is None else most
    allowed = most if resource.RLIM_INFINITY in (hard, most) else min(most, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(number, (allowed, allowed))


def shared_memory() -> list[tuple[int, int]]:
    """Return where this process shares memory that it may write with others: addresses and bytes (Linux).

    A fork inherits it: the index of the price store, a queue's flags.
    """
    found = []
    with contextlib.suppress(OSError), open("/proc/self/maps", encoding="utf-8", errors="replace") as file:
        for line in file:
            place, rights = line.split(maxsplit=2)[:2]
            if "w" in rights and "s" in rights:
                first, end = (int(address, 16) for address in place.split("-"))
                found.append((first, end - first))
    return found


def leave_memory(places: list[tuple[int, int]]) -> None:
    """Put memory of this process alone in the place of what `shared_memory` returned. OSError."""
    read_write, private_here_empty = 0b11, 0x02 | 0x10 | 0x20
    for address, size in places:
        mapped = _libc().mmap
        mapped.restype = ctypes.c_void_p
        done = mapped(
            ctypes.c_void_p(address), ctypes.c_size_t(size), ctypes.c_int(read_write), ctypes.c_int(private_here_empty),
            ctypes.c_int(-1), ctypes.c_long(0),
        )  # fmt: skip
        if done != address:
            raise OSError(ctypes.get_errno(), "memory is shared and stays so")


def reuse_freed_memory() -> None:
    """Have malloc hold on to large blocks that are freed, up to 256 MiB, for the next ones (glibc).

    Else each large array of numpy costs the kernel new pages: a tenth of the time of a sweep.
    """
    trim_threshold, top_pad, mmap_threshold = -1, -2, -3
    with contextlib.suppress(AttributeError):
        for parameter, size in ((trim_threshold, 256 << 20), (top_pad, 16 << 20), (mmap_threshold, 32 << 20)):
            _libc().mallopt(parameter, size)


def die_with_parent(parent: int) -> bool:
    """Have the kernel end this process with its parent; False where it cannot (elsewhere than Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    set_parent_death_signal, sigkill = 1, 9
    try:
        done = bool(_libc().prctl(set_parent_death_signal, sigkill, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
    if os.getppid() != parent:
        os._exit(0)  # the parent died before it was being watched
    return done
