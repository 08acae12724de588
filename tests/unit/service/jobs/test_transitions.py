"""Both stores change the status of a job as `TRANSITIONS` says, for every status and event, and not otherwise."""

import time
from typing import get_args

import pytest

from backtester.service.jobs.job import ENDED, STATUSES, TRANSITIONS, Event
from backtester.service.jobs.stores.job_store import Outcome
from tests.unit.service.jobs.stores.test_job_store import admitted

EVENTS = get_args(Event)
OUTCOMES = {"complete": "completed", "fail": "failed", "stop": "cancelled"}


def job_with(store, status, event):
    """Return the id of a job with this status, and a claim of it: of a queued job, that of its first attempt."""
    (job_id,) = admitted(store, max_attempts=1 if event == "lose_last" else 3)
    claim = store.claim("w")
    if status == "queued":
        assert store.defer(claim, seconds=0, counted=True)
    elif status in ENDED:
        assert store.finish(claim, Outcome(status=status, document=b"{}\n")).taken
    elif event == "lose_cancelled":
        store.cancel(job_id)
    assert store.job(job_id).status == status
    return job_id, claim


def apply(store, event, job_id, claim, monkeypatch):
    if event == "claim":
        store.claim("another")
    elif event == "heartbeat":
        store.heartbeat(claim)
    elif event == "report":
        store.report(claim, "simulating", 0.5, 1, 2)
    elif event in OUTCOMES:
        store.finish(claim, Outcome(status=OUTCOMES[event], document=b"{}\n"))
    elif event == "defer":
        store.defer(claim, seconds=0, counted=True)
    elif event == "cancel":
        store.cancel(job_id)
    elif event == "wait_too_long":
        for kind in ("redis", "sqlite"):
            monkeypatch.setattr(f"backtester.service.jobs.stores.{kind}_store.LONGEST_WAIT_SECONDS", 0.0)
        time.sleep(0.002)
        store.reap()
    else:  # the lease runs out: it is made a short one
        store._lease_ms = store._lease = 0
        store.heartbeat(claim)
        time.sleep(0.002)
        store.reap()


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("status", STATUSES)
def test_an_event_changes_a_status_as_the_table_says(store, status, event, monkeypatch):
    job_id, claim = job_with(store, status, event)
    before = store.job(job_id)
    apply(store, event, job_id, claim, monkeypatch)
    after = store.job(job_id)
    assert after.status == TRANSITIONS.get((status, event), status)
    if (status, event) not in TRANSITIONS:
        assert after == before, "nothing else has changed either"


@pytest.mark.parametrize("event", OUTCOMES)
@pytest.mark.parametrize("status", STATUSES)
def test_an_attempt_that_is_handed_in_gives_the_next_job_whether_it_counts_or_not(store, status, event):
    job_id, claim = job_with(store, status, event)
    (waiting,) = admitted(store, priority="high")
    ended = store.finish(claim, Outcome(status=OUTCOMES[event], document=b"{}\n"), next_for="w")
    assert store.job(job_id).status == TRANSITIONS.get((status, event), status)
    assert ended.taken == ((status, event) in TRANSITIONS)
    assert (ended.claim.id, store.job(waiting).status) == (waiting, "running")
    assert store.heartbeat(ended.claim) == "go on"


def test_the_table_leads_to_every_status_and_out_of_no_end():
    assert {status for status, _ in TRANSITIONS} == {"queued", "running"}
    assert {*TRANSITIONS.values(), "queued"} == set(STATUSES)
    assert {event for _, event in TRANSITIONS} == set(EVENTS)
