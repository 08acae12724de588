"""The pieces of a running job in a store for many machines: who may claim which, until when, and what is stored."""

from __future__ import annotations

import time
import uuid

import pytest

from backtester.model.record import replace
from backtester.service.jobs.job import Admission, NewJob, SharedWork
from backtester.service.jobs.stores.job_store import Outcome
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings
from tests.support.processes import eventually

COUNT = 4
WHOLE = "sha256:" + "0" * 64 + "/analysis/sweep"


@pytest.fixture
def store(redis, tmp_path):
    import redis as client

    with client.Redis.from_url(redis.url) as connection:
        connection.flushall()
    environ = {"BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_LEASE_SECONDS": "1", "BACKTEST_REDIS_URL": redis.url}
    opened = open_store(read_service_settings(environ))
    yield opened
    opened.close()


def admitted(store, owner="a", **changes):
    job = NewJob(id=f"job_{uuid.uuid4().hex}", request=b'{"a":1}', request_id=None)
    admission = Admission(
        owner=owner, jobs=(job,), priority="normal", max_attempts=3, queue_limit=100, queue_limit_per_owner=100,
        ttl_seconds=60, digest=job.id, **changes,
    )  # fmt: skip
    return store.admit(admission).id


def running(store, owner="a"):
    """Return a running job: its claim, and its pieces."""
    admitted(store, owner)
    claim = store.claim("w")
    return claim, SharedWork(id=claim.id, owner=owner, request=claim.request, whole=WHOLE, traceparent="")


def claimed(store, work, claim):
    """Claim as the process that answers."""
    return store.pieces.claim_piece(work, "", count=COUNT, attempt=claim.attempt)


def helped(store, work, holder="other:1:x"):
    return store.pieces.claim_piece(work, holder, count=COUNT)


def test_each_piece_is_given_once_to_those_that_ask(store):
    claim, work = running(store)
    assert claimed(store, work, claim) == (0, [])
    assert helped(store, work) == (1, [])
    assert helped(store, work, "third:1:x") == (2, [])
    assert claimed(store, work, claim) == (3, [])
    assert claimed(store, work, claim) == (None, [])
    assert helped(store, work) == (None, [])


def test_a_result_is_stored_and_told_to_the_process_that_answers(store):
    claim, work = running(store)
    claimed(store, work, claim)
    number, _ = helped(store, work)
    store.pieces.complete_piece(work, number, b"result")
    store.pieces.complete_piece(work, 0, b"own")
    assert claimed(store, work, claim) == (2, [0, 1])
    assert store.pieces.piece(work, 1) == b"result"
    assert store.pieces.piece(work, 3) is None


def test_the_piece_of_a_helper_that_is_lost_is_free_after_its_lease(store):
    claim, work = running(store)
    claimed(store, work, claim)
    helped(store, work)
    for _ in range(2):
        claimed(store, work, claim)
    assert claimed(store, work, claim) == (None, [])
    assert eventually(lambda: store.heartbeat(claim) == "go on" and claimed(store, work, claim) == (1, []))


def test_a_helper_that_holds_its_pieces_keeps_them(store):
    claim, work = running(store)
    claimed(store, work, claim)
    helped(store, work)
    ends = time.monotonic() + 1.5
    while time.monotonic() < ends:
        assert store.pieces.hold_pieces(work, "other:1:x") == "go on"
        assert store.heartbeat(claim) == "go on"
        time.sleep(0.05)
    assert helped(store, work, "third:1:x") == (2, [])


def test_nobody_can_help_before_the_work_is_shared(store):
    _, work = running(store)
    assert store.pieces.shared_work() is None
    assert helped(store, work) == (None, [])


def test_shared_work_is_given_in_turn(store):
    made = [running(store, owner) for owner in ("a", "b")]
    for claim, work in made:
        claimed(store, work, claim)
    found = [store.pieces.shared_work() for _ in range(4)]
    assert [each.id for each in found] == [work.id for _, work in made] * 2
    assert found[0] == made[0][1]


