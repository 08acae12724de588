"""Clients that follow jobs while something happens to the service: a socket, a stream, a waiter, a request held up."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import socketio

from tests.service.faults import told
from tests.support.processes import PATIENCE


class Following:
    """Something that goes on in a thread of its own. heard: what came, as (event, data) or as an answer."""

    def __init__(self, follow: Callable[[Following], None]) -> None:
        self.heard: list[Any] = []
        self.begun = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(follow,))
        self._thread.start()

    def _run(self, follow: Callable[[Following], None]) -> None:
        try:
            follow(self)
        except httpx.HTTPError as error:
            self.heard.append(error)

    def end(self, *, within: float = PATIENCE) -> list[Any]:
        """Wait for its end, and return what it heard."""
        self._thread.join(within)
        assert not self._thread.is_alive(), self.heard
        return self.heard


def stream(url: str, job_id: str, **headers: str) -> Following:
    """Follow a job's events until the stream ends."""

    def follow(following: Following) -> None:
        with httpx.stream("GET", f"{url}/backtests/{job_id}/events", headers=headers, timeout=PATIENCE) as answer:
            text = ""
            for piece in answer.iter_text():
                following.begun.set()
                *whole, text = (text + piece).split("\n\n")
                following.heard += [event for block in whole for event in told(block)]

    following = Following(follow)
    assert following.begun.wait(PATIENCE)
    return following


def asking(method: str, url: str, **options: Any) -> Following:
    """Ask something, and go on meanwhile; `heard` will have the answer or the error."""

    def follow(following: Following) -> None:
        following.heard.append(httpx.request(method, url, timeout=PATIENCE, **options))

    return Following(follow)


class Socket:
    """A Socket.IO client. heard: (event, data) of everything that the server emitted."""

    def __init__(self, client: socketio.Client) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []
        client.on("*", lambda name, data: self.heard.append((name, data)))

    def ends(self, job_id: str) -> list[tuple[str, Any]]:
        """Return what it was told of the end of a job."""
        names = ("backtest_complete", "backtest_failed")
        return [(name, data) for name, data in [*self.heard] if name in names and data["id"] == job_id]


@contextlib.contextmanager
def socket_to(url: str) -> Iterator[Socket]:
    """Connect a socket for as long as the block."""
    client = socketio.Client(request_timeout=PATIENCE, websocket_extra_options={"suppress_origin": True})
    socket = Socket(client)
    client.connect(url, transports=["websocket"], wait_timeout=PATIENCE)
    try:
        yield socket
    finally:
        client.disconnect()
