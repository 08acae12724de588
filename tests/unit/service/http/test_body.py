"""Bodies that are no JSON, too large, too slow, or never come to an end."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.unit.service.http.serving import MAX_BODY, Served, ask, connected, get, post, read_answer, served


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served() as server:
        yield server


def refusal(answer: tuple[int, dict[str, str], bytes]) -> tuple[int, str, dict[str, Any]]:
    status, headers, body = answer
    assert headers["content-type"] == "application/problem+json"
    document = json.loads(body)
    assert document["status"] == status
    return status, document["code"], document


@pytest.mark.parametrize(
    "kind", ["application/json", "Application/JSON ; charset=utf-8", "application/vnd.backtest.v1+json"]
)
def test_json_is_read(server, kind):
    assert json.loads(ask(server, post(b"{}", kind=kind))[2]) == {"bytes": 2}


def test_a_body_of_exactly_the_limit_is_read(server):
    assert json.loads(ask(server, post(b"a" * MAX_BODY))[2]) == {"bytes": MAX_BODY}


def test_a_body_in_chunks_is_read(server):
    chunked = post(b"2\r\n{}\r\n3\r\n   \r\n0\r\n\r\n", "Transfer-Encoding: chunked", length=None)
    assert json.loads(ask(server, chunked)[2]) == {"bytes": 5}


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json",
     "application/jsonp", "text/plain; application/json", "application/+json", "application/json, text/plain"],
)  # fmt: skip
def test_what_a_page_of_another_site_could_send_unasked_is_refused(server, kind):
    status, code, document = refusal(ask(server, post(b"{}", kind=kind)))
    assert (status, code) == (415, "UNSUPPORTED_MEDIA_TYPE")
    assert "application/json" in document["detail"]


def test_two_content_types_are_one_too_many(server):
    assert refusal(ask(server, post(b"{}", "Content-Type: text/plain")))[0] == 415


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip"])
def test_a_compressed_body_is_refused(server, encoding):
    status, code, _ = refusal(ask(server, post(gzip.compress(b"{}"), f"Content-Encoding: {encoding}")))
    assert (status, code) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_the_encoding_that_is_none_is_fine(server):
    assert ask(server, post(b"{}", "Content-Encoding: identity"))[0] == 200


@pytest.mark.parametrize("length", [MAX_BODY + 1, 10**17, 9_223_372_036_854_775_807])
def test_a_body_that_says_it_is_too_large_is_refused_before_it_comes(server, length):
    status, code, document = refusal(ask(server, post(b"", length=length)))
    assert (status, code) == (413, "REQUEST_TOO_LARGE")
    assert document["detail"] == f"The request is larger than {MAX_BODY} bytes."


def test_a_body_in_chunks_is_too_large_when_it_is(server):
    with connected(server) as client:
        client.sendall(post(b"", "Transfer-Encoding: chunked", length=None))
        client.sendall(b"%x\r\n%s\r\n" % (MAX_BODY, b"a" * MAX_BODY))
        client.sendall(b"1\r\na\r\n")  # and no end
        assert refusal(read_answer(client))[:2] == (413, "REQUEST_TOO_LARGE")


def test_a_body_that_comes_too_slowly_is_refused_and_not_waited_for(server):
    with connected(server) as client:
        client.sendall(post(b"{", length=100))
        client.settimeout(0.05)
        answer = b""
        while not answer:
            client.sendall(b" ")
            try:
                answer = client.recv(1)
            except TimeoutError:
                continue
        client.settimeout(60)
        status, headers, body = read_answer(client, answer)
        assert refusal((status, headers, body))[:2] == (408, "REQUEST_TIMEOUT")
        assert headers["connection"] == "close"


def test_a_client_that_leaves_in_the_midst_of_its_body_is_no_error(server):
    with connected(server) as client:
        client.sendall(post(b"{", "X-Request-Id: left-early", length=100))
        server.wait_told("reading left-early")
    line = server.wait_logged("request", request_id="left-early")
    assert (line["status"], line["client_gone"], line["level"]) == (499, True, "info")
    assert not [line for line in server.logs() if line["level"] in ("error", "critical")]


def test_get_needs_no_content_type(server):
    assert ask(server, get("/things/1"))[0] == 200
