"""The desk refuses in the runner's words, and shows nobody what is not theirs."""

import json

import pytest

from backtester.model.errors import AccessError
from backtester.service.auth.principal import LOCAL, Principal
from backtester.service.jobs.ids import new_id
from backtester.service.jobs.job_service import JobService, RefusedError
from backtester.service.jobs.job_store import Outcome
from backtester.service.settings import read_service_settings
from tests.support.runs import assert_fits, assert_schema, request, run_runner

ALICE = Principal(owner="alice", scopes=frozenset({"run", "read"}), key="key:a", expires_at=None)
BOB = Principal(owner="bob", scopes=frozenset({"run", "read"}), key="key:b", expires_at=None)
ASKED = request(request_id="mine")


@pytest.fixture
def woken():
    return []


@pytest.fixture
def desk(store, woken, tmp_path):
    environ = {"BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_SYNC_SECONDS": "30", "BACKTEST_BATCH_LIMIT": "5"}
    return JobService(read_service_settings(environ), store, woken.append)


def checked(desk, document=ASKED):
    return desk.check(json.dumps(document).encode())


def test_a_request_is_queued_and_workers_are_woken(desk, store, woken):
    job, replayed = desk.submit(ALICE, checked(desk))
    assert (job.status, job.owner, job.request_id, replayed) == ("queued", "alice", "mine", False)
    assert woken == [1]
    assert json.loads(store.claim("w").request) == ASKED
    view = json.loads(desk.view(desk.job(ALICE, job.id)))
    assert_schema(view, "job")
    assert view["status"] == "running"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"a": 1, "a": 2}', json.dumps(request(holdings=[])).encode()])
def test_a_wrong_request_is_refused_in_the_words_of_the_runner(desk, raw):
    with pytest.raises(RefusedError) as refused:
        desk.check(raw)
    assert refused.value.document == run_runner(raw).stdout


def test_a_run_that_may_take_longer_than_is_waited_for_is_refused(desk, woken):
    with pytest.raises(RefusedError) as refused:
        desk.submit_and_wait(ALICE, checked(desk, {**ASKED, "limits": {"timeout_seconds": 31}}))
    document = json.loads(refused.value.document)
    assert (document["code"], document["request_id"]) == ("RUN_TOO_LONG", "mine")
    assert "/backtests" in document["detail"]
    assert_fits(document)
    assert woken == []


def test_what_is_waited_for_goes_first_and_is_begun_once(desk, store):
    desk.submit(ALICE, checked(desk))
    job = desk.submit_and_wait(ALICE, checked(desk))
    claim = store.claim("w")
    assert (claim.id, claim.max_attempts) == (job.id, 1)


def test_high_priority_needs_its_scope(desk):
    with pytest.raises(RefusedError) as refused:
        desk.submit(ALICE, checked(desk), priority="high")
    assert refused.value.error.code == "FORBIDDEN"
    assert desk.submit(LOCAL, checked(desk), priority="high")[0].priority == "high"


def test_nobody_sees_another_s_job_and_a_lost_one_is_told_from_one_that_never_was(desk, store):
    job, _ = desk.submit(ALICE, checked(desk))
    for caller, job_id, code in (
        (BOB, job.id, "NOT_FOUND"), (ALICE, "bt_no", "NOT_FOUND"), (ALICE, new_id("bob", None), "NOT_FOUND"),
        (ALICE, new_id("alice", None), "JOB_GONE"), (BOB, new_id("alice", None), "NOT_FOUND"),
    ):  # fmt: skip
        for act in (desk.job, desk.cancel):
            with pytest.raises(AccessError) as refused:
                act(caller, job_id)
            assert refused.value.code == code
    assert store.job(job.id).status == "queued"


def test_a_result_carries_the_name_of_each_request(desk, store):
    first, _ = desk.submit(ALICE, checked(desk))
    second, _ = desk.submit(BOB, checked(desk, request(request_id="other \u00fc")))
    nameless, _ = desk.submit(BOB, checked(desk, request()))
    kept = b'{"success":true,"schema_version":"1","result_id":"sha256:x"}\n'
    for document in (kept, b"", b""):
        outcome = Outcome(status="done", document=document, result_id="sha256:x", shared=True)
        assert store.finish(store.claim("w"), outcome)
    results = [json.loads(desk.result(store.job(job.id))) for job in (first, second, nameless)]
    assert [result.get("request_id") for result in results] == ["mine", "other ü", None]
    assert [*results[0]][:3] == ["success", "schema_version", "request_id"], "where a run of its own would have put it"
    view = json.loads(desk.view(store.job(first.id)))
    assert view["result"] == results[0]


def test_what_ended_without_a_document_has_one_all_the_same(desk, store):
    job, _ = desk.submit(ALICE, checked(desk))
    assert desk.result(job) is None
    cancelled = desk.cancel(ALICE, job.id)
    document = json.loads(desk.result(cancelled))
    assert (document["code"], document["request_id"]) == ("CANCELLED", "mine")
    assert_fits(document)
    assert desk.cancel(ALICE, job.id).status == "cancelled"


def test_a_batch_is_taken_whole_or_not_at_all(desk, woken):
    good = request()
    raw = json.dumps({"requests": [good, {**good, "holdings": []}, 3]}).encode()
    with pytest.raises(RefusedError) as refused:
        desk.check_batch(raw)
    pointers = [problem["pointer"] for problem in json.loads(refused.value.document)["errors"]]
    assert pointers[0] == "/requests/1/holdings"
    assert all(pointer.startswith(("/requests/1", "/requests/2")) for pointer in pointers)
    assert woken == []
    job, _ = desk.submit_batch(ALICE, *desk.check_batch(json.dumps({"requests": [good, good]}).encode()))
    assert (job.kind, len(job.members), woken) == ("batch", 2, [2])
    view = json.loads(desk.view(job))
    assert_schema(view, "job")
    assert view["counts"]["queued"] == 2


@pytest.mark.parametrize(
    "document", [[], {}, {"requests": []}, {"requests": {}}, {"requests": [1] * 6}, {"requests": [1], "x": 1}]
)
def test_what_is_no_batch_is_refused(desk, document):
    with pytest.raises(RefusedError) as refused:
        desk.check_batch(json.dumps(document).encode())
    assert refused.value.error.code == "VALIDATION_FAILED"


def test_a_key_is_for_one_request_whatever_its_layout(desk, woken):
    job, _ = desk.submit(ALICE, checked(desk), key="k")
    again, replayed = desk.submit(ALICE, desk.check(json.dumps(ASKED, indent=4).encode()), key="k")
    assert (again.id, replayed, woken) == (job.id, True, [1])
    with pytest.raises(RefusedError) as refused:
        desk.submit(ALICE, checked(desk, request(initial_capital=5)), key="k")
    assert refused.value.error.code == "IDEMPOTENCY_KEY_REUSED"
    assert desk.submit(BOB, checked(desk, request(initial_capital=5)), key="k")[1] is False
