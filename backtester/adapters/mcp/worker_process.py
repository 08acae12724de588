"""Runs the requests of an assistant on this machine: in `--worker`, which is supervised like every run."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any

from backtester.adapters.mcp.runners import Progress, checked, encoded
from backtester.model.errors import BacktestError, InternalError
from backtester.runtime.limits import available_cores
from backtester.runtime.process import command_of_program
from backtester.runtime.stdio import write_stderr
from backtester.settings import Settings

_MOST_KEPT = 32
_PIECE = 1 << 16
_END_SECONDS = 5.0


class WorkerProcess:
    """Runs requests in a process of its own, `--worker`, which is started with the first one and after a crash."""

    def __init__(self, settings: Settings) -> None:
        """Take the operator's settings; nothing is started yet."""
        self.settings = settings
        self._numbers = itertools.count(1)
        self._waiting: dict[str, tuple[asyncio.Future[dict[str, Any]], Progress]] = {}
        self._results: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._process: asyncio.subprocess.Process | None = None
        self._readers: tuple[asyncio.Task[None], ...] = ()
        self._starting = asyncio.Lock()

    def require(self, scope: str) -> None:
        """Let the caller do everything: it started this process itself."""

    async def run(self, request: dict[str, Any], progress: Progress) -> tuple[str | None, dict[str, Any]]:
        """Run a request; a cancelled call cancels the run."""
        given = request.get("request_id")
        await asyncio.to_thread(checked, request, self.settings)
        own = f"mcp-{next(self._numbers)}"
        found: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        process = await self._started()
        self._waiting[own] = found, progress
        try:
            await _write(process, encoded({**request, "request_id": own}))
            document = await found
        except asyncio.CancelledError:
            with contextlib.suppress(BacktestError):
                await _write(process, b'cancel "%s"' % own.encode())
            raise
        finally:
            self._waiting.pop(own, None)
        document.pop("request_id", None)
        if given is not None:
            document["request_id"] = given
        if not document["success"]:
            return None, document
        key = str(document["result_id"])
        self._results[key] = document
        self._results.move_to_end(key)
        while len(self._results) > _MOST_KEPT:
            self._results.popitem(last=False)
        return key, document

    async def result(self, key: str) -> dict[str, Any] | None:
        """Return one of the last results."""
        return self._results.get(key)

    async def keys(self) -> list[str]:
        """Return the keys of the last results, newest first."""
        return [*reversed(self._results)]

    async def close(self) -> None:
        """End the process, with whatever it runs."""
        process = self._process
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _END_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        for reader in self._readers:
            reader.cancel()

    async def _started(self) -> asyncio.subprocess.Process:
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                command = command_of_program("--worker", "--progress", "--jobs", str(available_cores()))
                try:
                    self._process = await asyncio.create_subprocess_exec(
                        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                        stderr=asyncio.subprocess.PIPE,
                    )  # fmt: skip
                except OSError as error:
                    raise InternalError("WORKER_CRASHED", f"No process could be started: {error.strerror}.") from None
                self._readers = (
                    asyncio.create_task(self._read_documents(self._process)),
                    asyncio.create_task(self._read_events(self._process)),
                )
            return self._process

    async def _read_documents(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in _lines(process.stdout):
            document = json.loads(line)
            found, _ = self._waiting.get(document.get("request_id"), (None, None))
            if found is not None and not found.done():
                found.set_result(document)
        await process.wait()
        if process is self._process:
            self._process = None
        error = InternalError("WORKER_CRASHED", "The process that runs the backtests has ended.")
        for own, (found, _) in [*self._waiting.items()]:
            if not found.done():
                found.set_result(error.as_document(own))

    async def _read_events(self, process: asyncio.subprocess.Process) -> None:
        """Pass progress on. The other lines of its stderr are the log's."""
        assert process.stderr is not None
        async for line in _lines(process.stderr):
            try:
                event = json.loads(line)
                _, progress = self._waiting[event["request_id"]]
            except (ValueError, TypeError, KeyError):
                if not line.startswith(b'{"event":'):
                    write_stderr(line.decode("utf-8", "replace") + "\n")
                continue
            await progress(event["progress"], event["stage"])


async def _write(process: asyncio.subprocess.Process, line: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(line + b"\n")
        await process.stdin.drain()
    except OSError:
        raise InternalError("WORKER_CRASHED", "The process that runs the backtests has ended.") from None


async def _lines(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield lines of any length; StreamReader's own have a limit."""
    pending = bytearray()
    while piece := await reader.read(_PIECE):
        searched = len(pending)
        pending += piece
        while (end := pending.find(b"\n", searched)) >= 0:
            yield bytes(pending[:end])
            del pending[: end + 1]
            searched = 0
