"""Both stores keep the same rules: an accepted job ends once, whichever process dies, repeats itself or comes late."""

import threading
import time

import pytest

from backtester.model.errors import AccessError, RequestError
from backtester.service.jobs.ids import new_id
from backtester.service.jobs.job import ENDED, Admission, NewJob
from backtester.service.jobs.stores.job_store import Outcome
from tests.support.documents import assert_schema
from tests.support.processes import eventually


def admission(*owner_jobs, owner="alice", count=1, priority="normal", **more):
    jobs = tuple(
        NewJob(id=new_id(owner, None), request=f'{{"n": {n}}}'.encode(), request_id=f"r{n}") for n in range(count)
    )
    given = {
        "owner": owner, "jobs": owner_jobs or jobs, "priority": priority, "max_attempts": 3, "queue_limit": 1000,
        "queue_limit_per_owner": 500, "ttl_seconds": 60.0,
    }  # fmt: skip
    return Admission(**{**given, **more})


def admitted(store, **given):
    asked = admission(**given)
    store.admit(asked)
    return [job.id for job in asked.jobs]


def done(store, claim, document=b'{"success":true}\n', result_id="sha256:a", shared=True):
    outcome = Outcome(status="completed", document=document, result_id=result_id, shared=shared)
    return store.finish(claim, outcome).taken


def test_a_job_goes_from_queued_over_running_to_completed_and_publishes_it(store):
    (job_id,) = admitted(store)
    queued = store.job(job_id)
    assert (queued.status, queued.attempts, queued.request_id, queued.started_at) == ("queued", 0, "r0", None)
    claim = store.claim("w")
    assert (claim.id, claim.request, claim.attempt, claim.owner) == (job_id, b'{"n": 0}', 1, "alice")
    running = store.job(job_id)
    assert running.status == "running"
    assert running.version > queued.version
    assert store.report(claim, "simulating", 0.5, 5, 10) == "go on"
    assert store.heartbeat(claim) == "go on"
    assert done(store, claim)
    job = store.job(job_id)
    assert (job.status, job.result_id, job.event["stage"], job.event["progress"]) == (
        "completed",
        "sha256:a",
        "completed",
        1,
    )
    assert job.created_at <= job.started_at <= job.finished_at < job.expires_at
    assert store.result(job) == b'{"success":true}\n'
    events = store.events(job_id, after=0)
    assert [event["stage"] for event in events] == ["queued", "simulating", "completed"]
    assert [event["seq"] for event in events] == [1, 2, 3]
    assert store.events(job_id, after=2) == events[2:]
    for event in events:
        assert_schema(event, "progress")


def test_nothing_is_claimed_from_an_empty_queue(store):
    assert store.claim("w") is None
    assert store.job(new_id("alice", None)) is None


def test_progress_never_falls_also_when_an_attempt_begins_again(store):
    (job_id,) = admitted(store)
    claim = store.claim("w")
    store.report(claim, "simulating", 0.8, 8, 10)
    store.defer(claim, seconds=0, counted=True)
    again = store.claim("w")
    assert again.progress == 0.8
    store.report(again, "loading_data", 0.1, 1, 10)
    done(store, again)
    shares = [event["progress"] for event in store.events(job_id, after=0)]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_what_an_older_attempt_says_is_not_taken(store):
    (job_id,) = admitted(store)
    first = store.claim("w1")
    store.defer(first, seconds=0, counted=True)
    second = store.claim("w2")
    assert second.attempt == 2
    assert store.heartbeat(first) == "lost"
    assert store.report(first, "simulating", 0.9, 9, 10) == "lost"
    assert not done(store, first, b"wrong", "sha256:wrong")
    assert not store.defer(first, seconds=0, counted=True)
    assert done(store, second)
    assert not done(store, second, b"twice")
    assert store.result(store.job(job_id)) == b'{"success":true}\n'
    assert [event["stage"] for event in store.events(job_id, after=0)].count("completed") == 1


def test_a_job_whose_worker_is_not_heard_of_is_given_to_another_and_fails_in_the_end(store):
    (job_id,) = admitted(store, max_attempts=2)
    lost = store.claim("w1")
    assert store.claim("w2") is None
    assert eventually(lambda: store.reap() == 1)
    assert not done(store, lost)
    again = store.claim("w2")
    assert (again.id, again.attempt) == (job_id, 2)
    assert eventually(lambda: store.reap() is not None and store.job(job_id).status == "failed")
    assert store.claim("w3") is None
    assert store.statistics()["totals"] == {"lost": 2, "failed": 1}


