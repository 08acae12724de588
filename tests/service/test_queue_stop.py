"""Workers and `serve` that are told to stop, or killed: what runs is finished or given back, and nothing is lost."""

import os
import signal

import pytest

from tests.service.faults import family, fatal, faulty, quick
from tests.service.followers import stream
from tests.support.processes import PATIENCE, eventually, is_running
from tests.support.redis_server import is_listening

pytestmark = pytest.mark.full


def test_a_worker_that_is_told_to_stop_finishes_its_run_and_takes_no_other(tmp_path):
    with faulty(tmp_path) as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(6)]
        service.processes["worker"].send_signal(signal.SIGTERM)
        assert eventually(lambda: "Warm shutdown" in service.log("worker"))
        service.open(1)
        assert service.stop("worker", None) == 0
        service.assert_ended(running)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 1
        assert [service.status(job_id) for job_id in waiting] == ["queued"] * 6, "also of what it had fetched ahead"
        service.start_worker("another")
        for job_id in waiting:
            service.assert_ended(job_id)
        service.assert_serves()


def test_a_worker_that_is_told_to_stop_between_short_runs_leaves_the_others_in_the_queue(tmp_path):
    with faulty(tmp_path) as service:
        blocking = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(40)]
        service.open(1)
        assert eventually(lambda: service.status(waiting[0]) == "completed")
        assert service.stop("worker") == 0
        ended = [service.status(job_id) for job_id in waiting]
        assert set(ended) <= {"completed", "queued"}
        service.start_worker("another")
        for job_id in (blocking, *waiting):
            service.assert_ended(job_id)
            assert service.get(f"/backtests/{job_id}").json()["attempts"] == 1


def test_a_worker_whose_stop_is_hurried_gives_up_its_run_and_another_finishes_it(tmp_path):
    with faulty(tmp_path) as service:
        running = service.begin(1)
        for number in (signal.SIGTERM, signal.SIGQUIT):
            service.processes["worker"].send_signal(number)
        service.processes["worker"].wait(PATIENCE)
        service.start_worker("another")
        service.open(1)
        service.assert_ended(running)
        service.assert_serves()


def test_serve_gives_back_what_it_ran_when_it_is_interrupted_and_finishes_it_when_started_again(tmp_path):
    with faulty(tmp_path, kind="local") as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(3)]
        assert service.stop("serve", signal.SIGINT) == 0
        assert not any(map(is_running, service.began(1)))
        assert service.store.job(running).status == "queued"
        service.start_local()
        service.open(1)
        for job_id in (running, *waiting):
            service.assert_ended(job_id)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 1, "what was given back was no attempt"


def test_serve_finishes_what_it_runs_when_it_is_told_to_stop(tmp_path):
    with faulty(tmp_path, kind="local") as service:
        running = service.begin(1)
        waiting = service.submit(quick(1))
        service.processes["serve"].send_signal(signal.SIGTERM)
        service.open(1)
        assert service.stop("serve", None) == 0
        assert service.store.job(running).status == "completed"
        assert service.store.job(waiting).status in ("queued", "completed")
        service.start_local()
        service.assert_ended(running)
        service.assert_ended(waiting)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_serve_that_is_told_to_stop_twice_gives_back_what_it_runs(tmp_path, number):
    with faulty(tmp_path, kind="local") as service:
        running = service.begin(1)
        processes = family(service.processes["serve"].pid)
        service.processes["serve"].send_signal(signal.SIGTERM)
        assert eventually(lambda: not is_listening(service.port)), "it has heard the first"
        assert is_running(service.began(1)[0])
        assert service.stop("serve", number) == 0
        assert not any(map(is_running, processes))
        assert service.store.job(running).status == "queued"
        service.start_local()
        service.open(1)
        service.assert_ended(running)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 1, "what was given back was no attempt"


def test_serve_that_is_killed_leaves_no_process_and_loses_no_job(tmp_path):
    with faulty(tmp_path, kind="local") as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(3)]
        processes = family(service.processes["serve"].pid)
        assert len(processes) >= 5, "serve, API, sockets, a worker and its warm process"
        service.kill("serve")
        assert eventually(lambda: not any(map(is_running, processes)) and not is_listening(service.port))
        service.open(1)
        service.start_local()
        for job_id in (running, *waiting):
            service.assert_ended(job_id)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 2
        service.assert_serves()


def test_a_process_of_serve_that_ends_is_started_again(tmp_path):
    with faulty(tmp_path, kind="local", BACKTEST_ATTEMPTS="2") as service:
        poison = service.submit(fatal("deadly_above", 2))
        service.assert_ended(poison, "failed", "WORKER_CRASHED")
        assert len(service.began(2)) == 2
        running = service.begin(1)
        following = stream(service.url, running)
        (deciding,) = service.began(1)  # a child of the warm process, which is the worker's
        (running_it,) = (family(pid) for pid in family(service.processes["serve"].pid) if deciding in family(pid)[2:3])
        for pid in family(service.processes["serve"].pid)[1:]:
            if pid not in running_it:
                os.kill(pid, signal.SIGKILL)
        following.end()
        assert eventually(lambda: service.log("serve").count("listening on") == 4), "API and sockets, each twice"
        service.open(1)
        assert eventually(lambda: service.store.job(running).ended)
        service.wait_for_port(service.port, "serve")
        service.assert_ended(running)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 1
        service.assert_serves()
