"""The function on Vercel: its own bridge for Python, in both of the ways that it has run functions in."""

import json
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.deploy.serverless.test_lambda import BAD, GOOD, LARGE, REQUEST, outside, told
from tests.support.documents import assert_fits, assert_of_the_service
from tests.support.lambda_runtime import tree_of
from tests.support.paths import ROOT
from tests.support.processes import eventually, is_running
from tests.support.vercel_bridge import Invoked, Streaming, set_up

pytestmark = pytest.mark.full

LIMIT = 4_500_000
SERVICES = ROOT / "examples/serverless/services"
JSON = {"Content-Type": "application/json"}
WAYS = [Streaming, Invoked]


@pytest.fixture
def start(place, platform, tmp_path):
    """Start a function, ended after the test. The bridge wants its own files beside the code: links to it stand in."""
    running = []

    def started(way, plug_ins=False, project="examples/web", entry="api/python-backtest.py", **env):
        folder = tmp_path / "task"
        folder.mkdir()
        set_up(folder, ROOT / project / entry, entry)
        environ = platform(os.pathsep.join((str(place.folder), place.path)), plug_ins, **env)
        made = way(folder, environ, python=(sys.executable, *place.flags))
        running.append(made)
        return made

    yield started
    for function in running:
        function.close()


def ask(function, asked, **headers):
    """Post a request; return status and document."""
    raw = asked if isinstance(asked, bytes) else json.dumps(asked).encode()
    reply = function.ask("POST", raw, {**JSON, **headers})
    document = json.loads(reply.body)
    assert_fits(document)
    assert_of_the_service(document)
    assert len(reply.body) <= LIMIT
    return reply.status, document


@pytest.mark.parametrize("way", WAYS)
def test_vercel_answers_with_the_bytes_of_the_command_line(start, way):
    function = start(way)
    for path in (*GOOD, *BAD):
        raw = path.read_bytes()
        expected = told(outside(path))
        document = json.loads(expected)
        reply = function.ask("POST", raw, JSON)
        assert told(reply.body) == expected, path
        assert reply.status == document.get("status", 200)
        kind = "application/json" if document["success"] else "application/problem+json"
        assert (reply.headers["content-type"], reply.headers["cache-control"]) == (kind, "no-store")


@pytest.mark.parametrize("way", WAYS)
def test_what_is_no_request_gets_one_document_on_vercel(start, way):
    function = start(way)
    for method in ("GET", "OPTIONS", "PUT", "PATCH", "DELETE"):
        reply = function.ask(method, None, {})
        assert (reply.status, reply.headers["allow"]) == (405, "POST")
        assert json.loads(reply.body)["code"] == "METHOD_NOT_ALLOWED"
    assert function.ask("HEAD", None, {}).status == 405
    for body, headers, status, code in (
        (b"{", JSON, 400, "INVALID_JSON"),
        (b"", JSON, 400, "INVALID_JSON"),
        (b"a=b", {"Content-Type": "application/x-www-form-urlencoded"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"{}", {}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b"{}", {**JSON, "Content-Encoding": "gzip"}, 415, "UNSUPPORTED_MEDIA_TYPE"),
        (b'"' + b"x" * 5_300_000 + b'"', JSON, 413, "REQUEST_TOO_LARGE"),
    ):
        reply = function.ask("POST", body, headers)
        document = json.loads(reply.body)
        assert_fits(document)
        assert_of_the_service(document)
        assert (reply.status, document["code"]) == (status, code)
    assert function.stderr == b""


def test_the_service_beside_the_web_answers_as_the_function_does(start, place):
    if place.kind != "checkout":
        pytest.skip("the bundles have no FastAPI")
    project = json.loads((SERVICES / "vercel.json").read_text())
    service = project["services"]["engine"]
    module, _, name = service["entrypoint"].partition(":")
    assert name == "app"  # which the bridge looks for
    function = start(Streaming, project=SERVICES / service["root"], entry=f"{module}.py")
    function.path = project["rewrites"][0]["source"]
    for path in (*GOOD, *BAD):
        expected = told(outside(path))
        reply = function.ask("POST", path.read_bytes(), JSON)
        assert told(reply.body) == expected, path
        assert reply.status == json.loads(expected).get("status", 200)
    for method, body, headers, code in (
        ("GET", None, {}, "METHOD_NOT_ALLOWED"),
        ("POST", b"{", JSON, "INVALID_JSON"),
        ("POST", b"{}", {}, "UNSUPPORTED_MEDIA_TYPE"),
    ):
        reply = function.ask(method, body, headers)
        document = json.loads(reply.body)
        assert (document["code"], reply.headers["content-type"]) == (code, "application/problem+json")
        assert reply.status == document["status"]


@pytest.mark.parametrize("way", WAYS)
def test_a_process_that_is_killed_costs_vercel_no_request(start, way):
    function = start(way)
    for which in (1, 2):
        assert ask(function, REQUEST)[0] == 200
        killed = tree_of(function.process.pid)[which]
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda pid=killed: not is_running(pid))
    assert ask(function, REQUEST)[0] == 200


@pytest.mark.parametrize("way", WAYS)
def test_the_deadline_that_stands_for_vercels_ends_a_run(start, way):
    function = start(way, plug_ins=True, BACKTEST_MAX_TIMEOUT_SECONDS="2")
    status, document = ask(function, REQUEST | {"strategy": "spin"})
    assert (status, document["code"], document["request_id"]) == (504, "TIMEOUT", "mine")
    warm = tree_of(function.process.pid)
    assert ask(function, REQUEST)[0] == 200
    assert tree_of(function.process.pid) == warm, "a process that replaced another outlives the thread that asked"


def test_requests_that_come_at_once_are_run_one_after_the_other(start):
    function = start(Streaming)
    with ThreadPoolExecutor(8) as threads:
        answers = [*threads.map(lambda n: ask(function, REQUEST | {"request_id": str(n)}), range(16))]
    assert [(status, document["request_id"]) for status, document in answers] == [(200, str(n)) for n in range(16)]


def test_who_waits_behind_a_long_run_until_there_is_no_time_is_told_to_try_again(start):
    function = start(Streaming, plug_ins=True, BACKTEST_MAX_TIMEOUT_SECONDS="2")
    with ThreadPoolExecutor(3) as threads:
        answers = [*threads.map(lambda n: ask(function, REQUEST | {"strategy": "sleep_deaf"}), range(3))]
    codes = sorted(document["code"] for _, document in answers)
    assert codes[-1] == "TOO_MANY_REQUESTS"
    assert "TIMEOUT" in codes
    assert ask(function, REQUEST)[0] == 200


@pytest.mark.parametrize("way", WAYS)
def test_a_result_larger_than_vercel_passes_on_is_thinned(start, way):
    function = start(way)
    status, document = ask(function, LARGE)
    assert (status, "trades" in document) == (200, False)
    assert document["warnings"][-1]["code"] == "RESULT_THINNED"
    status, document = ask(function, LARGE, Prefer="handling=strict")
    assert (status, document["code"]) == (422, "RESULT_TOO_LARGE")


@pytest.mark.parametrize("way", WAYS)
def test_what_a_run_prints_stays_out_of_vercels_answers(start, way):
    function = start(way, plug_ins=True)
    assert ask(function, REQUEST | {"strategy": "print_much"})[1]["success"] in (True, False)
    assert ask(function, REQUEST)[0] == 200
