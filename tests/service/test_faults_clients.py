"""Callers who leave, read slowly or repeat themselves, and an API that is restarted under them."""

import contextlib
import signal
import socket
import threading
from pathlib import Path

import httpx
import pytest

from backtester.service.jobs.broadcaster import Topic, _channel
from tests.service.faults import faulty, gated_at_once, quick
from tests.service.followers import asking, stream
from tests.support.processes import PATIENCE, eventually, is_running
from tests.support.redis_server import free_port, is_listening
from tests.support.sample_requests import request

pytestmark = pytest.mark.full



@pytest.fixture(scope="module", params=["queue", "local"])
def service(request, tmp_path_factory):
    with faulty(tmp_path_factory.mktemp(request.param), kind=request.param, workers=2) as running:
        yield running


@contextlib.contextmanager
def raw(service, method, path, body=b"", buffer=None):
    """Send a request over a socket of one's own, of which the answer is not read."""
    with socket.socket() as connection:
        if buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        connection.connect(("127.0.0.1", service.port))
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        yield connection


def connections(service, clients):
    """Return how many connections the API has with clients of these ports, who are there or have left."""
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    theirs = [row[2] for row in rows if row[1].endswith(f":{service.port:04X}") and row[3] in ("01", "08")]
    return sum(int(address.rpartition(":")[2], 16) in clients for address in theirs)


def listens(service, job_id):
    """Tell whether anybody in the service still listens to a job; of the queue alone it can be told."""
    channel = _channel(Topic("job", job_id))
    return service.redis is not None and dict(service.operator.pubsub_numsub(channel))[channel.encode()] > 0


def test_a_caller_that_leaves_in_the_midst_of_a_synchronous_run_has_cancelled_it(service):
    begun = {job["id"] for job in listed(service)}
    with raw(service, "POST", "/backtest", httpx.Request("POST", "http://x", json=gated_at_once(1)).content):
        assert eventually(lambda: service.began(1))
    assert eventually(lambda: not any(map(is_running, service.began(1)))), "the work stops"
    (job,) = [job for job in listed(service) if job["id"] not in begun]
    service.assert_ended(job["id"], "cancelled", "CANCELLED")
    service.assert_serves()


def listed(service):
    return service.get("/backtests?limit=200").json()["jobs"]


@pytest.mark.parametrize("path", ["/events", "?wait=5"])
def test_a_caller_that_leaves_a_stream_or_a_wait_leaves_nothing_behind(service, path):
    gate = 2 if path == "/events" else 3
    running = service.begin(gate)
    assert eventually(lambda: not listens(service, running))
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(raw(service, "GET", f"/backtests/{running}{path}")) for _ in range(30)]
        clients = {connection.getsockname()[1] for connection in opened}
        assert eventually(lambda: connections(service, clients) == 30)
        assert eventually(lambda: service.redis is None or listens(service, running))
    assert eventually(lambda: connections(service, clients) == 0), "every connection is let go"
    assert eventually(lambda: not listens(service, running)), "and nobody waits on behalf of who has left"
    following = stream(service.url, running)
    service.open(gate)
    assert following.end()[-1][0] == "result", "and who stays is told"
    service.assert_ended(running)


def test_slow_readers_keep_nobody_waiting(service):
    large = request(start_date="2000-01-01", end_date="2024-12-31", data={"source": "bundled", "partial_history": True})
    done = service.submit(large)
    assert service.ended(done)["status"] == "completed"
    assert len(service.get(f"/backtests/{done}/result").content) > 300_000
    running = service.begin(4)
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            for path in (f"/backtests/{done}/result", f"/backtests/{running}/events"):
                stack.enter_context(raw(service, "GET", path, buffer=4096))
        for number in range(20):
            assert service.post("/backtest", quick(number)).status_code == 200
        service.open(4)
        service.assert_ended(running)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_jobs_go_on_while_the_api_is_restarted_under_those_who_wait(tmp_path, number):
    with faulty(tmp_path) as service:
        running = service.begin(1)
        waiting = service.submit(quick(1))
        waiter = asking("GET", f"{service.url}/backtests/{running}?wait=60")
        assert eventually(lambda: listens(service, running)), "it waits"
        following = stream(service.url, running)
        status = service.stop("api", number)
        assert status == (0 if number == signal.SIGTERM else -number)
        following.end()
        (answer,) = waiter.end()
        if number == signal.SIGTERM:
            assert (answer.status_code, answer.json()["status"]) == (200, "running"), "the job as it was then"
        service.open(1)
        assert eventually(lambda: service.store.job(running).ended), "without any API"
        service.start_api()
        service.assert_ended(running)
        service.assert_ended(waiting)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 1
        service.assert_serves()


def test_an_api_that_is_told_to_stop_answers_the_synchronous_run_that_it_has(tmp_path):
    with faulty(tmp_path) as service:
        held = asking("POST", f"{service.url}/backtest", json=gated_at_once(1))
        assert eventually(lambda: service.began(1))
        service.processes["api"].send_signal(signal.SIGTERM)
        assert eventually(lambda: not is_listening(service.port)), "it has heard that"
        service.open(1)
        (answer,) = held.end()
        assert (answer.status_code, answer.json()["success"]) == (200, True), answer.text
        assert service.stop("api", None) == 0


def test_the_same_key_at_the_same_moment_through_two_servers_is_one_job(tmp_path):
    with faulty(tmp_path) as service:
        first = service.url
        service.port = free_port()
        service.start_api("other")
        urls = (first, f"http://127.0.0.1:{service.port}")
        answers = []
        gate = threading.Barrier(16)

        def submit(number):
            gate.wait()
            for round_ in range(5):
                answers.append((round_, httpx.post(
                    f"{urls[number % 2]}/backtests", json=quick(round_), headers={"Idempotency-Key": f"key {round_}"},
                    timeout=PATIENCE,
                )))  # fmt: skip

        threads = [threading.Thread(target=submit, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {answer.status_code for _, answer in answers} == {202}
        for round_ in range(5):
            same = [answer for number, answer in answers if number == round_]
            assert len({answer.json()["id"] for answer in same}) == 1
            assert sum("Idempotency-Replayed" not in answer.headers for answer in same) == 1
            service.assert_ended(same[0].json()["id"])
        assert service.store.statistics()["totals"]["completed"] == 5
        key = {"Idempotency-Key": "key 1"}
        other = httpx.post(f"{first}/backtests", json=quick(99), headers=key, timeout=PATIENCE)
        assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
