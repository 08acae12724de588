"""What infrastructure in front of the API counts on: HEAD, Allow, a path prefix, documentation of its own."""

import json
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.support.paths import ROOT
from tests.support.processes import eventually
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full
PREFIX = "/quant/backtests-api"
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE")


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    environ = {"BACKTEST_ROOT_PATH": PREFIX, "BACKTEST_TRUSTED_PROXIES": "127.0.0.0/8"}
    with stack(tmp_path_factory.mktemp("proxy"), kind="local", sockets=False, **environ) as running:
        yield running


@pytest.fixture(scope="module")
def job(service):
    job_id = service.post("/backtests", request()).json()["id"]
    service.ended(job_id)
    return job_id


@pytest.fixture(scope="module")
def openapi(service):
    return service.get("/openapi.json").json()


def addresses(openapi, job):
    found = [path.replace("{job_id}", job).replace("{name}", "request") for path in openapi["paths"]]
    return [*found, "/docs", "/docs/swagger-ui.css", "/openapi.json"]


def test_head_is_get_without_its_body_wherever_there_is_get(service, openapi, job):
    asked = 0
    for path in addresses(openapi, job):
        got = service.get(path)
        if got.status_code == 405:
            continue
        asked += 1
        head = service.http.head(path)
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers.get("content-type") == got.headers.get("content-type"), path
        if path != "/metrics":  # it counts the request before
            assert head.headers.get("content-length") == got.headers.get("content-length"), path
    assert asked > 12
    assert service.http.head("/backtests/job_unknown").status_code == 404


def test_head_of_a_stream_ends_at_once_and_the_log_says_head(service):
    job_id = service.post("/backtests", request()).json()["id"]
    assert service.http.head(f"/backtests/{job_id}/events").headers["content-type"].startswith("text/event-stream")
    service.http.head(f"/backtests/{job_id}")

    def logged():
        return [json.loads(line) for line in service.log("serve").splitlines() if '"HEAD"' in line]

    expected = {"/backtests/{job_id}", "/backtests/{job_id}/events"}
    assert eventually(lambda: expected <= {line["route"] for line in logged()})  # it is written after the response
    assert not any(line["level"] == "error" for line in logged())


def test_allow_lists_the_methods_that_are_accepted_and_no_other(service, openapi, job):
    for path in addresses(openapi, job):
        statuses = {method: service.http.request(method, path) for method in METHODS}
        refused = {method: answer for method, answer in statuses.items() if answer.status_code == 405}
        accepted = {*METHODS} - refused.keys()
        for method, answer in refused.items():
            assert set(answer.headers["allow"].split(", ")) == accepted, (method, path)
            if method != "HEAD":
                assert answer.json()["code"] == "METHOD_NOT_ALLOWED"
                assert method in answer.json()["detail"]


def test_a_path_prefix_is_in_every_link(service):
    accepted = service.post("/backtests", request())
    assert accepted.headers["location"] == f"{PREFIX}/backtests/{accepted.json()['id']}"
    too_long = service.post("/backtest", request(limits={"timeout_seconds": 200}))
    assert too_long.headers["link"] == f'<{PREFIX}/backtests>; rel="alternate"'
    here = accepted.headers["location"]
    assert accepted.json()["links"] == {"self": here, "events": f"{here}/events", "result": f"{here}/result"}
    assert service.get("/backtests").json()["jobs"][0]["links"]["self"].startswith(f"{PREFIX}/backtests/job_")
    assert service.get("/openapi.json").json()["servers"] == [{"url": PREFIX}]
    meaning = service.get(f"{PREFIX}{too_long.json()['type']}")
    assert (meaning.status_code, meaning.json()["code"]) == (200, "RUN_TOO_LONG")
    # a proxy that leaves the prefix where it is
    assert service.get(f"{PREFIX}/health/live").json()["status"] == "ok"
    assert service.get(urlsplit(accepted.headers["location"]).path).status_code == 200


@pytest.mark.parametrize(
    ("sent", "used"),
    [("/other", "/other"), ("/other/", "/other"), ("//evil.example", PREFIX), ("/a/../b", PREFIX), ("x", PREFIX),
     ("/a\tb", PREFIX), ("/" + "a" * 300, PREFIX)],
)  # fmt: skip
def test_a_trusted_proxy_may_name_the_prefix(service, sent, used):
    answer = service.post("/backtests", request(), headers={"X-Forwarded-Prefix": sent})
    assert answer.headers["location"].startswith(f"{used}/backtests/job_")


def test_the_openapi_document_is_valid_for_the_version_that_it_names(openapi):
    validator = [ROOT / ".venv-openapi/bin/python", "-m", "openapi_spec_validator", "--validation-errors", "all", "-"]
    done = subprocess.run(validator, input=json.dumps(openapi).encode(), capture_output=True, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, b"stdin: OK"), done.stdout + done.stderr


def test_the_documentation_comes_from_this_host_alone_with_a_policy(service):
    page = service.get("/docs")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"].partition("style-src")[0]
    assert "http" not in page.text.replace('lang="en"', "")
    kinds = {name: service.get(f"/docs/{name}").headers["content-type"].partition(";")[0]
             for name in ("swagger-ui.css", "swagger-ui-bundle.js", "start.js", "favicon.png")}  # fmt: skip
    assert [*kinds.values()] == ["text/css", "text/javascript", "text/javascript", "image/png"]
    assert service.get("/docs/..%2f..%2fetc%2fpasswd").status_code == 404
    assert service.get("/docs/redoc.standalone.js").status_code == 404
