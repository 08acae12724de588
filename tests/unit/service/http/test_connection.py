"""Clients that take their time: one that holds a connection without using it loses it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.unit.service.http.serving import (
    BLOCK_HTTPTOOLS,
    LARGE,
    PATIENCE,
    Served,
    connected,
    get,
    post,
    read_all,
    read_answer,
    served,
)

SHORT = {"BACKTEST_HEADER_SECONDS": "0.5", "BACKTEST_BODY_SECONDS": "0.5", "BACKTEST_WRITE_SECONDS": "0.5"}


@pytest.fixture(scope="module", params=["httptools", "h11"])
def strict(request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of short patience, over each of the parsers."""
    environ = {BLOCK_HTTPTOOLS: "1"} if request.param == "h11" else {}
    with served(**SHORT, **environ) as server:
        yield server


@pytest.fixture(scope="module")
def httptools() -> Iterator[Served]:
    with served(BACKTEST_BODY_SECONDS="3") as server:
        yield server


def trickle(client: socket.socket, piece: bytes) -> bytes:
    """Send a piece again and again until the server has closed the connection; return what it said."""
    end = time.monotonic() + PATIENCE
    client.settimeout(0.05)
    got = b""
    while time.monotonic() < end:
        try:
            client.sendall(piece)
            received = client.recv(65536)
        except TimeoutError:
            continue
        except ConnectionError:
            return got
        if not received:
            return got
        got += received
    raise AssertionError("the connection was never closed")


def read_forever(client: ClientConnection) -> None:
    while True:
        client.recv(PATIENCE)


def test_a_connection_that_says_nothing_is_closed(strict):
    with connected(strict) as client:
        assert read_all(client) == b""


def test_half_a_header_line_is_not_waited_for(strict):
    with connected(strict) as client:
        client.sendall(b"GET /things/1 HTTP/1.1\r\nHost: he")
        assert read_all(client) == b""


def test_a_byte_at_a_time_does_not_help(strict):
    with connected(strict) as client:
        client.sendall(b"GET /things/1 HTTP/1.1\r\nX-Long: ")
        assert trickle(client, b"a") == b""


def test_the_headers_of_a_second_request_are_not_waited_for_either(strict):
    with connected(strict) as client:
        client.sendall(get("/things/1"))
        assert read_answer(client)[0] == 200
        client.sendall(b"GET /thi")
        assert trickle(client, b"n") == b""


def test_a_connection_is_kept_for_the_next_request(httptools):
    with connected(httptools) as client:
        for name in ("1", "2", "3"):
            client.sendall(get(f"/things/{name}"))
            assert read_answer(client)[0] == 200
            time.sleep(0.1)


def test_requests_sent_ahead_are_answered_in_turn(httptools):
    with connected(httptools) as client:
        client.sendall(get("/things/1", "X-Request-Id: one") + get("/things/2") + get("/things/3", "Connection: close"))
        text = read_all(client)
    found = [text.find(b'"thing":"%d"' % number) for number in (1, 2, 3)]
    assert found == sorted(found)
    assert text.count(b"200 OK") == 3
    assert text.count(b"x-request-id: one\r\n") == 1


def test_a_running_request_has_no_such_limit(strict):
    with connected(strict) as client:
        client.sendall(get("/slow?seconds=1.5"))
        assert read_answer(client)[0] == 200


def test_headers_without_an_end_are_refused(httptools):
    with connected(httptools) as client:
        client.sendall(b"GET /things/1 HTTP/1.1\r\nX-Long: ")
        assert trickle(client, b"a" * 4096).startswith((b"HTTP/1.1 431 ", b""))


@pytest.mark.parametrize("header", ["X-Long: " + "a" * 40000, "\r\n".join(f"X-{i}: {i}" for i in range(5000))])
def test_headers_that_are_too_large_are_refused(httptools, header):
    with connected(httptools) as client:
        client.sendall(get("/things/1", header))
        assert read_all(client).startswith(b"HTTP/1.1 431 ")


def test_large_headers_are_fine(httptools):
    with connected(httptools) as client:
        client.sendall(get("/things/1", "X-Long: " + "a" * 20000))
        assert read_answer(client)[0] == 200


