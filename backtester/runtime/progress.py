"""Progress events: never falling, at most ten a second, the last one always sent."""

from __future__ import annotations

import json
import os
import select
import time

LEAST_INTERVAL = 0.1
_ATOMIC = 4096  # bytes that a pipe takes whole when it is writable at all
_LAST_WAIT_MS = 1000
_BAR = 24
_BAR_LINE = 78
_SPAN = {
    "queued": (0.0, 0.0), "validating": (0.0, 0.05), "loading_data": (0.05, 0.4), "simulating": (0.4, 0.9),
    "measuring": (0.9, 1.0),
}  # fmt: skip


def share_done(stage: str, completed: int, total: int) -> float:
    """Return the share of the whole run that is done, when so many of a stage are."""
    begin, end = _SPAN[stage]
    share = completed / total if total else 0.0
    return round(begin + (end - begin) * min(share, 1.0), 4)


class Events:
    """Writes progress events, one JSON object a line, to a descriptor; it drops them when that is None."""

    def __init__(self, descriptor: int | None) -> None:
        self.wanted = descriptor is not None
        self.request_id: str | None = None
        self._descriptor = descriptor
        self._started = time.monotonic()
        self._sequence = 0
        self._progress = 0.0
        self._last_sent = -1.0

    def emit(self, stage: str, completed: int = 0, total: int = 0) -> None:
        """Report that `completed` of `total` are done in a stage. Dropped where the reader is slow."""
        self._progress = max(self._progress, share_done(stage, completed, total))
        if time.monotonic() - self._last_sent >= LEAST_INTERVAL:
            self._write(stage, completed, total, wait_ms=0)

    def finish(self, exit_code: int, *, wait_ms: int = _LAST_WAIT_MS) -> bytes | None:
        """Report the end: done, cancelled or failed. Return the line where its reader did not take it in time."""
        stage = {0: "completed", 5: "cancelled"}.get(exit_code, "failed")
        if exit_code == 0:
            self._progress = 1.0
        return self._write(stage, 0, 0, wait_ms=wait_ms)

    def _write(self, stage: str, completed: int, total: int, *, wait_ms: int) -> bytes | None:
        """Write an event; return the line where it could not be written now."""
        if self._descriptor is None:
            return None
        now = time.monotonic()
        line = self._line(stage, completed, total, seconds=now - self._started)
        if len(line) > _ATOMIC or not writable(self._descriptor, wait_ms):
            return line
        try:
            os.write(self._descriptor, line)
        except OSError:
            self._descriptor = None  # the reader has gone; the run goes on
            return None
        self._sequence += 1
        self._last_sent = now
        return None

    def _line(self, stage: str, completed: int, total: int, *, seconds: float) -> bytes:
        """Return an event as it is written."""
        event: dict[str, object] = {"event": "progress", "seq": self._sequence + 1}
        if self.request_id is not None:
            event["request_id"] = self.request_id
        event |= {
            "stage": stage, "progress": self._progress, "completed": completed, "total": total,
            "elapsed_ms": round(seconds * 1e3),
        }  # fmt: skip
        return json.dumps(event).encode() + b"\n"


class Bar(Events):
    """Draws the events on a terminal as a bar in one line, which is gone at the end."""

    def _line(self, stage: str, completed: int, total: int, *, seconds: float) -> bytes:
        if stage not in _SPAN:
            return f"\r{'':{_BAR_LINE}}\r".encode()
        done = f" {completed:,} of {total:,}" if total > 1 else ""
        text = f"{bar(self._progress)}{stage.replace('_', ' ')}{done}, {seconds:,.1f} s"
        return f"\r{text:{_BAR_LINE}.{_BAR_LINE}}".encode()


def bar(share: float) -> str:
    """Return a bar for a terminal, with its figure."""
    full = int(share * _BAR)
    return f"[{'#' * full}{' ' * (_BAR - full)}] {share:4.0%}  "


def writable(descriptor: int, wait_ms: int) -> bool:
    """Tell whether a line can be written without waiting longer than allowed: no run stands still for a reader."""
    if not hasattr(select, "poll"):
        return True
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return any(event & select.POLLOUT for _, event in poll.poll(wait_ms))