def test_a_worker_that_is_heard_of_keeps_its_job(store):
    admitted(store)
    claim = store.claim("w")
    ends = time.monotonic() + 1.6
    while time.monotonic() < ends:
        assert store.heartbeat(claim) == "go on"
        assert store.reap() == 0
        time.sleep(0.1)
    assert done(store, claim)


def test_an_attempt_that_does_not_count_is_as_if_it_had_not_been(store):
    admitted(store)
    for _ in range(5):
        claim = store.claim("w")
        assert claim.attempt == 1
        store.defer(claim, seconds=0, counted=False)


def test_a_deferred_job_is_not_claimed_before_its_time(store):
    (job_id,) = admitted(store)
    store.defer(store.claim("w"), seconds=60, counted=True)
    assert store.claim("w") is None
    assert store.job(job_id).status == "queued"
    (soon,) = admitted(store)
    store.defer(store.claim("w"), seconds=0.1, counted=True)
    assert eventually(lambda: (claim := store.claim("w")) is not None and claim.id == soon)


def test_the_higher_priority_goes_first_and_owners_take_turns(store):
    admitted(store, owner="busy", count=5, priority="low")
    admitted(store, owner="busy", count=4)
    admitted(store, owner="calm", count=2)
    admitted(store, owner="busy", priority="high")
    order = [(claim.owner, store.job(claim.id).priority) for claim in iter(lambda: store.claim("w"), None)]
    assert order[0] == ("busy", "high")
    assert [priority for _, priority in order] == ["high", *["normal"] * 6, *["low"] * 5]
    assert sorted(owner for owner, _ in order[1:5]) == ["busy", "busy", "calm", "calm"], "one busy owner stops nobody"


def test_jobs_of_one_owner_come_in_order(store):
    ids = [job_id for _ in range(5) for job_id in admitted(store)]
    assert [claim.id for claim in iter(lambda: store.claim("w"), None)] == ids


def test_a_full_queue_refuses_and_keeps_what_it_has(store):
    admitted(store, count=3, queue_limit=5)
    with pytest.raises(AccessError) as refused:
        admitted(store, owner="bob", count=3, queue_limit=5)
    assert refused.value.code == "TOO_MANY_REQUESTS"
    assert refused.value.retry_after
    with pytest.raises(AccessError):
        admitted(store, count=1, queue_limit_per_owner=3)
    admitted(store, owner="bob", count=2, queue_limit=5)
    assert sum(store.statistics()["queued"].values()) == 5
    assert len([*iter(lambda: store.claim("w"), None)]) == 5
    admitted(store, count=5, queue_limit=5)


def test_a_cancelled_job_that_waits_is_never_begun(store):
    first, second = admitted(store, count=2)
    assert store.cancel(first).status == "cancelled"
    assert store.claim("w").id == second
    assert store.claim("w") is None
    assert store.job(first).result_key is None
    assert store.statistics()["queued"]["normal"] == 0
    assert store.cancel(first).status == "cancelled"
    assert [event["stage"] for event in store.events(first, after=0)] == ["queued", "cancelled"]


def test_a_cancelled_job_that_runs_is_told_to_its_worker(store):
    (job_id,) = admitted(store)
    claim = store.claim("w")
    assert store.cancel(job_id).status == "running"
    assert store.heartbeat(claim) == "cancel"
    assert store.report(claim, "simulating", 0.5, 1, 2) == "cancel"
    assert store.finish(claim, Outcome(status="cancelled", document=b"{}")).taken
    assert store.job(job_id).status == "cancelled"


def test_a_cancelled_job_whose_worker_is_lost_is_cancelled(store):
    (job_id,) = admitted(store)
    store.claim("w")
    store.cancel(job_id)
    assert eventually(lambda: store.reap() is not None and store.job(job_id).status == "cancelled")


def test_a_result_is_computed_once_and_shared(store):
    first, second, third = admitted(store, count=3)
    one, two, three = (store.claim("w") for _ in range(3))
    assert store.single_flight(one, "sha256:x") == "compute"
    assert store.single_flight(one, "sha256:x") == "compute"
    assert store.single_flight(two, "sha256:x") == "wait"
    assert store.single_flight(three, "sha256:y") == "compute"
    done(store, one, b"shared", "sha256:x")
    assert store.single_flight(two, "sha256:x") == "reuse"
    assert done(store, two, b"", "sha256:x")
    assert store.result(store.job(first)) == store.result(store.job(second)) == b"shared"
    done(store, three, b"own", "sha256:x", shared=False)
    assert store.result(store.job(third)) == b"own"
    assert store.statistics()["totals"]["reused"] == 1


