"""The stack while something goes wrong: a worker and Redis are killed, containers are stopped, and no job is lost.

The tests go on from one another, in this order, and from test_stack.py.
"""

import collections
import json
import os
import signal

import pytest

from tests.deploy.compose.jobs import long_request, request, right_results, without_times
from tests.deploy.compose.stack import PATIENCE
from tests.support.processes import eventually

JOBS = 16
# Service: the status with which it ends when it is told to, and the seconds after which it would be killed (137). Next
# leaves with 143 after what it was answering.
STOPS = {"nextjs": (143, 10), "sockets": (0, 10), "python": (0, 10), "worker": (0, 20), "redis": (0, 10)}


def kill(stack, service):
    """Kill a container's first process from outside, as the kernel does when memory is short."""
    os.kill(stack.state(service)["Pid"], signal.SIGKILL)


def finished(stack):
    """Return the jobs that the logs of the workers call done, as often as they do."""
    logs = [stack.podman.logs(stack.name("worker", number)) for number in (1, 2)]
    told = [json.loads(line) for log in logs for line in log.splitlines() if '"outcome"' in line]
    return collections.Counter(str(entry["job"]) for entry in told if entry["outcome"] == "completed")


def test_a_second_worker_is_one_command(stack):
    stack.compose("up", "--detach", "--no-recreate", "--scale", "worker=2", "worker")
    assert eventually(lambda: stack.healthy("worker", 2), within=PATIENCE, every=0.2)


def test_no_job_is_lost_when_a_worker_and_redis_are_killed(stack):
    service = stack.service
    service.log_in()
    requests = [request(number) for number in range(10, 10 + JOBS)]
    jobs = [service.submit(one) for one in requests]
    assert eventually(lambda: service.statuses(jobs).count("running") >= 3, within=PATIENCE, every=0.1)
    kill(stack, "worker")
    back = eventually(lambda: stack.state("worker")["Running"] and stack.healthy("worker"), within=PATIENCE, every=0.2)
    assert back, "a worker that was killed is started again"
    done = service.statuses(jobs).count("completed")
    eventually(lambda: service.statuses(jobs).count("completed") > done, within=PATIENCE, every=0.1)
    assert service.statuses(jobs).count("completed") < JOBS, "jobs are left when Redis is killed"
    kill(stack, "redis")
    assert stack.all_healthy(), "Redis is started again, and nothing else has to be touched"
    accepted = service.submit(request(50))
    ended = [service.ended(job_id) for job_id in jobs]
    assert [job["status"] for job in ended] == ["completed"] * JOBS
    right = right_results(requests)
    assert all(without_times(job["result"]) == right[job["request_id"]] for job in ended)
    assert {service.ends_told(job_id) for job_id in jobs} == {1}, "each has ended once"
    counted = {job_id: count for job_id, count in finished(stack).items() if job_id in jobs}
    assert set(counted.values()) == {1}, "by the workers' logs, too"
    assert len(counted) >= JOBS - 4
    assert max(job["attempts"] for job in ended) > 1, "what the killed worker had begun was begun again"
    assert service.ended(accepted)["status"] == "completed", "so is what was accepted right after"


def test_a_worker_that_hangs_is_not_healthy_until_it_moves(stack):
    pid = stack.state("worker", 2)["Pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert eventually(lambda: not stack.healthy("worker", 2), within=30, every=1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert eventually(lambda: stack.healthy("worker", 2), within=30, every=0.2)


def begin(stack, document):
    """Have a job run; return its id."""
    job_id = stack.service.submit(document)
    assert eventually(lambda: stack.service.statuses([job_id]) == ["running"], within=PATIENCE, every=0.1)
    return job_id


def test_a_worker_that_is_stopped_finishes_its_run(stack):
    stack.service.log_in()
    stack.podman.run("stop", "--time", "60", stack.name("worker", 2))
    job_id = begin(stack, long_request(2))
    stack.podman.run("stop", "--time", "60", stack.name("worker"))
    job = stack.service.job(job_id)
    assert (stack.state("worker")["ExitCode"], job["status"], job["attempts"]) == (0, "completed", 1)
    stack.podman.run("start", stack.name("worker"))


def test_the_run_of_a_worker_that_is_killed_before_it_has_finished_is_done_by_another(stack):
    asked = long_request(3)
    job_id = begin(stack, asked)
    stack.podman.run("stop", "--time", "1", stack.name("worker"))
    assert stack.state("worker")["ExitCode"] == 137
    stack.podman.run("start", stack.name("worker", 2))
    job = stack.service.ended(job_id)
    assert (job["status"], job["attempts"]) == ("completed", 2)
    assert without_times(job["result"]) == right_results([asked])[asked["request_id"]]
    stack.podman.run("start", stack.name("worker"))
    assert stack.all_healthy()


@pytest.mark.parametrize("service", STOPS)
def test_a_service_stops_on_sigterm_in_time(stack, service):
    status, seconds = STOPS[service]
    stack.podman.run("stop", "--time", str(seconds), stack.name(service))
    assert stack.state(service)["ExitCode"] == status


def test_a_stack_that_is_started_again_knows_the_jobs_of_before(stack):
    for name in ("redis", "python", "nextjs", "worker", "sockets"):
        stack.podman.run("start", stack.name(name))
    assert stack.all_healthy()
    stack.service.log_in()
    assert len(stack.service.patiently("GET", "/backtests", params={"limit": 50}).json()["jobs"]) >= JOBS


def test_the_web_app_never_tried_to_write_to_its_root(stack):
    assert "EROFS" not in stack.podman.logs(stack.name("nextjs"))
