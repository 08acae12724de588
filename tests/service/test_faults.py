"""Workers that die, stand still or come back too late: every accepted job ends exactly once."""

import contextlib
import os
import signal

import pytest

from tests.service.faults import UNACKED, WAKE_UPS, family, fatal, faulty, first_of, gated, gated_at_once, quick
from tests.service.followers import asking
from tests.support.processes import children, eventually, is_running

pytestmark = pytest.mark.full


def test_jobs_of_a_worker_that_is_killed_with_all_its_processes_are_finished_by_another(tmp_path):
    with faulty(tmp_path) as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(6)]
        processes = family(service.processes["worker"].pid)
        os.killpg(service.processes["worker"].pid, signal.SIGKILL)
        service.kill("worker")
        assert eventually(lambda: not any(map(is_running, processes)))
        service.open(1)
        service.start_worker("another")
        service.assert_ended(running)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 2
        for number, job_id in enumerate(waiting):
            assert service.assert_ended(job_id)["request_id"] == f"quick-{number}"
        service.assert_serves()


def test_when_the_main_process_of_a_worker_is_killed_none_of_its_others_stays_for_long(tmp_path):
    with faulty(tmp_path) as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(3)]
        others = family(service.processes["worker"].pid)[1:]
        service.kill("worker")
        service.start_worker("another")
        service.open(1)
        for job_id in (running, *waiting):
            service.assert_ended(job_id)
        assert eventually(lambda: not any(map(is_running, others))), "orphans of a worker that is gone"
        service.assert_serves()


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """A worker of two processes whose faults are overcome in place."""
    with faulty(tmp_path_factory.mktemp("faults"), workers=2) as running:
        yield running


def test_a_child_of_the_worker_that_is_killed_costs_an_attempt_and_no_job(service):
    running = service.begin(10)
    waiting = [service.submit(quick(10 + number)) for number in range(4)]
    main = service.processes["worker"].pid
    (deciding,) = service.began(10)
    child, warm = next(
        (pid, warm) for pid in children(main) for warm in children(pid) if deciding in children(warm)
    )
    os.kill(child, signal.SIGKILL)
    assert eventually(lambda: not (is_running(warm) or is_running(deciding))), "each ends with its parent"
    service.open(10)
    for job_id in (running, *waiting):
        service.assert_ended(job_id)
    assert service.get(f"/backtests/{running}").json()["attempts"] == 2
    assert service.processes["worker"].pid == main
    assert service.processes["worker"].poll() is None
    service.assert_serves()


def test_a_run_whose_warm_process_is_killed_is_begun_again(service):
    running = service.begin(11)
    service.open(11)
    for pid in service.began(11):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    service.assert_ended(running)
    assert service.get(f"/backtests/{running}").json()["attempts"] in (1, 2), "it may have been done just before"
    service.assert_serves()


def test_a_request_that_kills_its_process_once_is_done_at_the_second_attempt(service):
    job_id = service.submit(fatal("deadly_once", 12))
    service.assert_ended(job_id)
    assert service.get(f"/backtests/{job_id}").json()["attempts"] == 2


def test_a_request_that_kills_its_process_each_time_fails_in_the_end_and_others_go_on(service):
    poison = service.submit(fatal("deadly", 13, request_id="poison"))
    others = [service.submit(quick(20 + number)) for number in range(4)]
    document = service.assert_ended(poison, "failed", "WORKER_CRASHED")
    assert document["request_id"] == "poison"
    assert len(service.began(13)) == service.get(f"/backtests/{poison}").json()["attempts"] == 3
    for job_id in others:
        service.assert_ended(job_id)


def test_a_request_that_kills_the_process_of_the_queue_fails_in_the_end_and_others_go_on(service):
    poison = service.submit(fatal("deadly_above", 14, request_id="poison"))
    others = [service.submit(quick(30 + number)) for number in range(4)]
    document = service.assert_ended(poison, "failed", "WORKER_CRASHED")
    assert document["request_id"] == "poison"
    assert len(service.began(14)) == service.get(f"/backtests/{poison}").json()["attempts"] == 3
    for job_id in others:
        service.assert_ended(job_id)
    assert service.processes["worker"].poll() is None
    service.assert_serves()


def test_a_synchronous_request_that_kills_its_process_is_begun_once(service):
    answered = service.post("/backtest", fatal("deadly", 15, request_id="poison", limits={"timeout_seconds": 20}))
    assert (answered.status_code, answered.json()["code"]) == (500, "WORKER_CRASHED")
    assert answered.json()["request_id"] == "poison"
    assert len(service.began(15)) == 1


def test_a_wake_up_that_is_delivered_twice_runs_no_job_twice(service):
    running = [service.begin(gate) for gate in (16, 17)]
    jobs = [service.submit(gated(18)), *(service.submit(quick(40 + number)) for number in range(3))]
    assert eventually(lambda: service.operator.llen(WAKE_UPS) > 0 or service.operator.hlen(UNACKED) > 2)
    for held in (*service.operator.lrange(WAKE_UPS, 0, -1), *map(first_of, service.operator.hvals(UNACKED))):
        service.operator.lpush(WAKE_UPS, held, held)
    for gate in (16, 17, 18):
        service.open(gate)
    for job_id in (*running, *jobs):
        service.assert_ended(job_id)
        assert service.get(f"/backtests/{job_id}").json()["attempts"] == 1
    assert [len(service.began(gate)) for gate in (16, 17, 18)] == [1, 1, 1]
    assert eventually(lambda: service.operator.llen(WAKE_UPS) == 0), "wake-ups that find nothing to do are used up"


def test_a_worker_that_stood_still_for_longer_than_its_lease_hands_in_nothing(tmp_path):
    with faulty(tmp_path, workers=2) as service:
        running = service.begin(1)
        once = asking("POST", f"{service.url}/backtest", json=gated_at_once(2, request_id="begun once"))
        assert eventually(lambda: service.began(2))
        ((first,), (second,)) = service.began(1), service.began(2)
        service.signal("worker", signal.SIGSTOP)
        service.start_worker("another")
        assert eventually(lambda: len(service.began(1)) == 2), "the lease has run out"
        (answer,) = once.end()
        assert (answer.status_code, answer.json()["code"]) == (500, "WORKER_CRASHED"), "that was its only attempt"
        assert answer.json()["request_id"] == "begun once"
        service.open(1)
        document = service.assert_ended(running)
        service.open(2)
        service.signal("worker", signal.SIGCONT)
        assert eventually(lambda: not is_running(first) and not is_running(second)), "who was late ends what it did"
        assert eventually(lambda: service.log("worker").count('"outcome":"lost"') == 2)
        assert service.assert_ended(running) == document
        job = service.get(f"/backtests/{running}").json()
        assert (job["attempts"], job["status"]) == (2, "completed")
        assert service.store.statistics()["totals"] == {"lost": 2, "completed": 1, "failed": 1}
        for number in range(4):
            service.assert_ended(service.submit(quick(number)))
