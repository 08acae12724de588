"""The commands of the service: what they say, how they end, and that nothing of them is left."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.service.clients import complaints, running, slow_request
from tests.service.faults import faulty, gated_at_once
from tests.service.followers import asking
from tests.support.paths import ROOT
from tests.support.processes import alive, assert_nobody_left, children, eventually, is_running
from tests.support.redis_server import free_port, is_listening
from tests.support.runner import plug_in
from tests.support.sample_requests import request
from tests.support.service_stack import Stack, stack

pytestmark = pytest.mark.full

COMMANDS = ("serve", "api", "sockets", "work", "keys")


@pytest.fixture
def service(tmp_path):
    """Return a stack of which nothing is started yet."""
    made = Stack(tmp_path, redis=None, environ={})
    yield made
    made.close()


def run(service, *arguments, **settings):
    command = [sys.executable, "-m", "backtester", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**service.environ, **settings}, capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_says_what_it_takes_and_refuses_what_it_does_not(service, command):
    helped = run(service, command, "--help")
    assert helped.returncode == 0
    assert f"-m backtester {command}" in helped.stdout
    for wrong in (["--frobnicate"], ["--of", "x"]):
        ran = run(service, command, *wrong)
        assert ran.returncode == 2, (wrong, ran.stderr)
        assert "Traceback" not in ran.stderr
        assert ran.stdout == ""
    assert_nobody_left(service.mark)


@pytest.mark.parametrize("command", ["serve", "api", "sockets"])
@pytest.mark.parametrize(
    "wrong",
    [["--port", "99999"], ["--host", "no.such.host.invalid"]],
    ids=lambda wrong: wrong[1],
)
def test_where_a_command_cannot_listen_it_says_so_and_ends(service, command, wrong):
    ran = run(service, command, *wrong, BACKTEST_SECRET="a secret, so that others may be let in")
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    assert "--host" in ran.stderr or "--port" in ran.stderr
    assert_nobody_left(service.mark)


@pytest.mark.parametrize("command", ["serve", "api", "sockets"])
def test_a_port_that_is_taken_is_named_and_nothing_is_left(service, command):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        more = ["--sockets-port", str(free_port())] if command == "serve" else []
        ran = run(service, command, "--port", str(port), *more)
        assert ran.returncode == 1
        assert f"127.0.0.1:{port}" in ran.stderr
        assert "choose another port with --port" in ran.stderr
        assert "Traceback" not in ran.stderr
    assert_nobody_left(service.mark)


@pytest.mark.parametrize(("taken", "free"), [("--port", "--sockets-port"), ("--sockets-port", "--port")])
def test_serve_names_its_own_option_for_a_taken_port_and_restarts_nothing(service, taken, free):
    with socket.create_server(("127.0.0.1", 0)) as holder:
        ran = run(service, "serve", taken, str(holder.getsockname()[1]), free, str(free_port()))
    assert ran.returncode == 1
    assert f"choose another port with {taken} " in ran.stderr
    assert "everything is stopped" in ran.stderr
    assert "restarted" not in ran.stderr
    assert_nobody_left(service.mark)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKTEST_RATE_LIMIT", "many"), ("BACKTEST_CORS_ORIGINS", "*"), ("BACKTEST_CORS_ORIGINS", "app.example.com"),
        ("BACKTEST_SECRET", "short"), ("BACKTEST_SECRET_FILE", "/no/such/file"), ("BACKTEST_AUTH", "maybe"),
        ("BACKTEST_SYNC_SECONDS", "soon"), ("BACKTEST_ATTEMPTS", "0"),
        ("BACKTEST_REDIS_URL", "http://example.com"), ("BACKTEST_REDIS_URL", "redis://host:notaport/0"),
    ],
)  # fmt: skip
def test_wrong_settings_are_said_in_one_line(service, name, value):
    ran = run(service, "api", "--port", "0", **{name: value})
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1
    assert name in ran.stderr
    assert "Traceback" not in ran.stderr


def test_serve_wants_no_redis_and_says_what_to_do_instead(service):
    ran = run(service, "serve", BACKTEST_REDIS_URL="redis://127.0.0.1:1/0")
    assert ran.returncode == 1
    assert "start `api`, `sockets` and Celery's workers" in ran.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_of_serve(service, number):
    service.start_local(workers=2)
    assert service.post("/backtest", request()).status_code == 200
    job = service.post("/backtests", slow_request(20)).json()
    running(service, job["id"])
    assert len(alive(service.mark)) >= 5
    assert service.stop("serve", number) == 0
    assert_nobody_left(service.mark)
    assert not is_listening(service.port)
    assert complaints(service) == []

    service.start_local(workers=1)  # what ran was finished, or given back; nothing is lost
    ended = service.ended(job["id"])
    assert (ended["status"], ended["attempts"]) == ("completed", 1)


def test_a_run_that_is_waited_for_is_finished_when_serve_is_stopped(tmp_path):
    with faulty(tmp_path, kind="local") as service:
        waiting = asking("POST", f"{service.url}/backtest", json=gated_at_once(1))
        assert eventually(lambda: service.began(1))
        service.processes["serve"].send_signal(signal.SIGTERM)
        assert eventually(lambda: not is_listening(service.port)), "it has heard that"
        service.open(1)
        assert service.stop("serve", None) == 0
        (answer,) = waiting.end()
        assert answer.json()["success"] is True
        assert complaints(service) == []


def test_serve_that_is_killed_leaves_nothing(service):
    service.start_local(workers=2)
    job = service.post("/backtests", slow_request()).json()
    running(service, job["id"])
    assert service.stop("serve", signal.SIGKILL) == -signal.SIGKILL
    assert_nobody_left(service.mark)


def test_a_process_of_serve_that_is_killed_is_replaced_and_jobs_go_on(tmp_path):
    with stack(tmp_path, kind="local", workers=1, BACKTEST_LEASE_SECONDS="6") as service:
        serve = service.processes["serve"]
        by_name = {}
        for pid in children(serve.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            by_name[next(word for word in words if word in (b"api", b"sockets", b"work")).decode()] = pid
        job = service.post("/backtests", slow_request(20)).json()
        running(service, job["id"])
        for name in ("work", "sockets", "api"):
            os.kill(by_name[name], signal.SIGKILL)
        assert eventually(lambda: not any(is_running(pid) for pid in by_name.values()))
        # a port says nothing yet: a killed process may hold it for a moment after it counts as dead
        assert eventually(lambda: service.log("serve").count("listening on") == 4)
        service.reconnect()
        ended = service.ended(job["id"])
        assert (ended["status"], ended["attempts"]) == ("completed", 2)
        assert service.post("/backtest", request()).status_code == 200
        assert len(re.findall("a process ended and is restarted", service.log("serve"))) == 3
        assert complaints(service) == []


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({}, "BACKTEST_REDIS_URL is not set"),
        ({"BACKTEST_REDIS_URL": "redis://x", "BACKTEST_SECRET": "short"}, "BACKTEST_SECRET must have"),
    ],
)
def test_a_worker_of_celery_says_in_one_line_what_it_cannot_start_with(environ, said):
    command = [sys.executable, "-m", "celery", "-A", "backtester.adapters.celery.app", "worker"]
    plain = {key: value for key, value in os.environ.items() if not key.startswith("BACKTEST_")}
    done = subprocess.run(
        command, env={**plain, **environ}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


FORGES = """
import struct, time

