"""A TCP proxy whose network fails when a test wants: cut, restored, or silent, with the connections left open."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator

PIECE = 1 << 16


class Proxy:
    """Passes bytes between its own port and another, for as long as the network is up."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._lock = threading.Lock()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._up = True
        self._silent = False
        self._ended = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._marker: bytes | None = None
        self._losing: socket.socket | None = None
        self._thread = threading.Thread(target=self._pass_on)
        self._thread.start()

    def cut(self) -> None:
        """Break every connection, and take no other."""
        with self._lock:
            self._up = False
            for pair in self._pairs:
                _close(pair)
            self._pairs = []

    def swallow(self) -> None:
        """Leave every connection open, and let nothing through: nobody is told."""
        with self._lock:
            self._silent = True

    def restore(self) -> None:
        """Have the network back; what had been swallowed is lost, with the connections that it was lost on."""
        with self._lock:
            if self._silent:
                for pair in self._pairs:
                    _close(pair)
                self._pairs = []
            self._up, self._silent = True, False

    def lose_reply_to(self, marker: bytes) -> None:
        """Have the next request that holds these bytes arrive, and break its connection before the reply does."""
        with self._lock:
            self._marker = marker

    def close(self) -> None:
        self.cut()
        self._ended = True
        self._thread.join()
        self._listener.close()

    def _pass_on(self) -> None:
        while not self._ended:
            with self._lock:
                ends = {} if self._silent else {one: other for pair in self._pairs for one, other in (pair, pair[::-1])}
            # a connection that is broken meanwhile is not there any more: looked at again
            with contextlib.suppress(OSError, ValueError):
                for ready in select.select([self._listener, *ends], [], [], 0.02)[0]:
                    with self._lock:
                        if ready is self._listener:
                            self._accept()
                        elif not self._silent:
                            self._move(ready, ends[ready])

    def _accept(self) -> None:
        client = self._listener.accept()[0]
        if not self._up:
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self._target))
        except OSError:
            client.close()
            return
        self._pairs.append((client, server))

    def _move(self, ready: socket.socket, other: socket.socket) -> None:
        pair = next((pair for pair in self._pairs if ready in pair), None)
        if pair is None:
            return
        try:
            piece = ready.recv(PIECE)
            if piece and ready is not self._losing:
                if self._marker is not None and self._marker in piece:
                    self._marker, self._losing = None, other
                other.sendall(piece)
                return
        except OSError:
            pass
        _close(pair)
        self._pairs.remove(pair)


def _close(pair: tuple[socket.socket, socket.socket]) -> None:
    for end in pair:
        end.close()


@contextlib.contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """Run a proxy for as long as the block."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
