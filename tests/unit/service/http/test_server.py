"""The server as a process: how it begins, how it ends, and what it says when it cannot begin."""

from __future__ import annotations

import json
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from tests.unit.service.http.serving import PATIENCE, connected, get, read_all, read_answer, served, start


def run(*args: str) -> tuple[int, list[str]]:
    """Run a server that is to end by itself; return its exit status and its log."""
    with tempfile.TemporaryDirectory() as folder:
        process, told, logged = start(folder, *args)
        try:
            status = process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()
        assert "port" not in Path(told).read_text()
        return status, [json.loads(line)["event"] for line in Path(logged).read_text().splitlines()]


def test_it_says_once_where_it_listens():
    with served() as server:
        line = server.wait_logged(f"listening on http://127.0.0.1:{server.port}")
        assert [entry["event"] for entry in server.logs()] == [line["event"]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_well(number):
    with served() as server, connected(server):
        assert server.stop(number) == 0
        server.wait_told("shut down")
        assert not [line for line in server.logs() if line["level"] != "info"]


def test_a_running_request_is_answered_before_it_ends():
    with served() as server, connected(server) as client:
        client.sendall(get("/slow?seconds=1"))
        server.wait_told("slow begun")
        server.process.send_signal(signal.SIGTERM)
        server.wait_told("stopping")
        status, headers, body = read_answer(client)
        assert (status, json.loads(body)) == (200, {"slow": "done"})
        assert headers["connection"] == "close"
        assert server.process.wait(PATIENCE) == 0


def test_while_it_ends_nobody_new_is_let_in():
    with served() as server, connected(server) as client:
        client.sendall(get("/slow?seconds=1"))
        server.wait_told("slow begun")
        server.process.send_signal(signal.SIGTERM)
        read_answer(client)
        assert server.process.wait(PATIENCE) == 0
        with pytest.raises(ConnectionError), connected(server):
            pass


def test_a_request_that_takes_too_long_to_wait_for_is_told_so():
    with served(BACKTEST_SYNC_SECONDS="0.5") as server, connected(server) as client:
        client.sendall(get("/slow?seconds=3600"))
        server.wait_told("slow begun")
        server.process.send_signal(signal.SIGTERM)
        status, headers, body = read_answer(client)
        assert (status, json.loads(body)["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert headers["retry-after"] == "5"
        assert server.process.wait(PATIENCE) == 0


def test_an_endless_stream_does_not_keep_it():
    with served(BACKTEST_SYNC_SECONDS="0.5") as server, connected(server) as client:
        client.sendall(get("/quiet"))
        assert client.recv(100)
        assert server.stop(signal.SIGTERM) == 0
        read_all(client)


def test_a_port_in_use_is_said_with_a_remedy():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        status, events = run(f"port={port}")
    assert status == 1
    assert events == [
        f"cannot listen on 127.0.0.1:{port}: another process listens there; stop it, or choose another port with "
        "--port (0 for any free one)"
    ]


@pytest.mark.parametrize(
    ("host", "port", "remedy"),
    [("no-such-host.invalid", 0, "the host name is unknown"), ("192.0.2.1", 0, "is not this machine's"),
     ("127.0.0.1", 70000, "at most 65535")],
)  # fmt: skip
def test_an_address_that_cannot_be_had_is_said(host, port, remedy):
    status, (event,) = run(f"host={host}", f"port={port}")
    assert status == 1
    assert event.startswith(f"cannot listen on {host}:{port}: ")
    assert remedy in event


def test_an_application_that_does_not_start_ends_the_server():
    status, events = run("fail-to-start")
    assert status == 1
    assert "Application startup failed. Exiting." in events


def test_a_port_is_free_again_at_once():
    with served() as server:
        with connected(server) as client:
            client.sendall(get("/things/1"))
            read_answer(client)
            assert server.stop(signal.SIGTERM) == 0
        with served(f"port={server.port}") as second:
            assert second.port == server.port


def test_it_listens_on_every_address_of_a_name():
    addresses = {found[4][0] for found in socket.getaddrinfo("localhost", None, type=socket.SOCK_STREAM)}
    with served("host=localhost") as server:
        for address in addresses:
            try:
                socket.create_connection((address, server.port), PATIENCE).close()
            except OSError:
                assert ":" in address  # a machine without IPv6