@Hostile
def forge_no_json(weights):
    for name in os.listdir(f"/proc/{os.getppid()}/fd"):
        path = f"/proc/{os.getppid()}/fd/{name}"
        try:
            if int(name) > 2 and os.readlink(path).startswith("pipe:"):  # a file would be cut
                with open(path, "wb", buffering=0) as file:
                    for kind, payload in ((b"T", b"no JSON"), (b"D", bytes(1))):
                        file.write(struct.pack("<cQ", kind, len(payload)) + payload)
        except OSError:
            pass
    time.sleep(600)
"""
DIES_ONCE = """
import os, sys
if "work" in sys.orig_argv and not os.path.exists({flag!r}):
    sys.path.insert(0, {root!r})
    from backtester.service.jobs.job_runner import JobRunner

    def settle(self, claim, attempt, finished):
        open({flag!r}, "x").close()
        raise KeyError("this is no document")

    JobRunner._settle = settle
"""


def test_a_worker_that_dies_says_why_and_does_not_end_serve(tmp_path):
    (tmp_path / "site").mkdir()
    flag = tmp_path / "died"
    (tmp_path / "site/sitecustomize.py").write_text(DIES_ONCE.format(flag=str(flag), root=str(ROOT)))
    settings = {"BACKTEST_LEASE_SECONDS": "6", "PYTHONPATH": str(tmp_path / "site")}
    with stack(tmp_path, kind="local", workers=1, **settings) as service:
        job = service.post("/backtests", request()).json()
        ended = service.ended(job["id"])
        assert flag.exists()
        assert (ended["status"], ended["attempts"]) == ("completed", 2)
        log = service.log("serve")
        assert "this is no document" in log
        assert len(re.findall("a process ended and is restarted", log)) == 1


def test_a_plug_in_that_forges_a_document_ends_its_job_and_not_serve(tmp_path):
    """Without the sandbox it finds its parent's pipes."""
    (tmp_path / "plugin").mkdir()
    env = plug_in(tmp_path / "plugin", FORGES)
    settings = {"BACKTEST_SANDBOX": "off", "BACKTEST_RETRY_SECONDS": "0.1", **env}
    with stack(tmp_path, kind="local", workers=1, **settings) as service:
        job = service.post("/backtests", request(strategy="forge_no_json")).json()
        ended = service.ended(job["id"])
        assert ended["status"] == "failed"
        assert service.get(f"/backtests/{job['id']}/result").json()["code"] == "WORKER_CRASHED"
        assert service.post("/backtest", request()).json()["success"]
        assert "restarted" not in service.log("serve")
