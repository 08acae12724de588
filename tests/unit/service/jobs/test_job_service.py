"""The job service refuses in the runner's words, and shows a principal its own jobs alone."""

import json

import pytest

from backtester.model.errors import AccessError, RequestError
from backtester.service.auth.principal import LOCAL, Principal
from backtester.service.jobs.ids import new_id
from backtester.service.jobs.job_service import JobService, RefusedError
from backtester.service.jobs.stores.job_store import Outcome
from backtester.service.service_settings import read_service_settings
from tests.support.documents import assert_fits, assert_schema
from tests.support.runner import run_runner
from tests.support.sample_requests import request

ALICE = Principal(owner="alice", scopes=frozenset({"run", "read"}), key="key:a", expires_at=None)
BOB = Principal(owner="bob", scopes=frozenset({"run", "read"}), key="key:b", expires_at=None)
ASKED = request(request_id="mine")


@pytest.fixture
def woken():
    return []


@pytest.fixture
def job_service(store, woken, tmp_path):
    environ = {"BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_SYNC_SECONDS": "30", "BACKTEST_BATCH_LIMIT": "5"}
    return JobService(read_service_settings(environ), store, woken.append)


def checked(job_service, document=ASKED):
    return job_service.check(json.dumps(document).encode())


def test_a_request_is_queued_and_workers_are_woken(job_service, store, woken):
    job, replayed = job_service.submit(ALICE, checked(job_service))
    assert (job.status, job.owner, job.request_id, replayed) == ("queued", "alice", "mine", False)
    assert woken == [1]
    assert json.loads(store.claim("w").request) == ASKED
    view = json.loads(job_service.view(job_service.job(ALICE, job.id)))
    assert_schema(view, "job")
    assert view["status"] == "running"


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"a": 1, "a": 2}', json.dumps(request(holdings=[])).encode()])
def test_a_wrong_request_is_refused_in_the_words_of_the_runner(job_service, raw):
    with pytest.raises(RefusedError) as refused:
        job_service.check(raw)
    assert refused.value.document == run_runner(raw).stdout


def test_a_run_that_may_take_longer_than_is_waited_for_is_refused(job_service, woken):
    with pytest.raises(RefusedError) as refused:
        job_service.submit_and_wait(ALICE, checked(job_service, {**ASKED, "limits": {"timeout_seconds": 31}}))
    document = json.loads(refused.value.document)
    assert (document["code"], document["request_id"]) == ("RUN_TOO_LONG", "mine")
    assert "`/backtests`" in document["remedy"]
    assert_fits(document)
    assert woken == []


def test_what_is_waited_for_goes_first_and_is_begun_once(job_service, store):
    job_service.submit(ALICE, checked(job_service))
    job = job_service.submit_and_wait(ALICE, checked(job_service))
    claim = store.claim("w")
    assert (claim.id, claim.max_attempts) == (job.id, 1)


def test_high_priority_needs_its_scope(job_service):
    with pytest.raises(RefusedError) as refused:
        job_service.submit(ALICE, checked(job_service), priority="high")
    assert refused.value.error.code == "FORBIDDEN"
    assert job_service.submit(LOCAL, checked(job_service), priority="high")[0].priority == "high"


def test_nobody_sees_another_s_job_and_a_lost_one_is_told_from_one_that_never_was(job_service, store):
    job, _ = job_service.submit(ALICE, checked(job_service))
    for caller, job_id, code in (
        (BOB, job.id, "NOT_FOUND"), (ALICE, "job_no", "NOT_FOUND"), (ALICE, new_id("bob", None), "NOT_FOUND"),
        (ALICE, new_id("alice", None), "JOB_GONE"), (BOB, new_id("alice", None), "NOT_FOUND"),
    ):  # fmt: skip
        for act in (job_service.job, job_service.cancel):
            with pytest.raises(AccessError) as refused:
                act(caller, job_id)
            assert refused.value.code == code
    assert store.job(job.id).status == "queued"


def test_a_result_carries_the_name_of_each_request(job_service, store):
    first, _ = job_service.submit(ALICE, checked(job_service))
    second, _ = job_service.submit(BOB, checked(job_service, request(request_id="other \u00fc")))
    nameless, _ = job_service.submit(BOB, checked(job_service, request()))
    kept = b'{"success":true,"schema_version":"1","result_id":"sha256:x"}\n'
    for document in (kept, b"", b""):
        outcome = Outcome(status="completed", document=document, result_id="sha256:x", shared=True)
        assert store.finish(store.claim("w"), outcome).taken
    results = [json.loads(job_service.result(store.job(job.id))) for job in (first, second, nameless)]
    assert [result.get("request_id") for result in results] == ["mine", "other ü", None]
    assert [*results[0]][:3] == ["success", "schema_version", "request_id"], "where a run of its own would have put it"
    view = json.loads(job_service.view(store.job(first.id)))
    assert view["result"] == results[0]


