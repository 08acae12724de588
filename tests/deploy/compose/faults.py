"""What must hold while something goes wrong: a worker and Redis are killed, containers are stopped, no job is lost."""

from __future__ import annotations

import collections
import json
import os
import signal
import time

from jobs import long_request, request, right_results, without_times
from report import Report, eventually
from stack import PATIENCE, Stack

_JOBS = 16
# Status of each when it is told to stop. Next leaves with 143 after what it was answering.
_STOPS = {"nextjs": (143, 10), "sockets": (0, 10), "python": (0, 10), "worker": (0, 20), "redis": (0, 10)}


def check_faults(report: Report, stack: Stack) -> None:
    """Kill a worker and Redis while jobs run."""
    stack.compose("up", "--detach", "--no-recreate", "--scale", "worker=2", "worker")
    report.check("a second worker is one command", eventually(lambda: stack.healthy("worker", 2), within=PATIENCE))
    service = stack.service
    service.log_in()
    requests = [request(number) for number in range(10, 10 + _JOBS)]
    right = right_results(requests)
    jobs = [service.submit(one) for one in requests]
    running = eventually(lambda: service.statuses(jobs).count("running") >= 3, within=PATIENCE, every=0.1)
    report.check("jobs run on both workers", running, service.statuses(jobs))
    _kill(stack, "worker")
    back = eventually(lambda: stack.state("worker")["Running"] and stack.healthy("worker"), within=PATIENCE)
    report.check("a worker that was killed (SIGKILL) is started again", back)
    done = service.statuses(jobs).count("completed")
    eventually(lambda: service.statuses(jobs).count("completed") > done, within=PATIENCE)
    left = service.statuses(jobs)
    report.check("jobs are left when Redis is killed (SIGKILL)", left.count("completed") < _JOBS, left)
    _kill(stack, "redis")
    report.check("Redis is started again, and all are healthy without having been touched", stack.all_healthy())
    accepted = service.submit(request(50))
    ended = [service.ended(job_id) for job_id in jobs]
    status = collections.Counter(str(job.get("status")) for job in ended)
    report.check(f"all of {_JOBS} jobs are done", status == {"completed": _JOBS}, status)
    good = [without_times(job["result"]) == right[job["request_id"]] for job in ended if job.get("result")]
    report.check("each with the right result", len(good) == _JOBS and all(good), good)
    report.check("each has ended once", {service.ends_told(job_id) for job_id in jobs} == {1})
    finished = collections.Counter(job_id for job_id in _finished(stack) if job_id in jobs)
    report.check("by the workers' logs too", set(finished.values()) <= {1} and len(finished) >= _JOBS - 4, finished)
    attempts = [job["attempts"] for job in ended]
    report.check("what the killed worker had begun was begun again", max(attempts) > 1, attempts)
    report.check("what was accepted right after is done", service.ended(accepted)["status"] == "completed")


def _kill(stack: Stack, service: str) -> None:
    """Kill a container's first process from outside, as the kernel does when memory is short."""
    os.kill(stack.state(service)["Pid"], signal.SIGKILL)


def _finished(stack: Stack) -> list[str]:
    """Return the jobs that the logs of the workers call done, as often as they do."""
    logs = [stack.podman.logs(stack.name("worker", number)) for number in (1, 2)]
    told = [json.loads(line) for log in logs for line in log.splitlines() if '"outcome"' in line]
    return [str(entry["job"]) for entry in told if entry["outcome"] == "completed"]


def check_hang(report: Report, stack: Stack) -> None:
    """Freeze a worker: there, and doing nothing."""
    pid = stack.state("worker", 2)["Pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        noticed = eventually(lambda: not stack.healthy("worker", 2), within=30, every=1)
        report.check("a worker that hangs is not healthy", noticed)
    finally:
        os.kill(pid, signal.SIGCONT)
    report.check("and is again when it moves", eventually(lambda: stack.healthy("worker", 2), within=30))


def check_stops(report: Report, stack: Stack) -> None:
    """Stop a worker that runs something, in time and too soon; then everything."""
    service = stack.service
    service.log_in()
    stack.podman.run("stop", "--time", "60", stack.name("worker", 2))
    requests = [long_request(2), long_request(3)]
    right = right_results(requests)

    def begin(one: dict[str, object]) -> str:
        job_id = service.submit(one)
        eventually(lambda: service.statuses([job_id]) == ["running"], within=PATIENCE, every=0.1)
        return job_id

    job_id = begin(requests[0])
    stack.podman.run("stop", "--time", "60", stack.name("worker"))
    status, job = stack.state("worker")["ExitCode"], service.job(job_id)
    good = status == 0 and job["status"] == "completed" and job["attempts"] == 1
    report.check("a worker that is stopped finishes its run, status 0", good, (status, job["status"], job["attempts"]))
    stack.podman.run("start", stack.name("worker"))
    job_id = begin(requests[1])
    stack.podman.run("stop", "--time", "1", stack.name("worker"))
    killed = stack.state("worker")["ExitCode"]
    stack.podman.run("start", stack.name("worker", 2))
    job = service.ended(job_id)
    good = killed == 137 and job["status"] == "completed" and job["attempts"] == 2
    report.check("one that is killed before it has finished: another worker does it", good, (killed, job["status"]))
    same = without_times(job["result"]) == right[requests[1]["request_id"]]
    report.check("with the right result", same)
    stack.podman.run("start", stack.name("worker"))
    report.check("all are healthy again", stack.all_healthy())
    for name, (expected, within) in _STOPS.items():
        began = time.monotonic()
        stack.podman.run("stop", "--time", "60", stack.name(name))
        took, status = time.monotonic() - began, stack.state(name)["ExitCode"]
        good = status == expected and took < within
        report.check(f"{name}: stops on SIGTERM with {expected} within {within} s", good, (status, took))
        report.note(f"{took:.1f} s")


def check_memory(report: Report, stack: Stack) -> None:
    """Everything is stopped and started again: what was kept is there."""
    service = stack.service
    for name in ("redis", "python", "nextjs", "worker", "sockets"):
        stack.podman.run("start", stack.name(name))
    report.check("the stack starts again", stack.all_healthy())
    kept = service.patiently("GET", "/backtests", params={"limit": 50}).json()
    count = len(kept.get("jobs", kept.get("items", [])))
    report.check("and knows the jobs of before", count >= _JOBS, kept if count < _JOBS else "")
    complaints = [line for line in stack.podman.logs(stack.name("nextjs")).splitlines() if "EROFS" in line]
    report.check("the web app never tried to write to its root", not complaints, complaints[:2])
