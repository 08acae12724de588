"""Confines the child process, in two steps: before it runs anything, and before it runs the code of a plug-in.

Each step is taken where the system has it. What it lacks is in the list of steps that is returned, in words.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import sys
from collections.abc import Callable
from typing import NamedTuple

from backtester.runtime.sandbox import kernel, landlock, paths, seccomp
from backtester.settings import Settings

_MIB = 1 << 20
_LARGEST_FILE = 4096 * _MIB  # a store that has grown past it may grow by as much again
_DESCRIPTORS = 512
_OWN_FILES = 0b1111  # capabilities: change owners, pass over permissions, as root's processes expect on their own files
_PASS_PERMISSIONS = 0b0110


class Step(NamedTuple):
    """One thing that was given up. lacking: why it could not be, None where it was."""

    name: str
    lacking: str | None
    detail: str = ""


def drop_privileges(
    settings: Settings, *, store: bool, csv: bool, network: bool, processes: bool, also: tuple[str, ...] = ()
) -> tuple[Step, ...]:
    """Give up what a run does not need, for good. Returns the steps.

    store, csv: it takes prices from there. network: a source is asked. processes: it may fork. also: folders to read.
    """
    rights = {**paths.code(also), **paths.prices(settings, store=store, csv=csv)}
    if network:
        rights |= paths.network()
    largest = max(_LARGEST_FILE, 2 * _size_of(os.path.join(settings.cache_dir, "prices.sqlite3")), 2 * _size_of(2))
    return (
        _step("resource limits", lambda: _limits(RLIMIT_FSIZE=largest, RLIMIT_NOFILE=_DESCRIPTORS)),
        _step("no new privileges", kernel.renounce_privileges),
        _step("capabilities", lambda: _drop_capabilities(_OWN_FILES)),
        _step("Landlock", lambda: _landlock(rights, paths.ports() if network else set())),
        _step("seccomp", lambda: _seccomp(network=network, processes=processes, deciding=False)),
    )


def lock_down(*, seconds: float, also: tuple[str, ...] = (), network: bool = False) -> tuple[Step, ...]:
    """Give up everything but thinking, for good: nothing is written, connected to or started, only code is read.

    For a plug-in's code, after `drop_privileges`; its log is a pipe. seconds: how long it may take; also: folders to
    read; network: it is a source of prices, which connects to where the step before it let it. Returns the steps.
    """
    processor = _processor_seconds() + seconds * (os.cpu_count() or 1) + 5
    limits: dict[str, int | None] = {
        "RLIMIT_AS": None, "RLIMIT_FSIZE": 0, "RLIMIT_CPU": int(min(processor, 2**31)),
    }  # fmt: skip
    rights = paths.code(also) | (paths.network() if network else {})
    if seccomp.architecture() is None:  # the limit counts every process of the user, but it is better than nothing
        limits["RLIMIT_NPROC"] = 0
    return (
        _step("resource limits", lambda: _limits(**limits)),
        _step("no new privileges", kernel.renounce_privileges),
        _step("capabilities", lambda: _drop_capabilities(_PASS_PERMISSIONS)),
        _step("Landlock", lambda: _landlock(rights, paths.ports() if network else set())),
        _step("seccomp", lambda: _seccomp(network=network, processes=False, deciding=True)),
    )


def _step(name: str, take: Callable[[], str | None]) -> Step:
    if not sys.platform.startswith("linux"):
        return Step(name, "only Linux has it")
    try:
        return Step(name, None, take() or "")
    except OSError as error:
        return Step(name, _WHY.get(error.errno or 0, error.strerror or str(error)))


_WHY = {
    errno.ENOSYS: "this kernel does not have it",
    errno.EOPNOTSUPP: "this kernel has it switched off",
    errno.EPERM: "it is not allowed here",
}


def _limits(**limits: int | None) -> None:
    for name, most in limits.items():
        kernel.limit(name, most)


def _drop_capabilities(remaining: int) -> None:
    machine = seccomp.architecture()
    if machine is None:
        raise OSError(errno.ENOSYS, "unknown processor")
    kernel.keep_capabilities(remaining, numbers=machine.capabilities)


def _landlock(rights: dict[str, int], ports: set[int]) -> str:
    version = landlock.abi()
    landlock.restrict(rights, connect_to=ports, version=version)
    governed = ["files", *(["TCP"] if version >= 4 else []), *(["signals"] if version >= 6 else [])]
    return f"version {version}: {', '.join(governed)}"


def _seccomp(*, network: bool, processes: bool, deciding: bool) -> str:
    machine = seccomp.architecture()
    if machine is None:
        raise OSError(errno.ENOSYS, f"the numbers of {os.uname().machine} are not known")
    seccomp.refuse(machine, network=network, processes=processes, deciding=deciding)
    return os.uname().machine


def _size_of(file: str | int) -> int:
    """Return the size of a regular file, bytes; 0 for everything else."""
    with contextlib.suppress(OSError):
        found = os.stat(file)
        if stat.S_ISREG(found.st_mode):
            return found.st_size
    return 0


def _processor_seconds() -> float:
    used = os.times()
    return used.user + used.system
