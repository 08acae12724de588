"""A runner that answers line by line."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from typing import IO, Any

from tests.support.documents import document_in
from tests.support.processes import PATIENCE
from tests.support.runner import running
from tests.support.sample_requests import to_bytes


class Talk:
    """A runner that answers line by line: what is said to it, and what it answers."""

    def __init__(self, process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
        self.process = process
        self.mark: str = process.mark  # type: ignore[attr-defined]
        self._stderr = stderr
        self._heard = bytearray()

    def say(self, *asked: Any) -> None:
        """Write requests, a line each."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(to_bytes(one) + b"\n" for one in asked))
        self.process.stdin.flush()

    def hear(self, *, within: float = PATIENCE) -> bytes:
        """Return the next line, its end included; b"" at the end of the stream."""
        assert self.process.stdout is not None
        ends = time.monotonic() + within
        while b"\n" not in self._heard:
            ready = select.select([self.process.stdout], [], [], max(ends - time.monotonic(), 0))[0]
            assert ready, f"no answer; so far {bytes(self._heard[:400])!r}, stderr {self.stderr[-800:]!r}"
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                break
            self._heard += piece
        end = self._heard.find(b"\n") + 1 or len(self._heard)
        line = bytes(self._heard[:end])
        del self._heard[:end]
        return line

    def ask(self, asked: Any) -> dict[str, Any]:
        """Say one request and return the document that comes next."""
        self.say(asked)
        return document_in(self.hear())

    def documents(self, count: int) -> list[dict[str, Any]]:
        """Return so many documents, in the order in which they come."""
        return [document_in(self.hear()) for _ in range(count)]

    def close(self) -> None:
        """End its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> tuple[int, list[bytes]]:
        """End its stdin and wait for it; return the exit status and the lines that still came."""
        self.close()
        lines = [*iter(self.hear, b"")]
        return self.process.wait(timeout=PATIENCE), lines

    @property
    def stderr(self) -> str:
        """What it said on stderr so far."""
        return os.pread(self._stderr.fileno(), 1 << 24, 0).decode("utf-8", "replace")


@contextlib.contextmanager
def talking(*args: str, **options: Any) -> Iterator[Talk]:
    """Start a runner with flags (`--worker`, unless there are others) and talk to it; `options` as in `running`."""
    flags = args or ("--worker",)
    with (
        tempfile.TemporaryFile() as stderr,
        running(None, *flags, **{"stderr": stderr, **options}) as process,
    ):
        yield Talk(process, stderr)
