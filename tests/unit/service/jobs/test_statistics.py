"""Both stores count the same, for the operator of the service."""

import time

import pytest

from backtester.service.jobs.stores.job_store import Outcome, counts
from backtester.service.jobs.stores.open_store import open_store
from backtester.service.service_settings import read_service_settings
from tests.support.processes import eventually
from tests.unit.service.jobs.stores.test_job_store import admitted, done

ERROR = b'{"success":false}\n'


def failed(store, code):
    return store.finish(store.claim("w"), Outcome(status="failed", document=ERROR, code=code)).taken


def test_failed_jobs_are_counted_by_the_code_of_their_error(store):
    admitted(store, count=3)
    assert failed(store, "TIMEOUT")
    assert failed(store, "TIMEOUT")
    assert failed(store, "SYMBOL_NOT_FOUND")
    statistics = store.statistics()
    assert statistics["totals"] == {"failed": 3}
    assert statistics["failed"] == {"TIMEOUT": 2, "SYMBOL_NOT_FOUND": 1}


def test_a_job_whose_worker_was_lost_for_good_counts_as_crashed(store):
    admitted(store, max_attempts=1)
    store.claim("w")
    assert eventually(lambda: store.reap() == 0 and store.statistics()["failed"] == {"WORKER_CRASHED": 1})


def test_a_job_that_nobody_took_counts_as_what_it_is_answered_with(store, monkeypatch):
    monkeypatch.setattr("backtester.service.jobs.stores.redis_store.LONGEST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("backtester.service.jobs.stores.sqlite_store.LONGEST_WAIT_SECONDS", 0.01)
    admitted(store)
    time.sleep(0.05)
    store.reap()
    assert store.statistics()["failed"] == {"SERVICE_UNAVAILABLE": 1}


def test_results_are_counted_by_what_they_warn_of(store):
    admitted(store, count=2)
    warned = ("STALE_PRICES", "STORE_UNAVAILABLE")
    store.finish(store.claim("w"), Outcome(status="completed", document=b"{}\n", result_id="sha256:b", warned=warned))
    assert done(store, store.claim("w"))
    assert store.statistics()["warned"] == {"STALE_PRICES": 1, "STORE_UNAVAILABLE": 1}


def test_the_time_that_jobs_took_is_added_up_and_waiting_is_no_part_of_it(store):
    ids = admitted(store, count=2)
    time.sleep(0.2)
    claim = store.claim("w")
    time.sleep(0.2)
    done(store, claim)
    store.cancel(admitted(store)[0])
    job = store.job(ids[0])
    took = job.finished_at - job.started_at
    assert job.finished_at - job.created_at > took + 0.1
    assert store.statistics()["ran_seconds"] == pytest.approx(took, abs=0.002)


def test_a_worker_that_reaps_is_there_with_as_many_jobs_as_it_runs_at_once(store):
    assert (store.statistics()["workers"], store.statistics()["slots"]) == (0, 0)
    store.reap(by="one", slots=4)
    store.reap(by="two")
    store.reap(by="two", slots=2)
    store.reap()
    assert (store.statistics()["workers"], store.statistics()["slots"]) == (2, 6)


def test_a_worker_that_has_not_reaped_for_a_while_is_not_there(store, monkeypatch):
    store.reap(by="one")
    assert store.statistics()["workers"] == 1
    for module in ("redis_store", "sqlite_store"):
        monkeypatch.setattr(f"backtester.service.jobs.stores.{module}.WORKER_SECONDS", 0.2)
    assert eventually(lambda: store.statistics()["workers"] == 0)
    assert eventually(lambda: store.reap(by="two") is not None and store.statistics()["slots"] == 1)


def test_a_worker_of_the_file_that_runs_a_long_job_is_there_though_it_does_not_reap(tmp_path, monkeypatch):
    monkeypatch.setattr("backtester.service.jobs.stores.sqlite_store.WORKER_SECONDS", 0.0)
    store = open_store(read_service_settings({"BACKTEST_SERVICE_DIR": str(tmp_path)}))
    store.reap(by="host:1")
    store.reap(by="host:12")
    admitted(store)
    assert store.statistics()["workers"] == 0
    store.claim("host:1:")  # as `Worker.claim` names itself
    assert store.statistics()["workers"] == 1
    store.close()


def test_nothing_has_happened_yet_is_told_as_zeros(store):
    assert store.statistics()["failed"] == {}
    assert store.statistics()["ran_seconds"] == 0
    assert store.statistics()["oldest_seconds"] == 0


def test_what_is_counted_by_code_is_told_apart_from_totals():
    kept = {"completed": 3, "failed": 1, "failed:TIMEOUT": 1, "warned:STALE_PRICES": 2, "ran_ms": 1500}
    assert counts(kept) == {
        "totals": {"completed": 3, "failed": 1},
        "failed": {"TIMEOUT": 1},
        "warned": {"STALE_PRICES": 2},
        "ran_seconds": 1.5,
    }