def test_what_is_left_of_a_refused_body_is_not_waited_for(httptools):
    with connected(httptools) as client:
        client.sendall(post(b"", length=10**9))
        assert read_answer(client)[0] == 413
        assert trickle(client, b"a") == b""


def test_a_refused_body_may_be_sent_to_its_end(httptools):
    with connected(httptools) as client:
        client.sendall(post(b"", length=500_000))
        assert read_answer(client)[0] == 413
        client.sendall(b"a" * 500_000 + get("/things/1"))
        assert read_answer(client)[0] == 200


def test_what_is_not_http_is_refused(strict):
    with connected(strict) as client:
        client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
        assert read_all(client).startswith(b"HTTP/1.1 400 ")


def test_a_large_answer_that_nobody_reads_is_cut_off(strict):
    before = sum(line["event"].startswith("a client that does not read") for line in strict.logs())
    with connected(strict, receive_buffer=4096) as client:
        client.sendall(get("/large", "X-Request-Id: large-unread"))
        strict.wait_logged("a client that does not read was cut off", request_id="large-unread")
        assert len(read_all(client)) < LARGE
    after = sum(line["event"].startswith("a client that does not read") for line in strict.logs())
    assert after == before + 1


@pytest.mark.parametrize("path", ["/stream", "/stubborn"])
def test_a_stream_that_nobody_reads_ends_and_so_does_what_makes_it(strict, path):
    with connected(strict, receive_buffer=4096) as client:
        client.sendall(get(path, f"X-Request-Id: unread-{path[1:]}"))
        strict.wait_told(f"{path[1:]} closed")
        line = strict.wait_logged("request", request_id=f"unread-{path[1:]}")
    assert (line["route"], line["status"]) == (path, 200)


@pytest.mark.parametrize("path", ["/stream", "/stubborn", "/quiet"])
def test_a_stream_ends_when_its_reader_leaves(httptools, path):
    with connected(httptools) as client:
        client.sendall(get(path, f"X-Request-Id: left-{path[1:]}"))
        assert client.recv(100)
    httptools.wait_told(f"{path[1:]} closed")
    assert httptools.wait_logged("request", request_id=f"left-{path[1:]}")["status"] == 200


def test_a_client_that_reads_slowly_but_reads_gets_everything():
    got = 0
    with served(BACKTEST_WRITE_SECONDS="2") as server, connected(server, receive_buffer=65536) as client:
        client.sendall(get("/large", "Connection: close"))
        began = time.monotonic()
        while piece := client.recv(65536):
            got += len(piece)
            if time.monotonic() < began + 4:  # twice the time for one piece
                time.sleep(0.02)
    assert got > LARGE


def test_a_websocket_that_nobody_reads_is_cut_off(strict):
    with connect(f"ws://127.0.0.1:{strict.port}/socket", compression=None, max_queue=1) as client:
        client.send("flood")
        strict.wait_told("socket closed")
        with pytest.raises(ConnectionClosed):
            read_forever(client)


def test_a_websocket_outlives_the_time_for_headers(strict):
    with connect(f"ws://127.0.0.1:{strict.port}/socket") as client:
        time.sleep(1.0)
        client.send("hello")
        assert client.recv(PATIENCE) == "5"


def test_a_message_over_the_limit_ends_the_websocket():
    with served(BACKTEST_MAX_REQUEST_BYTES="1000") as server:
        with connect(f"ws://127.0.0.1:{server.port}/socket") as client:
            client.send("a" * 60_000)
            assert client.recv(PATIENCE) == "60000"
        with connect(f"ws://127.0.0.1:{server.port}/socket") as client:
            client.send("a" * 100_000)
            with pytest.raises(ConnectionClosed) as closed:
                client.recv(PATIENCE)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


def test_a_hundred_silent_connections_hold_up_nobody(httptools):
    silent = [socket.create_connection(("127.0.0.1", httptools.port)) for _ in range(100)]
    answers = []

    def asks() -> None:
        with connected(httptools) as client:
            client.sendall(get("/things/1"))
            answers.append(read_answer(client)[0])

    threads = [threading.Thread(target=asks) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    for client in silent:
        client.close()
    assert answers == [200] * 5