def test_work_without_a_free_piece_is_given_to_nobody(store):
    claim, work = running(store)
    for _ in range(COUNT):
        claimed(store, work, claim)
    assert store.pieces.shared_work() is None


def test_a_job_that_waits_goes_first(store):
    claim, work = running(store)
    claimed(store, work, claim)
    admitted(store, "b")
    assert store.pieces.shared_work() is None
    assert helped(store, work) == (None, [])
    assert claimed(store, work, claim) == (1, [])
    store.claim("w")
    assert helped(store, work) == (2, [])


def test_jobs_know_nothing_of_pieces(store):
    claim, work = running(store)
    before = store.statistics()
    claimed(store, work, claim)
    helped(store, work)
    after = store.statistics()
    assert {**after, "oldest_seconds": 0} == {**before, "oldest_seconds": 0}
    assert [job.id for job in store.listed("a", limit=10, cursor=None, status=None).jobs] == [work.id]


@pytest.mark.parametrize("end", ["cancel", "finish", "defer"])
def test_a_job_that_is_not_running_has_no_pieces(store, end):
    claim, work = running(store)
    claimed(store, work, claim)
    helped(store, work)
    if end == "cancel":
        store.cancel(work.id)
    elif end == "finish":
        store.finish(claim, Outcome(status="completed", document=b"{}", result_id="r"))
    else:
        store.defer(claim, seconds=60, counted=True)
    assert store.pieces.hold_pieces(work, "other:1:x") == "lost"
    assert claimed(store, work, claim) is None
    assert helped(store, work) is None
    assert store.pieces.shared_work() is None


def test_another_attempt_finds_what_is_completed_and_computes_what_was_begun(store):
    claim, work = running(store)
    for _ in range(3):
        claimed(store, work, claim)
    store.pieces.complete_piece(work, 1, b"one")
    store.defer(claim, seconds=0, counted=True)
    again = store.claim("w2")
    assert claimed(store, work, claim) is None
    assert claimed(store, work, again) == (0, [1])
    assert claimed(store, work, again) == (2, [1])
    assert claimed(store, work, again) == (3, [1])
    assert claimed(store, work, again) == (None, [1])


def test_pieces_of_another_whole_are_not_mixed_up(store):
    """The prices have changed between two attempts."""
    claim, work = running(store)
    claimed(store, work, claim)
    store.pieces.complete_piece(work, 0, b"old")
    other = replace(work, whole="sha256:" + "1" * 64 + "/analysis/sweep")
    assert claimed(store, other, claim) == (0, [])
    assert helped(store, work) == (None, [])
    store.pieces.complete_piece(work, 1, b"late")
    assert claimed(store, other, claim) == (1, [])


def test_what_is_forgotten_is_gone(store, redis):
    import redis as client

    claim, work = running(store)
    for number in range(COUNT):
        claimed(store, work, claim)
        store.pieces.complete_piece(work, number, b"result")
    store.pieces.forget_pieces(work)
    with client.Redis.from_url(redis.url) as connection:
        assert not connection.keys("backtest:piece*")
        assert not connection.exists(f"backtest:{work.id}:pieces", "backtest:queue:shared")


def test_results_that_nobody_forgets_expire(store, redis):
    import redis as client

    claim, work = running(store)
    claimed(store, work, claim)
    store.pieces.complete_piece(work, 0, b"result")
    with client.Redis.from_url(redis.url) as connection:
        for key in [*connection.keys("backtest:piece*"), f"backtest:{work.id}:pieces"]:
            assert connection.ttl(key) > 0


def test_a_worker_is_woken_while_work_is_shared(store):
    claim, work = running(store)
    assert store.reap(by="worker", slots=3) == 0
    claimed(store, work, claim)
    assert store.reap(by="worker", slots=3) == 3
    store.pieces.forget_pieces(work)
    assert store.reap(by="worker", slots=3) == 0


def test_a_store_for_one_machine_has_none(tmp_path):
    opened = open_store(read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path)}))
    assert opened.pieces is None
    opened.close()
