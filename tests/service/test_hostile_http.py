"""HTTP that means no good, against the real API: a document of the contract where it was HTTP, and never a fault."""

import contextlib
import gzip
import json
import select
import socket

import httpx
import pytest

from tests.service.clients import complaints, head_of, raw_http
from tests.support.documents import assert_fits, assert_of_the_service
from tests.support.processes import PATIENCE
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full

GOOD = json.dumps(request()).encode()
JSON = "Content-Type: application/json\r\n"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    settings = {"BACKTEST_HEADER_SECONDS": "1.5", "BACKTEST_BODY_SECONDS": "1.5"}
    with stack(tmp_path_factory.mktemp("hostile"), kind="local", **settings) as running:
        yield running
        assert complaints(running) == []
        assert running.post("/backtest", GOOD).status_code == 200  # after all of it


def said(port, first, headers="", body=b""):
    """Send one request and return status, headers and document of its answer."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    sent = f"{first} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}{length}\r\n".encode("latin-1") + body
    status, given, content = head_of(raw_http(port, sent))
    assert status < 500, content
    return status, given, content


def problem(answer, *codes):
    status, headers, content = answer
    document = json.loads(content)
    assert headers["content-type"] == "application/problem+json"
    assert_fits(document)
    assert_of_the_service(document)
    assert document["status"] == status
    assert document["code"] in codes, document
    return document


@pytest.mark.parametrize(
    "kind",
    ["", "Content-Type: text/plain\r\n", "Content-Type: application/json, text/plain\r\n", JSON + JSON,
     "Content-Type: application/xml+json+x\r\n", "Content-Type: \r\n", "Content-Type: " + "x" * 9000 + "\r\n",
     "Content-Type: multipart/form-data; boundary=x\r\n", "Content-Type: application/json\xe9\r\n",
     JSON + "Content-Encoding: gzip\r\n", JSON + "Content-Encoding: identity, br\r\n"],
)  # fmt: skip
def test_a_body_that_is_not_declared_as_plain_json_is_refused(service, kind):
    for path in ("/backtest", "/backtests", "/backtests/batch"):
        problem(said(service.port, f"POST {path}", kind, GOOD), "UNSUPPORTED_MEDIA_TYPE")


def test_json_by_other_names_is_taken(service):
    kinds = ("application/JSON", "application/json; charset=utf-8", "application/vnd.api+json", "application/json;")
    for kind in kinds:
        assert said(service.port, "POST /backtests", f"Content-Type: {kind}\r\n", GOOD)[0] == 202


def test_a_compressed_bomb_is_never_unpacked(service):
    bomb = gzip.compress(b" " * (64 << 20))
    problem(said(service.port, "POST /backtests", JSON + "Content-Encoding: gzip\r\n", bomb), "UNSUPPORTED_MEDIA_TYPE")
    problem(said(service.port, "POST /backtests", JSON, bomb), "INVALID_JSON")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"\0" * 100, b'"\\ud800"', b"[" * 200_000, b"1e999",
     b'{"a":' * 100_000, b'{"a":1,"a":2}', b"9" * 100_000, b'{"strategy":"\\u0000"}', b"NaN", GOOD + b"x", GOOD[:-1]],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused_in_the_words_of_the_contract(service, body):
    for path in ("/backtest", "/backtests", "/backtests/batch"):
        headers = JSON if body else JSON + "Content-Length: 0\r\n"
        answer = said(service.port, f"POST {path}", headers, body)
        problem(answer, "INVALID_JSON", "VALIDATION_FAILED", "UNKNOWN_STRATEGY")


@pytest.mark.parametrize("length", ["99999999999", "9" * 30, "33554433999"])
def test_a_body_that_says_it_is_too_large_is_not_waited_for(service, length):
    sent = f"POST /backtests HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: {length}\r\n\r\n"
    status, headers, content = head_of(raw_http(service.port, sent.encode()))
    assert status in (400, 413)  # more digits than a number has are no HTTP
    if status == 413:
        problem((status, headers, content), "REQUEST_TOO_LARGE")


def test_a_body_without_end_is_refused_at_the_limit_and_cut_off(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        head = f"POST /backtests HTTP/1.1\r\nHost: localhost\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode())
        piece = b"10000\r\n" + b" " * 65536 + b"\r\n"
        came = b""
        with contextlib.suppress(ConnectionError):
            for _ in range(10_000):  # 655 MB, far more than any limit
                connection.sendall(piece)
                if select.select([connection], [], [], 0.001)[0]:
                    data = connection.recv(65536)
                    came += data
                    if not data:
                        break
            else:
                raise AssertionError("it was never cut off")
    problem(head_of(came), "REQUEST_TOO_LARGE")


def test_a_body_that_trickles_is_not_waited_for_longer_than_is_said(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
        head = f"POST /backtests HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: {len(GOOD)}\r\n\r\n"
        connection.sendall(head.encode() + GOOD[:10])
        connection.settimeout(0.3)
        came = b""
        for at in range(10, 110):
            try:
                connection.sendall(GOOD[at : at + 1])
                data = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            came += data
            if not data:
                break
        else:
            raise AssertionError("still waited for")
    problem(head_of(came), "REQUEST_TIMEOUT")


@pytest.mark.parametrize("port", ["port", "sockets_port"])
@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\n", b"GET /backtests HTTP/1.1\r\nHost: localhost\r\nX-A: "])
def test_headers_that_never_end_close_the_connection(service, port, sent):
    came = b""
    with socket.create_connection(("127.0.0.1", getattr(service, port)), timeout=PATIENCE) as connection:
        connection.sendall(sent)
        with contextlib.suppress(ConnectionError):
            while piece := connection.recv(65536):
                came += piece
    assert came == b"" or came.startswith(b"HTTP/1.1 4")


def test_a_polled_body_that_trickles_is_not_waited_for_either(service):
    at = "/socket.io/?EIO=4&transport=polling"
    sid = json.loads(httpx.get(f"{service.sockets_url}{at}", timeout=PATIENCE).text[1:])["sid"]
    head = f"POST {at}&sid={sid} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n4\r\n"
    status, headers, content = head_of(raw_http(service.sockets_port, head.encode()))
    problem((status, headers, content), "REQUEST_TIMEOUT")


def test_ten_thousand_headers_and_long_lines_are_refused(service):
    many = "".join(f"X-{number}: x\r\n" for number in range(10_000))
    for headers in (many, f"X-A: {'x' * 100_000}\r\n", f"{'x' * 100_000}: x\r\n"):
        assert said(service.port, "GET /backtests", headers)[0] in (400, 431)
    assert said(service.port, f"GET /{'x' * 100_000}")[0] in (400, 414, 431)
    problem(said(service.port, f"GET /{'x' * 20_000}"), "NOT_FOUND")


@pytest.mark.parametrize(
    "sent",
    [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", b"\x16\x03\x01\x02\x00\x01\x00", b"GET\r\n\r\n",
     b"GET / HTTP/9.9\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET /\0 HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\r\n" * 50_000,
     b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n",
     b"POST /backtests HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
     b"POST /backtests HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
     b"POST /backtests HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
     b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"],
    ids=lambda sent: repr(sent[:16]),
)  # fmt: skip
@pytest.mark.parametrize("port", ["port", "sockets_port"])
def test_what_is_not_http_ends_its_connection(service, port, sent):
    came = raw_http(getattr(service, port), sent, close=True)
    assert came == b"" or came.split(b" ")[1][:1] == b"4", came[:200]


def test_a_length_and_chunks_at_once_are_no_way_to_smuggle(service):
    inner = b"0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = f"POST /backtests HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: {len(inner)}\r\n"
    came = raw_http(service.port, head.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + inner)
    assert came.count(b"HTTP/1.1 ") == 1
    assert came.startswith(b"HTTP/1.1 4")


def test_pipelined_requests_are_answered_in_their_order_each_under_its_own_name(service):
    sent = b""
    for number in range(20):
        end = "Connection: close\r\n" if number == 19 else ""
        path = "/backtests/job_x" if number % 2 else "/health/live"
        sent += f"GET {path} HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: r{number}\r\n{end}\r\n".encode()
    came = raw_http(service.port, sent)
    pieces = came.split(b"HTTP/1.1 ")[1:]
    assert [piece[:3] for piece in pieces] == [b"200", b"404"] * 10
    for number, piece in enumerate(pieces):
        assert f"x-request-id: r{number}\r\n".encode() in piece


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "PROPFIND", "BREW"])
def test_other_methods_are_refused_and_what_is_allowed_is_said(service, method):
    for path in ("/backtests", "/backtest", "/backtests/job_x", "/health/live", "/metrics"):
        status, headers, content = said(service.port, f"{method} {path}")
        if not headers:  # no method that the parser knows
            assert status == 400
            continue
        if method == "HEAD":
            assert content == b""
        else:
            assert status in (400, 405)
        if status == 405:
            assert headers["allow"]
            if method != "HEAD":
                problem((status, headers, content), "METHOD_NOT_ALLOWED")


@pytest.mark.parametrize("prefix", ["http://localhost", "http://evil.example", "//evil.example", "http://localhost:1"])
def test_addresses_in_other_forms_do_no_more_than_theirs(service, prefix):
    status, headers, content = said(service.port, f"GET {prefix}/backtests")
    assert status in (200, 404)
    if status != 200:
        problem((status, headers, content), "NOT_FOUND")
    assert "location" not in headers


@pytest.mark.parametrize(
    "path",
    ["/backtests/%00", "/backtests/job_%00", "/backtests/%ff%fe", "/backtests/%F0%9F%98%80", "/backtests/..%2f..%2fx",
     "/backtests/" + "%41" * 5000, "/backtests/%", "/backtests/%zz", "/backtests/job_x%0d%0aX-Evil:1", "/%2e%2e/etc",
     "/backtests;x=1", "/backtests/job_x/result/", "//backtests", "/./backtests", "/backtests/job_x/events?x=%00",
     "/schemas/%00", "/docs/../metrics", "/openapi.json/"],
    ids=lambda path: path[:30],
)  # fmt: skip
def test_strange_addresses_lead_nowhere(service, path):
    status, headers, content = said(service.port, f"GET {path}")
    problem((status, headers, content), "NOT_FOUND")
    assert "x-evil" not in headers


@pytest.mark.parametrize(
    "query",
    ["cursor=%00", "cursor=" + "x" * 9000, "cursor=%F0%9F%98%80", "cursor=job_%ff", "limit=1e3", "limit=9" + "9" * 5000,
     "limit=%D9%A3", "status=%00", "status=completed&status=gone", "limit=&cursor=&status=", "limit[]=1"],
    ids=lambda query: query[:20],
)  # fmt: skip
def test_strange_questions_are_refused_or_passed_over(service, query):
    answer = said(service.port, f"GET /backtests?{query}")
    if answer[0] != 200:
        problem(answer, "VALIDATION_FAILED")


@pytest.mark.parametrize(
    ("key", "status"),
    [(b"\xff\xfe", 202), ("ключ".encode(), 202), (b"x" * 255, 202), (b"x" * 256, 422), (b"x" * 9000, 422), (b"", 422),
     (b"\t \t", 422), (b"' OR 1=1; --", 202), (b"*", 202), (b"backtest:*", 202)],
)  # fmt: skip
def test_idempotency_keys_are_any_text_of_their_length(service, key, status):
    headers = JSON + f"Idempotency-Key: {key.decode('latin-1')}\r\n"
    answers = [said(service.port, "POST /backtests", headers, GOOD) for _ in range(2)]
    assert [answer[0] for answer in answers] == [status] * 2
    if status == 202:
        assert json.loads(answers[0][2])["id"] == json.loads(answers[1][2])["id"]


def test_names_of_requests_that_are_none_are_not_repeated(service):
    for name in ("x" * 200, "a b", "\xe9", "<script>", ""):
        headers = said(service.port, "GET /health/live", f"X-Request-Id: {name}\r\n")[1]
        assert headers["x-request-id"] != name
        assert headers["x-request-id"].isalnum()
    assert said(service.port, "GET /health/live", "X-Request-Id: mine-1\r\n")[1]["x-request-id"] == "mine-1"


def test_a_websocket_on_the_api_and_an_upgrade_to_something_else_are_not_taken(service):
    upgrade = "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    for kind in ("websocket", "h2c"):
        sent = f"GET /backtests/job_x HTTP/1.1\r\nHost: localhost\r\nUpgrade: {kind}\r\n{upgrade}\r\n"
        with socket.create_connection(("127.0.0.1", service.port), timeout=PATIENCE) as connection:
            connection.sendall(sent.encode())
            came = connection.recv(65536)
        assert came.split(b" ")[1][:1] == b"4"


def test_every_answer_has_its_headers_of_security(service):
    for path in ("/backtests", "/nothing", "/health/live", "/schemas/job"):
        headers = said(service.port, f"GET {path}")[1]
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "server" not in headers
