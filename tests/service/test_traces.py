"""A backtest is one trace, from the request that queues it to the worker that runs it."""

import json

import pytest

from tests.support.otlp_collector import collecting
from tests.support.processes import eventually
from tests.support.sample_requests import request
from tests.support.service_stack import stack

pytestmark = pytest.mark.full


@pytest.mark.parametrize("kind", ["queue", "local"])
def test_the_run_of_a_job_belongs_to_the_trace_of_the_request_that_queued_it(tmp_path, kind):
    with collecting() as collector, stack(tmp_path, kind=kind, BACKTEST_OTLP_ENDPOINT=collector.url) as service:
        given = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        job = service.post("/backtests", request(), headers={"traceparent": given}).json()
        assert service.ended(job["id"])["status"] == "completed"
        assert eventually(lambda: {"POST /backtests", "backtest"} <= collector.spans().keys(), within=60)
        (api, queued), (worker, ran) = (collector.spans()[name] for name in ("POST /backtests", "backtest"))
        assert (api, worker) == ("backtest-api", "backtest-worker")
        assert queued.trace_id.hex() == ran.trace_id.hex() == given.split("-")[1]
        assert ran.parent_span_id == queued.span_id
        assert {one.key: one.value.string_value for one in ran.attributes}["job"] == job["id"]
        log = [json.loads(line) for line in service.log("api" if kind == "queue" else "serve").splitlines()]
        assert [line["request_id"] for line in log if line.get("route") == "/backtests"]
