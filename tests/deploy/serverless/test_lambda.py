"""The function on Lambda: the real awslambdaric, a Runtime API on the loopback, the real runner behind it."""

import functools
import json
import os
import signal
import time

import pytest

from tests.deploy.serverless.conftest import over_http
from tests.support.documents import assert_fits, assert_of_the_service, untimed
from tests.support.paths import ROOT
from tests.support.processes import eventually, is_running
from tests.support.runner import plug_in, run_runner
from tests.support.sample_requests import one_holding, request

pytestmark = pytest.mark.full

LIMIT = 6_291_556
GOOD = sorted((ROOT / "examples/requests").glob("*.json"))
BAD = sorted((ROOT / "tests/invalid").glob("*/request.json"))[::6]
REQUEST = request(request_id="mine")


@functools.cache
def outside(path):
    """Return what the command line answers to the request in a file."""
    return run_runner(path.read_bytes()).stdout


def told(document):
    return untimed(document) if b'"timing_ms"' in document else document


def body_of(invocation):
    assert not invocation.failed, invocation.payload
    answer = json.loads(invocation.payload)
    assert answer["isBase64Encoded"] is False
    assert answer["headers"]["Cache-Control"] == "no-store"
    return answer["statusCode"], answer["headers"]["Content-Type"], answer["body"].encode()


def document_of(invocation):
    assert not invocation.failed, invocation.payload
    document = json.loads(invocation.payload)
    assert_fits(document)
    assert_of_the_service(document)
    return document


def code_of(invocation):
    document = document_of(invocation)
    return "OK" if document["success"] else document["code"]


def test_every_way_in_answers_with_the_bytes_of_the_command_line(start):
    environment = start()
    for path in (*GOOD, *BAD):
        raw = path.read_bytes()
        expected = told(outside(path))
        document = json.loads(expected)
        kind = "application/json" if document["success"] else "application/problem+json"
        events = [over_http(raw, base64=True)]
        if b"\xff" not in raw and raw.decode("utf-8", "replace").encode() == raw:
            events.append(over_http(raw))
        for event in events:
            status, media_type, body = body_of(environment.invoke(event))
            assert told(body) == expected, path
            assert (status, media_type) == (document.get("status", 200), kind), path
    assert environment.logs == {"stdout": b"", "stderr": b""}


def test_a_request_that_is_the_event_is_answered_with_its_document(start):
    environment = start()
    parsed = [path for path in (*GOOD, *BAD) if b'"code":"INVALID_JSON"' not in outside(path)]
    assert len(parsed) > 20
    for path in parsed:
        expected = json.loads(outside(path))
        document = document_of(environment.invoke(path.read_bytes()))
        assert document | {"timing_ms": 0} == expected | {"timing_ms": 0}, path


def test_what_an_event_loses_before_we_get_it(start):
    environment = start()
    twice = json.dumps(REQUEST).replace('"strategy"', '"strategy": "spelled wrong", "strategy"', 1).encode()
    assert code_of(environment.invoke(twice)) == "OK", "Lambda's own JSON reader keeps the last of two keys"
    huge = json.dumps(REQUEST | {"initial_capital": 12345}).replace("12345", "1e999").encode()
    assert code_of(environment.invoke(huge)) == "INVALID_JSON"
    assert code_of(environment.invoke(json.dumps([REQUEST]))) == "VALIDATION_FAILED"
    assert code_of(environment.invoke(b"null")) == "VALIDATION_FAILED"


def test_a_warm_environment_keeps_its_processes(start):
    environment = start()
    environment.invoke(REQUEST)
    before = environment.tree()
    assert len(before) == 3, "the runtime, the pool host, the worker"
    for _ in range(5):
        assert code_of(environment.invoke(REQUEST)) == "OK"
    assert environment.tree() == before


@pytest.mark.parametrize("which", [1, 2], ids=["the pool host", "the worker"])
def test_a_process_that_is_killed_between_two_invocations_is_replaced(start, which):
    environment = start()
    killed = environment.tree()[which]
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: not is_running(killed))
    assert code_of(environment.invoke(REQUEST)) == "OK"
    assert killed not in environment.tree()


@pytest.mark.parametrize("which", [1, 2], ids=["the pool host", "the worker"])
def test_a_process_that_dies_while_everything_is_frozen_costs_no_request(start, which):
    environment = start()
    assert code_of(environment.invoke(REQUEST)) == "OK"
    environment.freeze()
    killed = environment.tree()[which]
    os.kill(killed, signal.SIGKILL)
    assert eventually(lambda: not is_running(killed))
    name = environment.begin(REQUEST)
    environment.thaw()
    assert json.loads(environment.end(name).payload)["success"] is True


STAYS = """
import time

@Hostile
def stays(weights):
    os.write(2, b"BEGUN\\n")
    time.sleep(600)
"""


