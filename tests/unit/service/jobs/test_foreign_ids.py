"""A job may have an id of its sender's choice: the same id is the same job, and no id is in the store's way."""

import sqlite3
import time

import pytest
from redis import Redis

from backtester.model.errors import RequestError
from backtester.service.jobs.job import NewJob
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings
from backtester.settings import SettingsError
from tests.unit.service.jobs.stores.test_job_store import admission, done

OF_THE_STORE = (
    "queue", "result", "celery", "rates", "events", "pending", "delayed", "running", "waiting", "stats", "workers",
    "owner", "key", "claim", "computing", "high", "normal", "low", "jobs", "states",
)  # fmt: skip


def sent(job_id, *, digest="d", owner="local", text=b"{}"):
    return admission(NewJob(id=job_id, request=text, request_id=None), owner=owner, digest=digest)


def test_the_same_id_is_the_same_job_and_another_request_under_it_is_refused(store):
    store.admit(sent("mine"))
    assert store.admit(sent("mine")).id == "mine"
    assert sum(store.statistics()["queued"].values()) == 1
    for other in (sent("mine", digest="other"), sent("mine", owner="alice")):
        with pytest.raises(RequestError, match="belongs to another request or owner") as refused:
            store.admit(other)
        assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    done(store, store.claim("w"))
    assert store.claim("w") is None
    assert store.admit(sent("mine")).id == "mine"
    assert (store.job("mine").status, store.claim("w")) == ("completed", None)
    with pytest.raises(RequestError):
        store.admit(sent("mine", digest="other"))


def test_no_id_is_in_the_way_of_what_the_store_keeps_beside_jobs(store):
    for job_id in OF_THE_STORE:
        for owner in ("events", "jobs", "states"):  # whose queues and lists have names like those of a job's parts
            store.admit(sent(f"{job_id}-{owner}", owner=owner))
        store.admit(sent(job_id))
    store.reap(by="worker", slots=1)
    claims = [*iter(lambda: store.claim("w"), None)]
    assert len(claims) == 4 * len(OF_THE_STORE)
    for number, claim in enumerate(claims):
        assert store.report(claim, "simulating", 0.5, 1, 2) == "go on"
        store.single_flight(claim, f"sha256:{number}")
        assert done(store, claim, b"%d\n" % number, f"sha256:{number}")
    for number, claim in enumerate(claims):
        job = store.job(claim.id)
        assert (job.status, store.result(job)) == ("completed", b"%d\n" % number)
        assert [event["stage"] for event in store.events(claim.id, after=0)] == ["queued", "simulating", "completed"]
    assert store.statistics()["totals"] == {"completed": len(claims)}
    for owner in ("events", "jobs", "states"):
        assert len(store.listed(owner, limit=100, cursor=None, status=None).jobs) == len(OF_THE_STORE)


def test_jobs_are_listed_by_their_time_whatever_their_ids(store):
    names = ["b", "job_a", "Z", "0", "_", "a" * 128, "-"]
    for name in names:
        store.admit(sent(name))
        time.sleep(0.002)
    seen, cursor = [], None
    while True:
        page = store.listed("local", limit=2, cursor=cursor, status=None)
        seen += [job.id for job in page.jobs]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == names[::-1]


def test_a_file_of_another_version_is_refused_with_a_remedy(tmp_path):
    with sqlite3.connect(tmp_path / "jobs.sqlite") as file:
        file.execute("CREATE TABLE jobs (id TEXT)")
    file.close()
    with pytest.raises(SettingsError, match=r"version 1, and this program reads version 2. Move that file away"):
        open_store(read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path)}))


def test_a_record_of_another_version_is_no_record(redis):
    store = open_store(read_service_settings({"BACKTEST_REDIS_URL": redis.url}))
    old = {"status": "done", "owner": "local", "kind": "backtest", "event": "{}"}
    with Redis.from_url(redis.url) as client:
        client.flushall()
        client.hset("backtest:bt_old", mapping=old)
    assert store.job("bt_old") is None
    with pytest.raises(RequestError):
        store.admit(sent("bt_old"))
    store.close()
