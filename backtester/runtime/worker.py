"""One worker of a pool: a warm child process, and the request that it has."""

from __future__ import annotations

import os
import re

from backtester.contract.schemas import built_in_sources, built_in_strategies
from backtester.runtime.frames import frame
from backtester.runtime.process import ChildProcess
from backtester.runtime.running_request import RunningRequest
from backtester.runtime.sandbox.paths import identity
from backtester.settings import Settings

_STRATEGY = re.compile(rb'"strategy"[ \t\r\n]*:[ \t\r\n]*"([^"]*)"')
_AXES = (b'/strategy"', b'/source"')  # pointers of settings that vary
_SOURCE = re.compile(rb'"source"[ \t\r\n]*:[ \t\r\n]*"([^"]*)"')


class Worker:
    """A warm process and its request. files: the identities of the files that its sandbox was given.

    cores: more than one for a request that asks `analysis`, its only one: it may fork.
    """

    def __init__(self, settings: Settings, *, cores: int = 1) -> None:
        self.files = identity(settings) if settings.sandbox != "off" else ()
        self.process = ChildProcess(settings, warm=cores)
        os.set_blocking(self.process.requests, False)
        self.unsent = memoryview(b"")
        self.request: RunningRequest | None = None
        self.runs = 0
        self.plug_in = False  # its request may be a plug-in's: it has no other after it, whatever it says
        self.leaving = False

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Send a frame, after what has not been sent yet."""
        self.unsent = memoryview(bytes(self.unsent) + frame(kind, payload))
        self.flush()

    def flush(self) -> None:
        """Write what has not been sent yet, as far as the pipe takes it: a worker that stands still blocks no other."""
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.process.requests, self.unsent) :]
        except BlockingIOError:
            return
        except OSError:  # it is gone: noticed where its answer is awaited
            self.unsent = memoryview(b"")


def asks_analysis(raw: bytes) -> bool:
    """Return whether a request may ask `analysis`, without decoding it. One that hides it is run on one core."""
    return b'"analysis"' in raw


def needs_no_plug_in(raw: bytes, network_source: str) -> bool:
    """Return whether a request certainly runs no plug-in's code, without decoding it.

    Where nothing is escaped, keys and names stand there as they are; a request that names no strategy is refused.
    False is no more than doubt. network_source: what `auto` ends with.
    """
    if b"\\" in raw or any(pointer in raw for pointer in _AXES):
        return False
    strategies, sources = _STRATEGY.findall(raw), [*_SOURCE.findall(raw), network_source.encode()]
    if not strategies:
        return True
    known = {name.encode() for name in built_in_strategies()}
    return known.issuperset(strategies) and {name.encode() for name in built_in_sources()}.issuperset(sources)