@pytest.mark.parametrize("which", [1, 2], ids=["the pool host", "the worker"])
def test_a_process_that_is_killed_in_the_middle_is_answered_for(start, place, which, tmp_path):
    folders = plug_in(tmp_path, STAYS)
    environment = start(PYTHONPATH=os.pathsep.join((place.path, folders["PYTHONPATH"])))
    name = environment.begin(over_http(json.dumps(REQUEST | {"strategy": "stays"})))
    assert eventually(lambda: b"BEGUN" in environment.logs["stderr"])
    assert len(environment.tree()) == 4, "and the child that runs the strategy"
    os.kill(environment.tree()[which], signal.SIGKILL)
    status, _, body = body_of(environment.end(name))
    document = json.loads(body)
    assert_fits(document)
    assert_of_the_service(document)
    assert (status, document["code"], document["request_id"]) == (500, "WORKER_CRASHED", "mine")
    assert code_of(environment.invoke(REQUEST)) == "OK"


def test_what_was_frozen_for_longer_than_its_deadline_still_answers(start):
    environment = start()
    environment.invoke(REQUEST)
    environment.freeze()
    time.sleep(4.5)
    environment.thaw()
    assert code_of(environment.invoke(REQUEST | {"limits": {"timeout_seconds": 4}})) == "OK"


@pytest.mark.parametrize("strategy", ["sleep_deaf", "spin", "stop_itself"])
def test_a_run_is_ended_before_lambda_would_end_everything(start, strategy):
    environment = start(plug_ins=True)
    asked = REQUEST | {"strategy": strategy, "limits": {"timeout_seconds": 20}}
    invocation = environment.invoke(asked, seconds=3, patience=3)
    document = document_of(invocation)
    assert (document["code"], document["request_id"]) == ("TIMEOUT", "mine")
    assert "before the platform" in document["detail"]
    assert code_of(environment.invoke(REQUEST)) == "OK"


def test_a_pool_host_that_stands_still_is_given_up_in_time(start):
    environment = start()
    environment.invoke(REQUEST)
    os.kill(environment.tree()[1], signal.SIGSTOP)
    invocation = environment.invoke(REQUEST, seconds=3, patience=3)
    document = document_of(invocation)
    assert (document["code"], document["request_id"]) == ("TIMEOUT", "mine")
    assert code_of(environment.invoke(REQUEST)) == "OK"


def test_a_deadline_of_the_requests_own_is_answered_as_everywhere(start):
    asked = REQUEST | {"strategy": "spin", "limits": {"timeout_seconds": 0.5}}
    expected = run_runner(asked, plug_ins=True).document
    assert document_of(start(plug_ins=True).invoke(asked, seconds=20)) == expected


def test_the_operators_cap_is_a_warning_as_everywhere(start):
    environment = start(BACKTEST_MAX_TIMEOUT_SECONDS="5")
    document = document_of(environment.invoke(REQUEST | {"limits": {"timeout_seconds": 60}}))
    assert [warning["code"] for warning in document["warnings"]] == ["TIMEOUT_CAPPED"]


def test_what_a_run_prints_is_no_part_of_the_answer(start):
    environment = start(plug_ins=True)
    _, _, body = body_of(environment.invoke(over_http(json.dumps(REQUEST | {"strategy": "write_everywhere"}))))
    assert json.loads(body)["success"] in (True, False)
    assert environment.logs["stdout"] == b""
    assert code_of(environment.invoke(REQUEST)) == "OK"


STOCKS = ("AAPL", "AMD", "BAC", "BBY", "CVX", "GE", "HD", "JNJ", "JPM", "KO")
LARGE = {
    "strategy": "momentum", "request_id": "large", "start_date": "1991-01-01", "end_date": "2022-12-28",
    "holdings": [{"symbol": symbol, "allocation": 1 / len(STOCKS)} for symbol in STOCKS],
    "parameters": {"lookback_period": 20, "top_n": 10, "rebalance_frequency": "daily"}, "benchmark": "^GSPC",
    "data": {"source": "bundled"},
}  # fmt: skip


@pytest.fixture(scope="module")
def whole():
    return run_runner(LARGE).document


@pytest.mark.parametrize("way", ["direct", "http"])
def test_a_result_larger_than_an_answer_may_be_is_thinned(start, whole, way):
    assert len(json.dumps(whole)) > LIMIT
    environment = start()
    invocation = environment.invoke(LARGE if way == "direct" else over_http(json.dumps(LARGE)))
    assert not invocation.failed
    assert len(invocation.payload) <= LIMIT
    document = document_of(invocation) if way == "direct" else json.loads(body_of(invocation)[2])
    assert_fits(document)
    assert_of_the_service(document)
    (warning,) = [warning for warning in document["warnings"] if warning["code"] == "RESULT_THINNED"]
    assert "trades left out" in warning["detail"]
    assert "trades" not in document
    for name in ("result_id", "request", "metrics", "tables", "final_holdings", "audit"):
        assert document[name] == whole[name]


