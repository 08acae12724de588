"""The published OpenAPI against the real server: whatever is asked, the answer is one that is documented."""

import json
from collections import Counter

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks

from tests.service.clients import complaints
from tests.support.paths import ROOT
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full

load_all_checks()
HELD = [*CHECKS.get_all()]
# A schema cannot say all that makes a request valid (that allocations sum to 1), which prices are at hand, or how a job
# has ended.
NOT_OF_RUNS = ("positive_data_acceptance", "not_a_server_error")
HELD_OF_RUNS = [check for check in HELD if check.__name__ not in NOT_OF_RUNS]
EXAMPLES = [path for path in sorted((ROOT / "examples/requests").glob("*.json")) if path.stem != "canonical"]  # Yahoo
OPERATIONS = [
    ("POST", "/backtest"), ("POST", "/backtests"), ("POST", "/backtests/batch"), ("GET", "/backtests"),
    ("GET", "/backtests/{job_id}"), ("DELETE", "/backtests/{job_id}"), ("GET", "/backtests/{job_id}/result"),
    ("GET", "/backtests/{job_id}/events"), ("GET", "/strategies"), ("GET", "/schemas/{name}"), ("GET", "/symbols"),
    ("GET", "/errors/{name}"), ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/metrics"),
]  # fmt: skip


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    with stack(tmp_path_factory.mktemp("schemathesis"), kind="local", workers=2) as running:
        yield running
        assert complaints(running) == []


@pytest.fixture(scope="module")
def schema(service):
    return schemathesis.openapi.from_url(f"{service.url}/openapi.json")


@pytest.fixture(scope="module")
def ids(service):
    """Return the ids of jobs that have ended: done, failed, a batch."""
    bad = request(holdings=[{"symbol": "NOSUCH", "allocation": 1}])
    made = [service.post("/backtests", asked).json()["id"] for asked in (request(), bad)]
    made.append(service.post("/backtests/batch", {"requests": [request(), bad]}).json()["id"])
    for job_id in made:
        service.ended(job_id)
    return made


def test_every_operation_is_one_of_those_that_are_tried(schema):
    published = {(entry.ok().method.upper(), entry.ok().path) for entry in schema.get_all_operations()}
    assert published == set(OPERATIONS)


@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_whatever_is_asked_the_answer_is_a_documented_one(schema, ids, method, path, mode):
    operation = schema[path][method]
    cases = operation.as_strategy(generation_mode=getattr(schemathesis.GenerationMode, mode.upper()))
    real = st.sampled_from([*ids, None])
    answers = Counter()

    @hypothesis.settings(
        max_examples=40, derandomize=True, deadline=None, database=None, phases=[hypothesis.Phase.generate],
        suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @hypothesis.given(cases, real)
    def ask(case, job_id):
        if "{job_id}" in path and job_id is not None:
            case.path_parameters = {"job_id": job_id}  # else all that is ever seen is that there is no such job
        of_runs = method == "POST" or path.endswith("/result")
        answer = case.call_and_validate(checks=HELD_OF_RUNS if of_runs else HELD)
        # documented, and no fault: prices that would have to be fetched
        assert answer.status_code < 500 or answer.json()["code"] == "DATA_SOURCE_UNAVAILABLE", answer.text
        answers[answer.status_code] += 1

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:
        assert mode == "negative"  # there is nothing to get wrong
        return
    assert answers
    if "{job_id}" in path and mode == "positive":
        assert {200, 404} <= {*answers}, answers


@pytest.mark.parametrize("asked", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_answered_as_documented(schema, asked):
    document = json.loads(asked.read_text())
    statuses = []
    bodies = {"/backtest": document, "/backtests": document, "/backtests/batch": {"requests": [document]}}
    for path, body in bodies.items():
        case = schema[path]["POST"].Case(body=body, media_type="application/json")
        statuses.append(case.call_and_validate(checks=HELD).status_code)
    assert statuses == [200, 202, 202]


def test_schemas_are_found_by_the_names_that_they_have(schema):
    for name in ("request", "job", "strategies/momentum"):
        case = schema["/schemas/{name}"]["GET"].Case(path_parameters={"name": name})
        assert case.call_and_validate(checks=HELD).status_code in (200, 404)  # a slash is sent as %2F
