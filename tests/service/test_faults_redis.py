"""Redis that is killed and comes back, with what it knew and without it; Redis that is full."""

import pytest

from backtester.service.jobs.ids import new_id
from tests.service.faults import UNACKED, WAKE_UPS, faulty, first_of, gated, quick
from tests.service.followers import asking, socket_to, stream
from tests.support.processes import PATIENCE, eventually

pytestmark = pytest.mark.full


def test_nothing_is_lost_when_redis_is_killed_under_load_and_comes_back_with_its_file(tmp_path):
    with faulty(tmp_path, keep=True, workers=2) as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(30)]
        following = stream(service.url, running)
        service.redis.stop()
        refused = service.post("/backtests", quick(99))
        assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
        service.redis.start()
        assert eventually(lambda: service.get("/health/ready").status_code == 200)
        service.open(1)
        for number, job_id in enumerate(waiting):
            assert service.assert_ended(job_id)["request_id"] == f"quick-{number}"
        service.assert_ended(running)
        heard = following.end()
        if not heard or heard[-1][0] != "result":  # the stream ended with the store: the follower comes back
            heard = stream(service.url, running).end()
        assert heard[-1][0] == "result"
        service.assert_serves()


def test_redis_may_be_killed_again_and_again(tmp_path):
    with faulty(tmp_path, keep=True, workers=2) as service:
        accepted = []
        for round_ in range(3):
            accepted += [service.submit(quick(10 * round_ + number)) for number in range(5)]
            service.redis.stop()
            service.redis.start()
            assert eventually(lambda: service.get("/health/ready").status_code == 200)
        for job_id in accepted:
            service.assert_ended(job_id)
        service.assert_serves()


def test_jobs_that_are_lost_with_redis_are_reported_to_everybody_who_asks_or_follows(tmp_path):
    patient = {"BACKTEST_LEASE_SECONDS": "15"}  # on a busy machine, too, the job that runs is not given back
    with faulty(tmp_path, sockets=True, **patient) as service, socket_to(service.sockets_url) as socket:
        key = {"Idempotency-Key": "the same"}
        running = service.submit(gated(1), headers=key)
        assert eventually(lambda: service.began(1))
        waiting = service.submit(quick(1))
        assert socket.client.call("subscribe", running, timeout=PATIENCE)["ok"]
        assert socket.client.call("subscribe", waiting, timeout=PATIENCE)["ok"]
        following = stream(service.url, running)
        waiter = asking("GET", f"{service.url}/backtests/{running}?wait=60")
        synchronous = asking("POST", f"{service.url}/backtest", json=quick(2))
        # by its priority: a job that was given back would make them two before this one has come
        assert eventually(lambda: service.operator.hget("backtest:queue:waiting", "priority:high") == b"1")
        service.redis.stop()
        service.redis.start()

        (name, data) = following.end()[-1]
        assert (name, data["code"], data["status"]) == ("failed", "JOB_GONE", 410)
        for answer in (
            waiter.end()[0],
            service.get(f"/backtests/{running}"),
            service.get(f"/backtests/{waiting}/result"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (410, "JOB_GONE")
        (answer,) = synchronous.end()
        found = (answer.status_code, answer.json().get("code"))
        assert found in ((410, "JOB_GONE"), (503, "SERVICE_UNAVAILABLE")), answer.text[:500]
        for job_id in (running, waiting):
            assert eventually(lambda lost=job_id: socket.ends(lost))
            ((name, data),) = socket.ends(job_id)
            assert (name, data["status"], data["error"]["code"]) == ("backtest_failed", "failed", "JOB_GONE")
        never = service.get(f"/backtests/{new_id('somebody else', None)}")
        assert (never.status_code, never.json()["code"]) == (404, "NOT_FOUND")

        again = service.submit(gated(1), headers=key)
        assert again != running
        assert eventually(lambda: len(service.began(1)) == 2), "the worker has given up the lost one, and recovered"
        service.open(1)
        service.assert_ended(again)
        service.assert_serves()
        assert socket.client.call("start_backtest", quick(3), timeout=PATIENCE)["ok"]
        assert eventually(lambda: any(name == "backtest_complete" for name, _ in socket.heard))


def test_a_redis_that_forgets_everything_without_a_word_stops_nobody_for_long(tmp_path):
    with faulty(tmp_path) as service:
        service.assert_serves()
        running = service.begin(1)
        service.operator.flushall()
        gone = service.get(f"/backtests/{running}")
        assert (gone.status_code, gone.json()["code"]) == (410, "JOB_GONE")
        service.assert_serves()


def test_a_redis_that_is_full_is_told_to_callers_and_recovers(tmp_path):
    with faulty(tmp_path, workers=2) as service:
        running = service.begin(1)
        waiting = [service.submit(quick(number)) for number in range(3)]
        held = first_of(service.operator.hvals(UNACKED)[0])
        with service.operator.pipeline() as at_once:  # full just as a worker receives a wake-up, and cannot note that
            at_once.lpush(WAKE_UPS, held).config_set("maxmemory", "1").execute()
        for document in (quick(9), gated(9)):
            refused = service.post("/backtests", document)
            assert (refused.status_code, refused.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
            assert int(refused.headers["Retry-After"]) > 0
        service.open(1)
        assert service.get(f"/backtests/{running}").status_code == 200, "what is there can be read"
        assert eventually(lambda: not service.began(9), within=1)
        assert service.get("/health/live").status_code == 200
        service.operator.config_set("maxmemory", "0")
        for job_id in (running, *waiting):
            service.assert_ended(job_id)
        service.assert_serves()
        assert service.processes["worker"].poll() is None