@pytest.mark.parametrize("way", ["direct", "http"])
def test_the_limit_is_of_what_is_sent_and_not_of_the_document(start, way):
    asked = LARGE | {"start_date": "2010-01-01"}
    document = run_runner(asked).stdout
    assert len(document) < LIMIT < len(json.dumps(json.loads(document))) < len(json.dumps(document.decode()))
    invocation = start().invoke(asked if way == "direct" else over_http(json.dumps(asked)))
    assert len(invocation.payload) <= LIMIT
    answered = document_of(invocation) if way == "direct" else json.loads(body_of(invocation)[2])
    assert answered["warnings"][-1]["code"] == "RESULT_THINNED"


def test_an_answer_of_nothing_that_was_asked_for_is_an_error(start):
    document = document_of(start().invoke(LARGE | {"output": {"include": ["trades"]}}))
    assert (document["code"], document["status"], document["request_id"]) == ("RESULT_TOO_LARGE", 422, "large")


def test_who_wants_all_or_nothing_gets_an_error(start):
    environment = start()
    large = over_http(json.dumps(LARGE), prefer="respond-async, handling=strict")
    status, kind, body = body_of(environment.invoke(large))
    document = json.loads(body)
    assert_fits(document)
    assert_of_the_service(document)
    assert (status, kind, document["code"]) == (422, "application/problem+json", "RESULT_TOO_LARGE")
    assert "handling=strict" in document["detail"]
    small = over_http(json.dumps(REQUEST), prefer="handling=strict")
    assert body_of(environment.invoke(small))[0] == 200


REFUSED = {
    "GET": (over_http(None, method="GET", content_type=""), 405, "METHOD_NOT_ALLOWED"),
    "OPTIONS": (over_http(None, method="OPTIONS", content_type=""), 405, "METHOD_NOT_ALLOWED"),
    "no type": (over_http("{}", content_type=""), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "a form": (over_http("a=b", content_type="application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "compressed": (over_http("{}", content_encoding="gzip"), 415, "UNSUPPORTED_MEDIA_TYPE"),
    "no body": (over_http(None), 400, "INVALID_JSON"),
    "not JSON": (over_http("{"), 400, "INVALID_JSON"),
    "not base64": (over_http("{}", base64=True) | {"body": "*"}, 400, "INVALID_JSON"),
    "half a character": (over_http("{}") | {"body": '{"strategy": "\udc80"}'}, 400, "INVALID_JSON"),
    "too long by its header": (over_http("{}", content_length="99999999"), 413, "REQUEST_TOO_LARGE"),
    "too long": (over_http('"' + "x" * 5_300_000 + '"', content_length=""), 413, "REQUEST_TOO_LARGE"),
    "no headers": (over_http("{}") | {"headers": None}, 415, "UNSUPPORTED_MEDIA_TYPE"),
    "format 1.0": ({"requestContext": {}, "httpMethod": "GET", "headers": None}, 405, "METHOD_NOT_ALLOWED"),
    "a body that is no text": (over_http("{}") | {"body": 7}, 500, "INTERNAL"),
}


def test_what_is_no_request_gets_one_document(start):
    environment = start()
    for name, (event, status, code) in REFUSED.items():
        answered, kind, body = body_of(environment.invoke(event))
        document = json.loads(body)
        assert_fits(document)
        assert_of_the_service(document)
        assert (answered, kind, document["code"]) == (status, "application/problem+json", code), name
    assert json.loads(environment.invoke(REFUSED["GET"][0]).payload)["headers"]["Allow"] == "POST"
    assert environment.logs["stdout"] == b""


def test_settings_that_cannot_be_read_are_a_document_too(start):
    environment = start(BACKTEST_TIMEOUT_SECONDS="soon")
    document = document_of(environment.invoke(REQUEST))
    assert (document["code"], "BACKTEST_TIMEOUT_SECONDS" in document["detail"]) == ("INTERNAL", True)


def test_the_price_store_is_in_the_folder_that_can_be_written_to(start, scratch):
    asked = request(holdings=one_holding("ZZZZ"), data={"source": "auto"})
    assert code_of(start().invoke(asked)) == "DATA_SOURCE_UNAVAILABLE"
    assert [path.name for path in (scratch / "backtest-runner").glob("*.sqlite3")] == ["prices.sqlite3"]


def test_a_price_store_that_was_given_a_place_is_there(start, scratch, tmp_path):
    environment = start(BACKTEST_CACHE_DIR=str(tmp_path / "elsewhere"))
    environment.invoke(request(holdings=one_holding("ZZZZ"), data={"source": "auto"}))
    assert (tmp_path / "elsewhere/prices.sqlite3").exists()
    assert not (scratch / "backtest-runner").exists()


def test_nothing_is_left_when_the_runtime_is_killed(start):
    environment = start()
    runtime, *rest = environment.tree()
    os.kill(runtime, signal.SIGKILL)
    assert eventually(lambda: not any(map(is_running, rest)))
