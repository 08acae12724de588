"""What every answer has, whatever was asked and whatever went wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.unit.service.http.serving import Served, ask, connected, get, read_all, served


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.mark.parametrize("given", ["a", "0.1-b_C", "f" * 128])
def test_a_request_id_is_taken_over(server, given):
    _, headers, body = ask(server, get("/things/1", f"X-Request-Id: {given}"))
    assert headers["x-request-id"] == given
    assert json.loads(body)["request_id"] == given
    assert server.wait_logged("request", request_id=given)["status"] == 200


@pytest.mark.parametrize("given", ["", "f" * 129, "a b", 'a"b', "a\tb", "ä", "{}", "../x"])
def test_a_request_id_that_could_do_harm_is_replaced(server, given):
    _, headers, _ = ask(server, get("/things/1", f"X-Request-Id: {given}"))
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])


def test_each_request_without_an_id_gets_its_own(server):
    made = {ask(server, get("/things/1"))[1]["x-request-id"] for _ in range(5)}
    assert len(made) == 5


@pytest.mark.parametrize("path", ["/things/1", "/nothing", "/boom"])
def test_every_answer_forbids_what_a_browser_might_make_of_it(server, path):
    _, headers, _ = ask(server, get(path))
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert "server" not in headers
    assert "date" in headers


def test_an_exception_is_a_document_that_says_nothing_of_the_inside(server):
    status, headers, body = ask(server, get("/boom", "X-Request-Id: boom-1"))
    document = json.loads(body)
    assert (status, document["code"]) == (500, "INTERNAL")
    assert headers["content-type"] == "application/problem+json"
    assert not re.search(rb"hidden|Traceback|RuntimeError|/", body.replace(b"/errors/internal", b""))
    line = server.wait_logged("an unexpected error", request_id="boom-1")
    assert "RuntimeError: the inside of /srv/hidden.db" in line["exception"]
    assert server.wait_logged("request", request_id="boom-1")["status"] == 500


def test_an_exception_in_the_midst_of_an_answer_closes_the_connection(server):
    with connected(server) as client:
        client.sendall(get("/half", "X-Request-Id: half-1"))
        answer = read_all(client)
    assert answer.endswith(b"first half\r\n")  # and not by the chunk that says that this was all
    assert "no second half" in server.wait_logged("an unexpected error", request_id="half-1")["exception"]


def test_one_line_is_logged_for_each_request_without_what_is_private(server):
    ask(
        server,
        get(
            "/things/private-thing?token=private-token", "X-Request-Id: private", "Cookie: a=private-cookie",
            "Authorization: Bearer private-bearer",
        ),
    )  # fmt: skip
    line = server.wait_logged("request", request_id="private")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/things/{thing}", 200)
    assert (line["owner"], line["level"]) == ("alice", "info")
    assert line["ms"] > 0
    assert line["bytes"] > 0
    logged = [entry for entry in server.logs() if entry.get("request_id") == "private"]
    assert logged == [line]
    assert "private-" not in json.dumps(logged)


def test_the_path_that_no_route_took_is_not_logged(server):
    ask(server, get("/wp-login.php?x=1", "X-Request-Id: nothing"))
    line = server.wait_logged("request", request_id="nothing")
    assert (line["route"], line["status"]) == (None, 404)
    assert "wp-login" not in json.dumps(line)