def test_what_ended_without_a_document_has_one_all_the_same(job_service, store):
    job, _ = job_service.submit(ALICE, checked(job_service))
    assert job_service.result(job) is None
    cancelled = job_service.cancel(ALICE, job.id)
    document = json.loads(job_service.result(cancelled))
    assert (document["code"], document["request_id"]) == ("CANCELLED", "mine")
    assert_fits(document)
    assert job_service.cancel(ALICE, job.id).status == "cancelled"


def test_a_batch_is_taken_whole_or_not_at_all(job_service, woken):
    good = request()
    raw = json.dumps({"requests": [good, {**good, "holdings": []}, 3]}).encode()
    with pytest.raises(RefusedError) as refused:
        job_service.check_batch(raw)
    pointers = [problem["pointer"] for problem in json.loads(refused.value.document)["errors"]]
    assert pointers[0] == "/requests/1/holdings"
    assert all(pointer.startswith(("/requests/1", "/requests/2")) for pointer in pointers)
    assert woken == []
    job, _ = job_service.submit_batch(ALICE, *job_service.check_batch(json.dumps({"requests": [good, good]}).encode()))
    assert (job.kind, len(job.members), woken) == ("batch", 2, [2])
    view = json.loads(job_service.view(job))
    assert_schema(view, "job")
    assert view["counts"]["queued"] == 2


@pytest.mark.parametrize(
    "document", [[], {}, {"requests": []}, {"requests": {}}, {"requests": [1] * 6}, {"requests": [1], "x": 1}]
)
def test_what_is_no_batch_is_refused(job_service, document):
    with pytest.raises(RefusedError) as refused:
        job_service.check_batch(json.dumps(document).encode())
    assert refused.value.error.code == "VALIDATION_FAILED"


def test_a_key_is_for_one_request_whatever_its_layout(job_service, woken):
    job, _ = job_service.submit(ALICE, checked(job_service), key="k")
    again, replayed = job_service.submit(ALICE, job_service.check(json.dumps(ASKED, indent=4).encode()), key="k")
    assert (again.id, replayed, woken) == (job.id, True, [1])
    with pytest.raises(RefusedError) as refused:
        job_service.submit(ALICE, checked(job_service, request(initial_capital=5)), key="k")
    assert refused.value.error.code == "IDEMPOTENCY_KEY_REUSED"
    assert job_service.submit(BOB, checked(job_service, request(initial_capital=5)), key="k")[1] is False


def test_a_celery_client_s_request_is_a_job_of_local_under_its_own_id(job_service, store, woken):
    job_service.submit_as("theirs-1", ASKED)
    job_service.submit_as("theirs-1", {key: ASKED[key] for key in reversed(ASKED)})
    job = job_service.job(LOCAL, "theirs-1")
    assert (job.id, job.status, job.owner, job.request_id) == ("theirs-1", "queued", "local", "mine")
    assert_schema(json.loads(job_service.view(job)), "job")
    assert json.loads(store.claim("w").request) == ASKED
    assert store.claim("w") is None
    assert woken == [1, 1]
    with pytest.raises(RequestError, match="belongs to another request or owner"):
        job_service.submit_as("theirs-1", request())


@pytest.mark.parametrize("wrong", ["", "a" * 129, "a b", "a:b", "a/b", "a\n", "é", "\0", "*", None, 5, ["a"], {"a": 1}])
def test_what_cannot_be_an_id_is_refused(job_service, woken, wrong):
    with pytest.raises(RequestError, match="1 to 128 letters, digits, `_` and `-`") as refused:
        job_service.submit_as(wrong, ASKED)
    assert (refused.value.code, woken) == ("VALIDATION_FAILED", [])


def test_params_that_are_no_request_are_left_for_the_run_to_refuse_and_huge_ones_are_cut(job_service, store):
    for number, params in enumerate([None, 5, "text", [], {}, {"strategy": "none"}, {"a": float("nan")}]):
        job_service.submit_as(f"wrong-{number}", params)
        assert store.claim("w").id == f"wrong-{number}"
    most = job_service.settings.runner.max_request_bytes
    job_service.submit_as("huge", {"a": "x" * (2 * most)})
    assert len(store.claim("w").request) == most + 1
