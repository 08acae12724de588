"""Spans reach a collector, are joined across processes, and cost nothing where there is none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.otlp_collector import Collector, collecting
from tests.support.processes import PATIENCE

ROOT = Path(__file__).resolve().parents[4]
BEGIN = """
import asyncio, os, sys, time
from backtester.service.service_settings import read_service_settings
from backtester.service.telemetry.traces import configure_tracing, current_traceparent, instrument, span
settings = read_service_settings()
"""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as made:
        yield made


def run(code: str, endpoint: str | None, *args: str, status: int = 0) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("OTEL_")}
    if endpoint is not None:
        env["BACKTEST_OTLP_ENDPOINT"] = endpoint
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code, *args], capture_output=True, timeout=PATIENCE, cwd=ROOT, check=False,
        env=env, text=True,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
    return done.stdout


def attributes(span: Any) -> dict[str, Any]:
    return {a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes}


def test_spans_arrive_though_the_process_ends_at_once(collector):
    run(
        'configure_tracing(settings, "api")\nwith span("submit", job="job_1", attempt=2, nothing=None): pass',
        collector.url,
    )
    service, span = collector.spans()["submit"]
    assert service == "backtest-api"
    assert attributes(span) == {"job": "job_1", "attempt": 2}
    assert span.parent_span_id == b""


def test_spans_of_two_processes_are_one_trace(collector):
    traceparent = run(
        'configure_tracing(settings, "api")\nwith span("submit"): print(current_traceparent())', collector.url + "/"
    ).strip()
    run(
        'configure_tracing(settings, "worker")\nwith span("run", sys.argv[1]):\n  with span("measure"): pass',
        collector.url, traceparent,
    )  # fmt: skip
    spans = collector.spans()
    (api, submit), (worker, run_), (_, measure) = spans["submit"], spans["run"], spans["measure"]
    assert (api, worker) == ("backtest-api", "backtest-worker")
    assert traceparent.startswith(f"00-{submit.trace_id.hex()}-{submit.span_id.hex()}-")
    assert submit.trace_id == run_.trace_id == measure.trace_id
    assert run_.parent_span_id == submit.span_id
    assert measure.parent_span_id == run_.span_id


def test_a_forked_worker_sends_its_own(collector):
    run(
        """
configure_tracing(settings, "main")
with span("before"): pass
pid = os.fork()
if pid == 0:
    configure_tracing(settings, "worker")
    with span("in the child"): pass
    sys.exit(0)
os.waitpid(pid, 0)
with span("after"): pass
""",
        collector.url,
    )
    spans = collector.spans()
    assert {name: service for name, (service, _) in spans.items()} == {
        "before": "backtest-main", "in the child": "backtest-worker", "after": "backtest-main",
    }  # fmt: skip


def test_an_exception_passes_and_its_text_stays_here(collector):
    out = run(
        """
configure_tracing(settings, "api")
try:
    with span("failing"): raise ValueError("private")
except ValueError as error:
    print(error)
""",
        collector.url,
    )
    assert out == "private\n"
    _, span = collector.spans()["failing"]
    assert (span.status.code, span.status.message, list(span.events)) == (2, "ValueError", [])
    assert b"private" not in b"".join(body for _, body in collector.received)


def test_requests_are_spans_and_hand_their_trace_on(collector):
    run(
        """
import httpx
from fastapi import FastAPI
app = FastAPI()
@app.get("/jobs/{job}")
async def job(job: str): return current_traceparent()
@app.get("/health/live")
async def live(): return current_traceparent()
configure_tracing(settings, "api")
instrument(app)
async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        headers = {"traceparent": "00-" + "1" * 32 + "-" + "2" * 16 + "-01"}
        assert (await client.get("/jobs/7", headers=headers)).json().startswith("00-" + "1" * 32)
        assert (await client.get("/health/live")).json() is None
asyncio.run(main())
""",
        collector.url,
    )
    spans = collector.spans()
    assert list(spans) == ["GET /jobs/{job}"]
    assert spans["GET /jobs/{job}"][1].parent_span_id.hex() == "2" * 16


IN_VAIN = """
configure_tracing(settings, "api")
for number in range(3000):
    with span("lost", number=number): assert current_traceparent()
print("all done")
"""


def test_a_collector_that_is_down_ends_nothing():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert run(IN_VAIN, f"http://127.0.0.1:{unused.getsockname()[1]}") == "all done\n"


def test_a_collector_that_never_answers_ends_nothing():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert run(IN_VAIN, f"http://127.0.0.1:{silent.getsockname()[1]}") == "all done\n"


def test_without_a_collector_nothing_is_done_and_nothing_imported():
    out = run(
        """
from contextlib import nullcontext
configure_tracing(settings, "api")
instrument(None)
with span("nothing", traceparent="00-" + "1" * 32 + "-" + "2" * 16 + "-01", a=1):
    assert current_traceparent() is None
try:
    with span("nothing"): raise KeyError("passes")
except KeyError:
    print(any(name.startswith("opentelemetry") for name in sys.modules))
""",
        None,
    )
    assert out == "False\n"


@pytest.mark.parametrize("missing", ["opentelemetry", "opentelemetry.exporter.otlp.proto.http.trace_exporter"])
def test_a_collector_without_the_packages_is_a_wrong_setting(missing):
    out = run(
        f"""
from backtester.settings import SettingsError
sys.modules[{missing!r}] = None
try:
    configure_tracing(settings, "api")
except SettingsError as error:
    print(error)
with span("nothing"): pass
""",
        "http://127.0.0.1:1",
    )
    assert out.startswith("BACKTEST_OTLP_ENDPOINT is set, but opentelemetry is not installed; pip install ")
