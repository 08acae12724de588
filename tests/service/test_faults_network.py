"""The network to Redis: cut for a moment and for long, silent, a reply that is lost. Nobody hangs, nothing is lost."""

import contextlib
import time

import pytest

from backtester.service.jobs.stores.redis_store import RedisStore
from backtester.service.service_settings import read_service_settings
from tests.service.faults import faulty, quick
from tests.service.followers import asking, stream
from tests.service.proxy import proxy_to
from tests.support.processes import eventually, is_running
from tests.support.redis_server import redis_server
from tests.unit.service.jobs.stores.test_job_store import admitted

pytestmark = pytest.mark.full

LONGEST = 10.0  # seconds that anybody may wait for an answer while Redis cannot be reached


@contextlib.contextmanager
def proxied(folder, **options):
    """Run the service with a network to Redis of its own."""
    with (
        redis_server(folder) as server,
        proxy_to(server.port) as proxy,
        faulty(folder, redis=server, url=proxy.url, **options) as service,
    ):
        yield service, proxy


def start_worker_beside(service, name):
    """Start a worker with a way to Redis that nobody cuts."""
    before = dict(service.environ)
    service.environ["BACKTEST_REDIS_URL"] = service.redis.url
    try:
        service.start_worker(name)
    finally:
        service.environ.update(before)


def assert_unavailable(service, *job_ids):
    """Check what callers are told meanwhile, all of them at once, and before a hang is one."""
    asked = [asking("GET", f"{service.url}/backtests/{job_id}") for job_id in job_ids]
    asked += [
        asking("POST", f"{service.url}/backtests", json=quick(77)),
        asking("POST", f"{service.url}/backtest", json=quick(78)),
        asking("GET", f"{service.url}/backtests"),
        asking("GET", f"{service.url}/health/ready"),
    ]
    assert service.get("/health/live").status_code == 200
    for one in asked:
        (answer,) = one.end(within=LONGEST)
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE"), answer.text
        assert int(answer.headers["Retry-After"]) > 0


def test_a_network_that_is_gone_for_a_moment_costs_no_attempt_and_no_result(tmp_path):
    with proxied(tmp_path, BACKTEST_LEASE_SECONDS="20", workers=2) as (service, proxy):
        running, ending = service.begin(1), service.begin(2)
        waiting = [service.submit(quick(number)) for number in range(5)]
        following = stream(service.url, running)
        proxy.cut()
        assert_unavailable(service, running)
        service.open(2)
        (warm,) = service.began(2)
        assert eventually(lambda: not is_running(warm)), "it has computed, and there is nobody to tell"
        proxy.restore()
        assert eventually(lambda: service.get("/health/ready").status_code == 200)
        service.assert_ended(ending)
        service.open(1)
        for job_id in (running, *waiting):
            service.assert_ended(job_id)
        assert [service.get(f"/backtests/{job_id}").json()["attempts"] for job_id in (running, ending)] == [1, 1]
        following.end()
        service.assert_serves()


@pytest.mark.parametrize("fault", ["cut", "swallow"])
def test_a_worker_that_is_cut_off_for_longer_than_its_lease_loses_its_job_and_takes_others_later(tmp_path, fault):
    with proxied(tmp_path) as (service, proxy):
        running = service.begin(1)
        (first,) = service.began(1)
        waiting = [service.submit(quick(number)) for number in range(5)]
        getattr(proxy, fault)()
        assert_unavailable(service, running)
        start_worker_beside(service, "another")
        assert eventually(lambda: len(service.began(1)) == 2)
        service.open(1)
        assert eventually(lambda: service.store.job(running).ended)
        proxy.restore()
        for job_id in (running, *waiting):
            service.assert_ended(job_id)
        assert service.get(f"/backtests/{running}").json()["attempts"] == 2
        assert eventually(lambda: not is_running(first))
        service.stop("another")
        service.assert_serves()


def test_a_network_that_says_nothing_leaves_nobody_hanging(tmp_path):
    with proxied(tmp_path) as (service, proxy):
        running = service.begin(1)
        following = stream(service.url, running)
        waiter = asking("GET", f"{service.url}/backtests/{running}?wait=60")
        time.sleep(0.3)  # it waits
        proxy.swallow()
        assert_unavailable(service, running)
        many = [asking("GET", f"{service.url}/backtests/{running}?wait=60") for _ in range(100)]
        assert service.get("/health/live").status_code == 200
        assert {one.end(within=2 * LONGEST)[0].status_code for one in many} == {503}, "also on new connections"
        assert waiter.end()[0].status_code == 503, "it looked for itself, and could not"
        proxy.restore()
        assert eventually(lambda: service.get("/health/ready").status_code == 200)
        again = stream(service.url, running)
        service.open(1)
        assert again.end()[-1][0] == "result"
        following.end()  # with the result, or before that: then the follower comes back
        service.assert_ended(running)
        service.assert_serves()


def test_a_claim_whose_reply_is_lost_is_the_same_claim_when_it_is_repeated(tmp_path):
    with redis_server(tmp_path) as server, proxy_to(server.port) as proxy:
        settings = read_service_settings({"BACKTEST_REDIS_URL": proxy.url, "BACKTEST_CACHE_DIR": str(tmp_path)})
        store = RedisStore(settings)
        warm_up = admitted(store)
        assert store.claim("w").id == warm_up[0]
        first, second = admitted(store, count=2)
        proxy.lose_reply_to(b"EVALSHA")
        claim = store.claim("w")
        assert (claim.id, claim.attempt) == (first, 1)
        assert store.statistics()["running"] == 2
        assert store.claim("w").id == second
        assert store.claim("w") is None
        store.close()