def handed_in(store, claim, worker="w", **given):
    outcome = Outcome(status="completed", document=b"{}\n", result_id=f"sha256:{claim.id}", shared=True, **given)
    return store.finish(claim, outcome, next_for=worker)


def test_jobs_that_are_claimed_as_others_end_come_in_the_order_of_jobs_that_are_claimed_alone(store):
    for priority, count in (("low", 2), ("normal", 3), ("high", 1)):
        admitted(store, owner="busy", priority=priority, count=count)
    admitted(store, owner="calm", count=2)
    order, claim = [], store.claim("w")
    while claim is not None:
        order.append((claim.owner, store.job(claim.id).priority))
        ended = handed_in(store, claim)
        assert ended.taken
        assert store.job(claim.id).status == "completed"
        claim = ended.claim
    assert [priority for _, priority in order] == ["high", *["normal"] * 5, *["low"] * 2]
    assert sorted(owner for owner, _ in order[1:5]) == ["busy", "busy", "calm", "calm"]
    assert store.claim("w") is None
    assert (store.statistics()["totals"], store.statistics()["running"]) == ({"completed": 8}, 0)


def test_an_end_that_claims_nothing_leaves_the_next_job_in_the_queue(store):
    admitted(store, count=2)
    assert handed_in(store, store.claim("w"), worker=None).claim is None
    assert sum(store.statistics()["queued"].values()) == 1
    assert handed_in(store, store.claim("w")).claim is None, "none waits"


def test_a_result_that_expired_before_it_was_reused_does_not_hold_up_the_next_job(store):
    first, second = admitted(store, count=2)
    reused = Outcome(status="completed", document=b"", result_id="sha256:gone", shared=True)
    ended = store.finish(store.claim("w"), reused, next_for="w")
    assert (store.job(ended.claim.id).status, ended.claim.attempt) == ("running", 1)
    assert sorted(store.job(job_id).status for job_id in (first, second)) == ["queued", "running"]


@pytest.mark.parametrize("make_store", ["redis"], indirect=True)  # a SQLite file does not lose a reply
def test_an_end_whose_reply_was_lost_gives_the_same_next_job_again(store):
    admitted(store, count=3)
    claim = store.claim("w")
    first = handed_in(store, claim)
    again = handed_in(store, claim)
    assert (first.taken, again.taken) == (True, False)
    assert again.claim == first.claim
    assert handed_in(store, first.claim).claim.id != first.claim.id
    assert store.statistics()["running"] == 1


def test_who_computes_and_is_lost_stands_in_nobodys_way(store):
    admitted(store, count=2, max_attempts=1)
    one, two = store.claim("w"), store.claim("w")
    store.single_flight(one, "sha256:x")
    assert store.single_flight(two, "sha256:x") == "wait"
    assert eventually(
        lambda: store.heartbeat(two) and store.reap() == 0 and store.job(one.id).status == "failed", within=5
    )
    assert store.single_flight(two, "sha256:x") == "compute"


def test_a_result_that_expired_before_it_was_reused_is_computed_again(store):
    (job_id,) = admitted(store)
    claim = store.claim("w")
    assert done(store, claim, b"", "sha256:gone")
    assert store.job(job_id).status == "queued"
    assert store.claim("w").attempt == 1


def test_the_same_key_and_request_give_the_same_job(store):
    first = store.admit(admission(key="k", digest="d"))
    assert store.admit(admission(key="k", digest="d")) == (first.id, True)
    with pytest.raises(RequestError) as reused:
        store.admit(admission(key="k", digest="other"))
    assert reused.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert store.admit(admission(owner="bob", key="k", digest="other")).id != first.id
    assert sum(store.statistics()["queued"].values()) == 2


def test_an_admission_that_is_repeated_is_made_once(store):
    asked = admission(count=2, batch_id=new_id("alice", None))
    assert store.admit(asked).id == store.admit(asked).id
    assert sum(store.statistics()["queued"].values()) == 2


def test_a_batch_is_followed_as_one_job(store):
    batch_id = new_id("alice", None)
    ids = admitted(store, count=3, batch_id=batch_id)
    batch = store.job(batch_id)
    assert (batch.kind, batch.status) == ("batch", "queued")
    assert [(one.id, one.request_id, one.status) for one in batch.members] == [
        (ids[n], f"r{n}", "queued") for n in range(3)
    ]
    first = store.claim("w")
    assert store.job(batch_id).status == "running"
    done(store, first)
    store.finish(store.claim("w"), Outcome(status="failed", document=b"{}"))
    assert store.job(batch_id).status == "running"
    time.sleep(0.12)
    done(store, store.claim("w"))
    batch = store.job(batch_id)
    assert [one.status for one in batch.members] == ["completed", "failed", "completed"]
    assert (batch.status, batch.event["stage"]) == ("completed", "completed")
    assert batch.event["progress"] == 1
    assert (batch.event["completed"], batch.event["total"]) == (3, 3)
    for event in store.events(batch_id, after=0):
        assert_schema(event, "progress")
    page = store.listed("alice", limit=10, cursor=None, status=None)
    assert [job.id for job in page.jobs] == [batch_id], "its jobs are listed with it"


