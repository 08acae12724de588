"""The queue at work: what is tried again and what is not, what is cancelled, whose turn it is, how much is taken."""

import json
import subprocess
import sys
import threading

import pytest

from tests.service.faults import UNACKED, faulty, gated, quick
from tests.service.followers import asking
from tests.support.paths import ROOT
from tests.support.processes import eventually, is_running
from tests.support.runner import run_runner
from tests.support.sample_requests import one_holding, request
from tests.support.tokens import make_token

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with faulty(tmp_path_factory.mktemp("queue"), workers=2) as running:
        yield running


def order_of(service, ids):
    """Return the ids in the order in which their runs began."""
    return sorted(ids, key=lambda job_id: service.store.job(job_id).started_at)


def test_a_source_that_is_switched_off_is_not_asked_again_and_the_job_fails_as_the_run_does(service):
    asked = request(holdings=one_holding("ZZZZ"), data={"source": "yahoo"}, request_id="yahoo")
    job_id = service.submit(asked)
    document = service.assert_ended(job_id, "failed", "DATA_SOURCE_UNAVAILABLE")
    expected = run_runner(asked).document
    assert document == expected
    job = service.get(f"/backtests/{job_id}").json()
    assert job["attempts"] == 1
    answered = service.get(f"/backtests/{job_id}/result")
    assert (answered.status_code, answered.json()) == (503, expected)


def test_a_run_beyond_its_deadline_fails_at_once_and_is_not_tried_again(service):
    job_id = service.submit(gated(100, limits={"timeout_seconds": 6}))
    document = service.assert_ended(job_id, "failed", "TIMEOUT")
    assert document["status"] == 504
    assert service.get(f"/backtests/{job_id}").json()["attempts"] == 1
    assert len(service.began(100)) == 1
    assert not any(map(is_running, service.began(100)))


def test_a_wrong_request_is_not_tried_again(service):
    job_id = service.submit(request(holdings=one_holding("NOSUCH")))
    service.assert_ended(job_id, "failed", "SYMBOL_NOT_FOUND")
    assert service.get(f"/backtests/{job_id}").json()["attempts"] == 1


def test_deleting_a_running_job_ends_the_process_that_works_on_it(service):
    running = service.begin(101)
    (warm,) = service.began(101)
    answered = service.delete(f"/backtests/{running}")
    assert (answered.status_code, answered.json()["status"]) == (200, "cancelled")
    service.assert_ended(running, "cancelled", "CANCELLED")
    assert eventually(lambda: not is_running(warm))
    assert service.get(f"/backtests/{running}/result").status_code == 499
    again = service.delete(f"/backtests/{running}")
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    service.assert_serves()


def revoke(service, wake_up, number):
    """Revoke a wake-up as an operator does."""
    asked = f"app.control.revoke({wake_up!r}, terminate=True, signal={number!r})"
    command = f"from backtester.adapters.celery.app import app; {asked}"
    subprocess.run([sys.executable, "-c", command], cwd=ROOT, env=service.environ, check=True)


def wake_up_of(service, job_id):
    """Return the id of the message on which a job was begun."""
    return service.operator.hget(f"backtest:{job_id}", "worker").decode().rpartition(":")[2]


@pytest.mark.parametrize("number", ["SIGTERM", "SIGKILL"])
def test_revoking_a_wake_up_ends_the_process_and_cancels_the_job(service, number):
    gate = {"SIGTERM": 102, "SIGKILL": 103}[number]
    running = service.begin(gate)
    (warm,) = service.began(gate)
    revoke(service, wake_up_of(service, running), number)
    service.assert_ended(running, "cancelled", "CANCELLED")
    assert eventually(lambda: not is_running(warm)), "it ends with its parent"
    assert len(service.began(gate)) == 1, "it was not begun again"
    service.assert_serves()


def test_a_wake_up_that_is_delivered_again_while_its_run_goes_on_can_still_be_revoked(service):
    running = service.begin(104)
    wake_up = wake_up_of(service, running)
    (tag,) = (tag for tag, held in service.operator.hgetall(UNACKED).items() if wake_up.encode() in held)
    noted = service.operator.zscore(f"{UNACKED}_index", tag)
    assert eventually(lambda: service.operator.zscore(f"{UNACKED}_index", tag) != noted), "it is in its queue again"
    service.assert_serves()
    assert service.log("worker").count(f"[{wake_up}] received") == 1
    revoke(service, wake_up, "SIGTERM")
    service.assert_ended(running, "cancelled", "CANCELLED")
    service.assert_serves()


def test_a_higher_priority_goes_first_and_an_owner_with_much_to_do_delays_nobody(tmp_path):
    secret = "a secret of thirty-two characters"
    with faulty(tmp_path, BACKTEST_AUTH="on", BACKTEST_SECRET=secret) as service:
        scopes = ["run", "read", "priority"]
        tokens = (make_token(owner, scopes, secret=secret, seconds=600) for owner in ("busy", "calm"))
        busy, calm = ({"Authorization": f"Bearer {token}"} for token in tokens)
        blocking = service.submit(gated(1), headers=busy)
        assert eventually(lambda: service.began(1))
        batch = {"requests": [quick(number) for number in range(200)]}
        accepted = service.post("/backtests/batch?priority=normal", batch, headers=busy)
        assert accepted.status_code == 202, accepted.text
        theirs = [member["id"] for member in accepted.json()["jobs"]]
        low = service.submit(quick(900), headers=calm, params={"priority": "low"})
        single = service.submit(quick(901), headers=calm)
        high = service.submit(quick(902), headers=calm, params={"priority": "high"})
        service.open(1)
        whole = service.ended(accepted.json()["id"], headers=busy)
        assert whole["counts"] == {
            "total": 200,
            "queued": 0,
            "running": 0,
            "completed": 200,
            "failed": 0,
            "cancelled": 0,
        }
        for job_id in (low, single, high):
            assert service.ended(job_id, headers=calm)["status"] == "completed"
        order = order_of(service, [*theirs, low, single, high])
        assert order[0] == high
        assert order.index(single) <= 3, "behind at most a few of the other's"
        assert order[-1] == low
        assert [job_id for job_id in order if job_id in theirs] == theirs, "one owner's jobs come in order"
        assert service.ended(blocking, headers=busy)["status"] == "completed"


def test_a_full_queue_refuses_and_loses_nothing_that_it_took(tmp_path):
    with faulty(tmp_path, BACKTEST_QUEUE_LIMIT="5") as service:
        running = service.begin(1)
        taken, refused = [], []

        def submit(number):
            answered = service.post("/backtests", quick(number))
            (taken if answered.status_code == 202 else refused).append(answered)

        threads = [threading.Thread(target=submit, args=(number,)) for number in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (len(taken), len(refused)) == (5, 15)
        for answered in refused:
            assert (answered.status_code, answered.json()["code"]) == (429, "TOO_MANY_REQUESTS")
            assert int(answered.headers["Retry-After"]) > 0
        assert service.get("/health/ready").status_code == 200, "results are served, and jobs can be cancelled"
        held = asking("POST", f"{service.url}/backtests/batch", content=json.dumps({"requests": [quick(50)]}).encode(),
                      headers={"Content-Type": "application/json"})  # fmt: skip
        assert held.end()[0].status_code == 429, "a batch is taken whole or not at all"
        service.open(1)
        for answered in taken:
            service.assert_ended(answered.json()["id"])
        service.assert_ended(running)
        service.assert_serves()
