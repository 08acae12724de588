"""Processes as the kernel sees them: which of a run are alive, and waiting for them."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MARK = "TEST_RUN_MARK"
PATIENCE = 60.0  # seconds; far more than anything takes, so that only a hang reaches it


def apart(work: Callable[[], Any], *, within: float = PATIENCE) -> Any:
    """Return what `work` returns in a process of its own, or the name of the error it ends on; a hang fails."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except OSError as error:
            said = errno.errorcode.get(error.errno or 0, str(error))
        except BaseException as error:
            said = repr(error)
        os.write(writes, json.dumps(said).encode())
        os._exit(0)
    os.close(writes)
    answer, ends = b"", time.monotonic() + within
    try:
        while select.select([reads], [], [], max(ends - time.monotonic(), 0))[0]:
            if not (piece := os.read(reads, 1 << 16)):
                return json.loads(answer)
            answer += piece
    finally:
        os.close(reads)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    raise AssertionError(f"no end within {within} seconds")


def alive(mark: str) -> list[int]:
    """Return the processes that carry the mark in their environment and still run; a zombie does not."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{entry}/environ").read_bytes().split(b"\0") and is_running(int(entry)):
                    found.append(int(entry))
    return found


def is_running(pid: int) -> bool:
    """Tell by its state in /proc whether a process exists and is neither zombie nor dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def assert_nobody_left(mark: str, *, within: float = 25.0) -> None:
    """Check that every process of a run is gone, sooner than a deadline of 30 seconds would end it."""
    if not eventually(lambda: not alive(mark), within=within):
        left = {pid: Path(f"/proc/{pid}/cmdline").read_bytes()[:200] for pid in alive(mark)}
        raise AssertionError(f"still running: {left}")


def eventually(condition: Callable[[], Any], *, within: float = PATIENCE, every: float = 0.01) -> bool:
    """Wait until a condition holds, asked `every` so many seconds; False when it does not in time."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(every)
    return bool(condition())


def children(pid: int) -> list[int]:
    """Return the children of a process, zombies included."""
    with contextlib.suppress(OSError):
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return []


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process, MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