def test_every_change_of_a_batch_that_can_be_seen_has_a_version_of_its_own(store):
    batch_id = new_id("alice", None)
    ids = admitted(store, count=3, batch_id=batch_id)
    seen = {}

    def look():
        batch = store.job(batch_id)
        states = (batch.status, *(member.status for member in batch.members))
        assert seen.setdefault(batch.version, states) == states
        return states

    look()
    claim = store.claim("w")
    assert look()[1] == "running"
    store.defer(claim, seconds=0, counted=True)
    assert look()[1] == "queued"
    done(store, store.claim("w"))
    assert look()[1] == "completed"
    store.cancel(ids[2])
    assert look()[3] == "cancelled"
    store.claim("w")
    assert look()[2] == "running"
    assert len(seen) == 6


def test_a_cancelled_batch_ends_when_its_last_job_has(store):
    batch_id = new_id("alice", None)
    ids = admitted(store, count=3, batch_id=batch_id)
    claim = store.claim("w")
    store.cancel(batch_id)
    assert [store.job(job_id).status for job_id in ids] == ["running", "cancelled", "cancelled"]
    assert store.job(batch_id).status == "running"
    assert store.heartbeat(claim) == "cancel"
    store.finish(claim, Outcome(status="cancelled", document=b"{}"))
    assert store.job(batch_id).status == "cancelled"


def test_jobs_are_listed_newest_first_a_page_at_a_time_and_by_status(store):
    ids = []
    for _ in range(5):
        ids += admitted(store)
        time.sleep(0.002)
    admitted(store, owner="bob")
    done(store, store.claim("w"))
    page = store.listed("alice", limit=2, cursor=None, status=None)
    assert [job.id for job in page.jobs] == ids[:2:-1]
    seen = [job.id for job in page.jobs]
    while page.cursor is not None:
        page = store.listed("alice", limit=2, cursor=page.cursor, status=None)
        seen += [job.id for job in page.jobs]
    assert seen == ids[::-1]
    assert [job.id for job in store.listed("alice", limit=9, cursor=None, status="completed").jobs] == ids[:1]
    assert store.listed("carol", limit=9, cursor=None, status=None) == ([], None)


def test_what_is_over_is_forgotten_after_its_time(make_store):
    store = make_store(BACKTEST_JOB_TTL_SECONDS="1")
    (job_id,) = admitted(store, key="k", digest="d", ttl_seconds=1.0)
    job = store.job(job_id)
    done(store, store.claim("w"))
    assert store.job(job_id) is not None
    assert eventually(lambda: store.reap() == 0 and store.job(job_id) is None)
    assert eventually(lambda: store.reap() == 0 and store.result(job) is None)
    assert store.events(job_id, after=0) == []
    assert store.admit(admission(key="k", digest="other")).replayed is False


def test_many_workers_at_once_claim_each_job_once(make_store):
    store = make_store(BACKTEST_LEASE_SECONDS="60")
    ids = [job_id for owner in ("a", "b", "c") for job_id in admitted(store, owner=owner, count=40)]
    claimed, failures = [], []

    def work():
        mine = make_store(BACKTEST_LEASE_SECONDS="60")
        try:
            while (claim := mine.claim("w")) is not None:
                claimed.append(claim.id)
                assert done(mine, claim, b"x", f"sha256:{claim.id}")
        except BaseException as error:
            failures.append(error)
        finally:
            mine.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert sorted(claimed) == sorted(ids)
    assert all(store.job(job_id).status in ENDED for job_id in ids)
    assert store.statistics()["totals"]["completed"] == 120


def test_a_job_that_nobody_takes_fails_before_its_record_would_expire(store, monkeypatch):
    (job_id,) = admitted(store)
    assert store.reap() == 1
    for kind in ("redis", "sqlite"):
        monkeypatch.setattr(f"backtester.service.jobs.stores.{kind}_store.LONGEST_WAIT_SECONDS", 0.0)
    time.sleep(0.01)
    assert store.reap() == 0
    assert store.job(job_id).status == "failed"
    assert store.claim("w") is None
    assert sum(store.statistics()["queued"].values()) == 0
