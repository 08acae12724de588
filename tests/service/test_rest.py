"""Every row of the REST table in docs/how-to/service.md, asked of the service as it is run: on Redis, and without."""

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client.parser import text_string_to_metric_families

from backtester.model.codes import ERROR_CODES
from backtester.model.errors import BacktestError
from tests.service.clients import busiest, complaints, follow, is_gone, running, slow_request
from tests.support.documents import assert_fits, assert_of_the_service, assert_schema
from tests.support.paths import SCHEMAS
from tests.support.processes import eventually
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full


@pytest.fixture(scope="module", params=["queue", "local"])
def service(request, tmp_path_factory):
    with stack(tmp_path_factory.mktemp(request.param), kind=request.param, workers=1) as running:
        yield running
        assert complaints(running) == []


def problem_in(answer, code):
    """Check an error's answer, and return its document."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (document["code"], document["status"]) == (code, answer.status_code)
    assert_fits(document)
    assert_of_the_service(document)
    assert answer.headers["cache-control"] == "no-store"
    return document


def queue(service, document=None, **options):
    answer = service.post("/backtests", request() if document is None else document, **options)
    assert answer.status_code == 202, answer.text
    return answer.json()


def test_a_queued_backtest_is_a_job_with_an_address_and_an_etag(service):
    answer = service.post("/backtests", request(request_id="mine"))
    job = answer.json()
    assert answer.status_code == 202
    assert answer.headers["location"] == f"/backtests/{job['id']}" == job["links"]["self"]
    assert answer.headers["etag"]
    assert_schema(job, "job")
    assert (job["request_id"], job["priority"], job["kind"]) == ("mine", "normal", "backtest")

    ended = service.ended(job["id"])
    assert_schema(ended, "job")
    assert (ended["status"], ended["attempts"]) == ("completed", 1)
    assert ended["result"]["request_id"] == "mine"
    assert ended["result_id"] == ended["result"]["result_id"]
    assert ended["created_at"] <= ended["started_at"] <= ended["finished_at"] < ended["expires_at"]
    assert ended["progress"]["stage"] == "completed"

    alone = service.get(job["links"]["result"])
    assert alone.json() == ended["result"]
    assert alone.status_code == 200


def test_a_job_that_has_not_changed_is_not_sent_again(service):
    job = queue(service)
    service.ended(job["id"])
    address = job["links"]["self"]
    tag = service.get(address).headers["etag"]
    for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        answer = service.get(address, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert service.get(address, headers={"If-None-Match": '"other"'}).status_code == 200
    assert service.get(address, headers={"If-None-Match": tag[1:-1]}).status_code == 200


def test_a_wait_ends_with_the_job_with_a_change_or_with_the_time(service):
    job = queue(service, slow_request())
    address = job["links"]["self"]
    running(service, job["id"])
    assert service.get(address, params={"wait": 0.2}).json()["status"] == "running"  # the time
    versions = []
    for _ in range(3):
        tag = service.get(address).headers["etag"]
        answer = service.get(address, params={"wait": 30}, headers={"If-None-Match": tag})
        assert answer.status_code == 200
        versions.append(answer.headers["etag"])
    assert len(set(versions)) == 3  # changes
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(service.get, address, params={"wait": 60}) for _ in range(3)]
        time.sleep(0.2)
        service.delete(address)
        assert {one.result().json()["status"] for one in waiting} == {"cancelled"}  # the end
    tag = service.get(address).headers["etag"]
    assert service.get(address, params={"wait": 60}, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize("wait", ["-1", "61", "nan", "inf", "x", ""])
def test_a_wait_that_is_none_is_refused_with_a_pointer(service, wait):
    document = problem_in(service.get("/backtests/job_x", params={"wait": wait}), "VALIDATION_FAILED")
    assert [one["pointer"] for one in document["errors"]] == ["/query/wait"]


def test_pages_hold_every_job_once_newest_first_and_no_result(service):
    made = [queue(service, request(request_id=f"page-{number}"))["id"] for number in range(7)]
    for job_id in made:
        service.ended(job_id)
    seen, cursor, sizes = [], None, []
    while True:
        page = service.get("/backtests", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        assert_schema(page, "jobs")
        assert not any("result" in job for job in page["jobs"])
        seen += [job["id"] for job in page["jobs"]]
        sizes.append(len(page["jobs"]))
        cursor = page["next"]
        if cursor is None:
            break
    assert seen[:7] == made[::-1]
    assert len(set(seen)) == len(seen)
    assert set(sizes[:-1]) == {3}
    assert all(
        job["status"] == "completed" for job in service.get("/backtests", params={"status": "completed"}).json()["jobs"]
    )  # fmt: skip
    everything = service.get("/backtests", params={"limit": 200}).json()["jobs"]
    cursor = service.get("/backtests", params={"limit": 7}).json()["next"]
    assert (
        service.get("/backtests", params={"cursor": cursor or "0" * 15 + ".0", "limit": 200}).json()["jobs"]
        == (everything[7:])
    )


@pytest.mark.parametrize("wrong", ["limit=0", "limit=201", "limit=x", "cursor=x", "cursor=job_%00", "status=gone"])
def test_a_page_that_cannot_be_is_refused(service, wrong):
    problem_in(service.get(f"/backtests?{wrong}"), "VALIDATION_FAILED")


def test_a_repeated_key_is_one_job_and_another_body_is_refused(service):
    headers = {"Idempotency-Key": "ünique one".encode()}
    with ThreadPoolExecutor(10) as pool:
        answers = [*pool.map(lambda _: service.post("/backtests", request(), headers=headers), range(10))]
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert {answer.headers.get("idempotency-replayed", "true") for answer in answers} == {"true"}

    spelled_otherwise = json.dumps(request(), indent=3).encode()
    assert service.post("/backtests", spelled_otherwise, headers=headers).json()["id"] == answers[0].json()["id"]
    other = service.post("/backtests", request(end_date="2020-11-30"), headers=headers)
    problem_in(other, "IDEMPOTENCY_KEY_REUSED")
    problem_in(
        service.post("/backtests/batch", {"requests": [request()]}, headers=headers), "IDEMPOTENCY_KEY_REUSED"
    )  # fmt: skip
    for wrong in ("", "k" * 256):
        answer = service.post("/backtests", request(), headers={"Idempotency-Key": wrong})
        assert problem_in(answer, "VALIDATION_FAILED")["errors"][0]["pointer"] == "/header/Idempotency-Key"
    assert service.post("/backtests", request(), headers={"Idempotency-Key": "k" * 255}).status_code == 202


def test_a_repeated_batch_is_one_batch(service):
    headers = {"Idempotency-Key": "a batch"}
    body = {"requests": [request(), request(end_date="2020-06-30")]}
    with ThreadPoolExecutor(5) as pool:
        answers = [*pool.map(lambda _: service.post("/backtests/batch", body, headers=headers), range(5))]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum(answer.headers.get("idempotency-replayed") == "true" for answer in answers) == 4


def test_a_batch_is_taken_whole_or_not_at_all(service):
    before = [job["id"] for job in service.get("/backtests").json()["jobs"]]
    wrong = [request(), request(start_date="2021-01-01"), request(), request(strategy=5, holdings=[]), 7]
    document = problem_in(service.post("/backtests/batch", {"requests": wrong}), "VALIDATION_FAILED")
    pointers = [one["pointer"] for one in document["errors"]]
    assert {pointer.split("/")[2] for pointer in pointers} == {"1", "3", "4"}
    assert "/requests/3/strategy" in pointers
    assert "/requests/3/holdings" in pointers
    assert [job["id"] for job in service.get("/backtests").json()["jobs"]] == before
    for body in ({}, [], {"requests": []}, {"requests": {}}, {"requests": [request()], "more": 1}):
        problem_in(service.post("/backtests/batch", body), "VALIDATION_FAILED")
    problem_in(service.post("/backtests/batch", b'{"requests": [NaN]}'), "INVALID_JSON")


def test_a_batch_is_followed_as_one_job(service):
    wanted = [request(request_id=f"r{number}", end_date=f"2020-{number + 2:02d}-20") for number in range(6)]
    wanted[2] = request(request_id="bad", holdings=[{"symbol": "NOSUCH", "allocation": 1}])
    answer = service.post("/backtests/batch", {"requests": wanted})
    assert answer.status_code == 202
    batch = answer.json()
    assert_schema(batch, "job")
    assert (batch["kind"], batch["priority"], batch["counts"]["total"]) == ("batch", "low", 6)
    events = follow(service, batch["id"])
    assert [event["event"] for event in events[-1:]] == ["result"]
    assert {event["event"] for event in events[:-1]} <= {"progress"}
    ended = events[-1]["data"]
    assert_schema(ended, "job")
    assert ended["status"] == "completed"
    counts = {"total": 6, "queued": 0, "running": 0, "completed": 5, "failed": 1, "cancelled": 0}
    assert ended["counts"] == counts
    assert [job["request_id"] for job in ended["jobs"]] == ["r0", "r1", "bad", "r3", "r4", "r5"]
    assert "result" not in ended
    problem_in(service.get(f"/backtests/{batch['id']}/result"), "NOT_FOUND")
    member = service.get(f"/backtests/{ended['jobs'][2]['id']}").json()
    assert (member["status"], member["result"]["code"]) == ("failed", "SYMBOL_NOT_FOUND")
    assert member["result"]["request_id"] == "bad"
    listed = [job["id"] for job in service.get("/backtests", params={"limit": 200}).json()["jobs"]]
    assert batch["id"] in listed
    assert member["id"] not in listed  # a batch stands for its jobs


def test_a_batch_that_is_cancelled_stops_what_runs_and_what_waits(service):
    body = {"requests": [slow_request(request_id="a"), request(), request(request_id="b")]}
    batch = service.post("/backtests/batch", body).json()
    running(service, batch["jobs"][0]["id"])
    working = busiest(service.mark)
    answer = service.delete(f"/backtests/{batch['id']}")
    assert answer.status_code in (200, 202)
    ended = service.ended(batch["id"])
    assert ended["status"] == "cancelled"
    assert ended["counts"]["cancelled"] == 3
    assert is_gone(working)
    assert service.delete(f"/backtests/{batch['id']}").json()["status"] == "cancelled"


def test_what_waits_and_what_runs_is_cancelled_and_the_work_stops(service):
    first, second = queue(service, slow_request()), queue(service, request())
    running(service, first["id"])
    working = busiest(service.mark)
    answer = service.delete(second["links"]["self"])
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelled")
    assert answer.json()["result"]["code"] == "CANCELLED"
    assert_schema(answer.json(), "job")

    answer = service.delete(first["links"]["self"])
    assert answer.status_code in (200, 202)
    ended = service.ended(first["id"])
    assert (ended["status"], ended["result"]["code"]) == ("cancelled", "CANCELLED")
    assert_schema(ended, "job")
    assert is_gone(working)
    alone = service.get(first["links"]["result"])
    assert (alone.status_code, alone.json()["code"]) == (499, "CANCELLED")

    again = service.delete(first["links"]["self"])
    assert (again.status_code, again.json()["status"]) == (200, "cancelled")
    done = service.ended(queue(service)["id"])
    assert service.delete(done["links"]["self"]).json()["status"] == "completed"  # what has ended stays as it is


def test_events_are_neither_lost_nor_doubled_wherever_the_stream_is_cut(service):
    job = queue(service, slow_request())
    heard, after = [], None
    while True:  # cut after every single event, while it runs
        piece = follow(service, job["id"], after=after, most=1)
        if not piece:
            break
        heard += piece
        after = piece[-1]["id"]
        if len(heard) == 15:
            service.delete(job["links"]["self"])
    ids = [event["id"] for event in heard]
    assert ids == sorted(set(ids))
    assert ids[:14] == [*range(1, 15)]
    assert [event["event"] for event in heard].index("failed") == len(heard) - 1
    assert heard[-1]["data"]["code"] == "CANCELLED"
    for event in heard[:-1]:
        assert_schema(event["data"], "progress")
        assert (event["data"]["id"], event["data"]["seq"]) == (job["id"], event["id"])
    shares = [event["data"]["progress"] for event in heard[:-1]]
    assert shares == sorted(shares)

    whole = follow(service, job["id"])  # once it has ended, the same again from any point
    assert [event["id"] for event in whole] == ids
    for cut in range(len(whole)):
        assert follow(service, job["id"], after=whole[cut]["id"]) == whole[cut + 1 :]
    answer = service.get(job["links"]["events"], headers={"Last-Event-ID": str(whole[-1]["id"])})
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("after", ["x", "-1", "9" * 18, "9" * 30, "9" * 5000, "١", "1e3", ""])
def test_a_last_event_id_that_is_none_of_ours_does_no_harm(service, after):
    job = queue(service)
    service.ended(job["id"])
    answer = service.get(job["links"]["events"], headers={"Last-Event-ID": after.encode()})
    assert answer.status_code == 200
    assert answer.text.count("event: result") == 1


def test_a_run_that_may_take_longer_than_is_waited_for_is_pointed_to_the_queue(service):
    answer = service.post("/backtest", request(request_id="long", limits={"timeout_seconds": 60}))
    document = problem_in(answer, "RUN_TOO_LONG")
    assert document["request_id"] == "long"
    assert answer.headers["link"] == '</backtests>; rel="alternate"'
    assert service.post("/backtests", request(limits={"timeout_seconds": 60})).status_code == 202


def test_a_caller_who_goes_away_cancels_the_run(service):
    body = json.dumps(slow_request(request_id="gone", limits={"timeout_seconds": 30})).encode()
    head = "POST /backtest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection(("127.0.0.1", service.port)) as connection:
        connection.sendall(head.encode() + b"Content-Length: %d\r\n\r\n%b" % (len(body), body))

        def mine():
            return [job for job in service.get("/backtests").json()["jobs"] if job.get("request_id") == "gone"]

        assert eventually(lambda: [job["progress"]["stage"] for job in mine()] == ["simulating"], within=60)
        working = busiest(service.mark)
    assert eventually(lambda: [job["status"] for job in mine()] == ["cancelled"])
    assert is_gone(working)
    assert mine()[0]["attempts"] == 1


def metrics_of(service):
    answer = service.get("/metrics")
    assert answer.status_code == 200
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_same_request_is_computed_once_and_everybody_gets_it_under_their_own_name(service):
    before = metrics_of(service)[("backtest_results_reused_total",)]
    one = request(start_date="2015-03-04", end_date="2019-05-06")
    first = service.ended(queue(service, {**one, "request_id": "first"})["id"])
    second = service.ended(queue(service, {**one, "request_id": "second"})["id"])
    third = service.ended(queue(service, one)["id"])
    waited = service.post("/backtest", {**one, "request_id": "fourth"}).json()
    assert metrics_of(service)[("backtest_results_reused_total",)] == before + 3
    assert [job["result"].get("request_id") for job in (first, second, third)] == ["first", "second", None]
    assert waited["request_id"] == "fourth"
    bare = [{**job["result"]} for job in (first, second, third)] + [waited]
    for result in bare:
        result.pop("request_id", None)
    assert bare[0] == bare[1] == bare[2] == bare[3]
    assert len({job["result_id"] for job in (first, second, third)}) == 1


def test_the_metrics_are_prometheus_and_know_what_happened(service):
    done = ("backtest_jobs_total", ("status", "completed"))
    before = metrics_of(service)[done]
    service.ended(queue(service)["id"])
    service.get("/backtests/job_never")
    after = metrics_of(service)
    assert after[done] == before + 1
    assert after[("backtest_store_up",)] == 1
    assert after[("backtest_jobs_running",)] == 0
    looked = ("method", "GET"), ("route", "/backtests/{job_id}"), ("status", "404")
    assert after[("backtest_http_requests_total", *looked)] >= 1
    assert not any(re.search(r"job_(never|[a-z2-7]{34})", str(key)) for key in after)


def test_every_schema_is_served_as_it_is_and_nothing_else(service):
    for path in SCHEMAS.rglob("*.schema.json"):
        name = str(path.relative_to(SCHEMAS)).removesuffix(".schema.json")
        for spelled in (name, f"{name}.schema.json"):
            answer = service.get(f"/schemas/{spelled}")
            assert (answer.status_code, answer.json()) == (200, json.loads(path.read_text()))
            assert answer.headers["content-type"] == "application/schema+json"
    for wrong in (
        "..%2f..%2fpyproject", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "/etc/passwd", "strategies%2f..%2fjob", "..%2fjob",
        "strategies%5cmomentum", "job%00", "strategies", "strategies/", "", "a/b/c", "job.schema.json.schema.json",
        "%C3%A9", "job.schema", "Job", "x" * 5000,
    ):  # fmt: skip
        answer = service.get(f"/schemas/{wrong}")
        assert answer.status_code == 404, wrong
        problem_in(answer, "NOT_FOUND")


def test_the_type_of_every_error_leads_to_its_meaning(service):
    for code, entry in ERROR_CODES.items():
        answer = service.get(BacktestError(code, "x").as_document()["type"])
        assert (answer.status_code, answer.json()) == (200, {"code": code, **entry._asdict()})
    missing = service.get("/backtests/job_x")
    assert service.get(missing.json()["type"]).json()["code"] == "NOT_FOUND"
    for wrong in ("", "NOT_FOUND", "not_found", "x", "..%2fsymbols", "not-found%00", "x" * 5000):
        problem_in(service.get(f"/errors/{wrong}"), "NOT_FOUND")


def test_what_there_is_and_how_it_is_is_said_without_a_key(service):
    kind = "redis" if service.redis else "sqlite"
    assert service.get("/health/live").json()["status"] == "ok"
    assert service.get("/health/ready").json() == {"status": "ok", "store": kind}
    assert '"momentum"' in service.get("/strategies").text
    symbols = service.get("/symbols").json()
    assert "AAPL" in json.dumps(symbols)
    document = service.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, entry in document["paths"].items() for method in entry}
    assert described == {
        ("POST", "/backtest"), ("POST", "/backtests"), ("POST", "/backtests/batch"), ("GET", "/backtests"),
        ("GET", "/backtests/{job_id}"), ("DELETE", "/backtests/{job_id}"), ("GET", "/backtests/{job_id}/result"),
        ("GET", "/backtests/{job_id}/events"), ("GET", "/strategies"), ("GET", "/schemas/{name}"), ("GET", "/symbols"),
        ("GET", "/errors/{name}"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"),
    }  # fmt: skip
    assert service.get("/docs").status_code == 200


def test_an_id_that_was_never_given_out_is_not_found(service):
    real = queue(service)["id"]
    made_up = real[:-1] + ("a" if real[-1] != "a" else "b")
    unknown = (made_up, real.upper(), f"{real}x", "job_", "x", "%00", "%F0%9F%98%80", "job_" + "a" * 34, "b" * 4000)
    for job_id in unknown:
        for method, tail in (("GET", ""), ("GET", "/result"), ("GET", "/events"), ("DELETE", "")):
            answer = service.http.request(method, f"/backtests/{job_id}{tail}")
            problem_in(answer, "NOT_FOUND")


def test_an_address_says_which_methods_it_takes(service):
    for path, allowed in (
        ("/backtests", "GET, HEAD, POST"), ("/backtests/job_x", "DELETE, GET, HEAD"), ("/backtest", "POST"),
        ("/health/live", "GET, HEAD"),
    ):  # fmt: skip
        answer = service.http.request("PATCH", path)
        problem_in(answer, "METHOD_NOT_ALLOWED")
        assert answer.headers["allow"] == allowed
    for path in ("/", "/backtests/", "/backtest/", "/nothing", "/Backtests"):
        problem_in(service.get(path), "NOT_FOUND")
