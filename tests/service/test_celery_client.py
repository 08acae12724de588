"""Celery clients send `run_backtest_task` and read status and result in Redis, as docs/how-to/service.md says."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.service.faults import PATIENCE, REQUESTS, UNACKED, WAKE_UPS, faulty, gated, quick
from tests.support.documents import assert_fits
from tests.support.processes import eventually
from tests.support.runner import run_runner
from tests.support.sample_requests import request

pytestmark = pytest.mark.full

SEND = """
import json, sys
from celery import Celery

app = Celery(broker=sys.argv[1])
app.conf.task_default_queue = "backtests"
app.conf.broker_transport_options = {"global_keyprefix": "backtest:celery:"}
for backtest_id, params in json.load(sys.stdin):
    app.send_task("run_backtest_task", args=[backtest_id, params])
assert "backtester" not in sys.modules
"""


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with faulty(tmp_path_factory.mktemp("celery"), workers=2, BACKTEST_MAX_REQUEST_BYTES="100000") as running:
        yield running


def send(service, *sent):
    """Send tasks from a process that knows nothing of this package."""
    command = [sys.executable, "-c", SEND, service.redis.url]
    subprocess.run(command, cwd=service.folder, input=json.dumps(sent).encode(), check=True, timeout=PATIENCE)


def field(service, backtest_id, name):
    value = service.operator.hget(f"backtest:{backtest_id}", name)
    return None if value is None else value.decode()


def ended(service, backtest_id):
    """Return status and document, as a client of Redis reads them."""
    ends = {"completed", "failed", "cancelled"}
    assert eventually(lambda: field(service, backtest_id, "status") in ends, within=PATIENCE), service.log("worker")
    document = service.operator.get(f"backtest:result:{field(service, backtest_id, 'result')}")
    return field(service, backtest_id, "status"), json.loads(document)


def untimed(document):
    return {key: value for key, value in document.items() if key != "timing_ms"}


def test_a_request_runs_under_its_sender_s_id_and_is_read_where_the_docs_say(service):
    asked = request(initial_capital=4321)
    send(service, ["My_backtest-1", asked])
    status, document = ended(service, "My_backtest-1")
    assert status == "completed"
    assert untimed(document) == untimed(run_runner(asked).document)
    assert json.loads(field(service, "My_backtest-1", "event"))["stage"] == "completed"
    job = service.get("/backtests/My_backtest-1").json()
    assert (job["status"], job["attempts"], untimed(job["result"])) == ("completed", 1, untimed(document))
    assert service.get("/backtests?limit=1").json()["jobs"][0]["id"] == "My_backtest-1"


@pytest.mark.parametrize("wrong", [None, 5, "text", [], {}, request(holdings=[]), request(initial_capital=-1)])
def test_the_error_document_of_wrong_params_is_the_result(service, wrong):
    backtest_id = f"wrong-{abs(hash(json.dumps(wrong)))}"
    send(service, [backtest_id, wrong])
    status, document = ended(service, backtest_id)
    assert (status, document) == ("failed", run_runner(json.dumps(wrong).encode()).document)
    assert_fits(document)


def test_params_that_are_too_large_have_that_as_their_result(service):
    send(service, ["huge", request(request_id="x" * 50, note="x" * 8_000_000)])
    status, document = ended(service, "huge")
    assert (status, document["code"]) == ("failed", "REQUEST_TOO_LARGE")
    service.assert_serves()


@pytest.mark.parametrize("wrong", ["", "a" * 129, "a b", "a:b", "queue:high", "../x", "é", "a\n", None, 5, {"a": 1}])
def test_what_cannot_be_an_id_is_refused_and_changes_nothing(service, wrong):
    before = service.log("worker").count('"event":"refused"')
    send(service, [wrong, request()])
    assert eventually(lambda: service.log("worker").count('"event":"refused"') == before + 1, within=PATIENCE)
    assert "1 to 128 letters, digits" in service.log("worker")
    assert "Traceback" not in service.log("worker")
    service.assert_serves()


@pytest.mark.parametrize("name", ["queue", "stats", "pending", "workers", "owner", "result", "celery", "events"])
def test_no_id_harms_the_queue(service, name):
    send(service, [name, quick(7)])
    assert ended(service, name)[0] == "completed"
    service.assert_serves()


def test_the_same_id_twice_is_one_job_and_other_params_are_an_error(service):
    asked, other = request(initial_capital=10), request(initial_capital=20)
    send(service, ["twice", asked], ["twice", asked], ["twice", dict(reversed(asked.items()))])
    status, document = ended(service, "twice")
    assert (status, document["request"]["initial_capital"]) == ("completed", 10)
    send(service, ["twice", asked], ["twice", other])
    assert eventually(lambda: "belongs to another request or owner" in service.log("worker"), within=PATIENCE)
    assert ended(service, "twice") == (status, document)
    assert service.get("/backtests/twice").json()["attempts"] == 1
    theirs = service.submit(quick(1))
    service.assert_ended(theirs)
    send(service, [theirs, quick(2)])
    refusal = f'"job":"{theirs}","code":"IDEMPOTENCY_KEY_REUSED"'
    assert eventually(lambda: refusal in service.log("worker"), within=PATIENCE)


def test_a_worker_that_is_killed_meanwhile_loses_nothing(tmp_path):
    names = [f"q-{number}" for number in range(20)]
    tasks = [["gated", gated(1)], *([name, quick(number)] for number, name in enumerate(names))]
    with faulty(tmp_path) as service:
        send(service, *tasks)
        assert eventually(lambda: service.began(1), within=PATIENCE)
        os.killpg(service.processes["worker"].pid, signal.SIGKILL)
        service.kill("worker")
        held = b"".join(service.operator.lrange(REQUESTS, 0, -1)).count(b'"run_backtest_task"')
        held += b"".join(service.operator.hvals(UNACKED)).count(b'"run_backtest_task"')
        stored = sum(service.store.job(name) is not None for name in names)
        assert held + stored >= len(names)
        send(service, ["late", quick(99)])
        service.start_worker("again")
        service.open(1)
        # what the worker had taken and not stored is delivered again within seconds
        for backtest_id in ("gated", "late", *names):
            assert ended(service, backtest_id)[0] == "completed"
        assert service.get("/backtests/gated").json()["attempts"] == 2
        assert len(service.get("/backtests?limit=200").json()["jobs"]) == len(tasks) + 1


def test_a_request_that_a_full_queue_has_no_room_for_waits(tmp_path):
    with faulty(tmp_path, workers=0, BACKTEST_QUEUE_LIMIT="2") as service:
        waiting = [service.submit(quick(number)) for number in range(2)]
        service.operator.delete(WAKE_UPS)  # so that the worker begins with the request
        send(service, ["patient", quick(3)])
        service.start_worker()
        assert ended(service, "patient")[0] == "completed"
        assert "The queue of this service is full: 2 jobs are waiting" in service.log("worker")
        for job_id in waiting:
            service.assert_ended(job_id)


def test_a_request_that_comes_while_the_store_is_away_is_delivered_again(tmp_path):
    with faulty(tmp_path, keep=True) as service:
        service.assert_serves()
        send(service, *([f"q-{number}", quick(number)] for number in range(30)))
        service.redis.stop()
        service.redis.start()
        for number in range(30):
            assert ended(service, f"q-{number}")[0] == "completed"
