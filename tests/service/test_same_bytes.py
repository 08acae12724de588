"""The same document by every way in: the command line, REST, the queue, the socket; on Redis and without."""

import asyncio
import json
from pathlib import Path

import pytest
import socketio

from tests.support.documents import untimed
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE
from tests.support.runner import run_runner
from tests.support.service_stack import stack

pytestmark = pytest.mark.full

GOOD = sorted((ROOT / "examples/requests").glob("*.json"))
BAD = sorted((ROOT / "tests/invalid").glob("*/request.json"))[::6]


@pytest.fixture(scope="module", params=["queue", "local"])
def service(request, tmp_path_factory):
    with stack(tmp_path_factory.mktemp(request.param), kind=request.param, workers=2) as running:
        yield running


def told(document):
    """Return what can be compared: of a result everything but its times."""
    return untimed(document) if b'"timing_ms"' in document else document


@pytest.mark.parametrize("path", [*GOOD, *BAD], ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_way_in_answers_with_the_same_bytes(service, path):
    raw = path.read_bytes()
    expected = told(run_runner(raw).stdout).rstrip(b"\n")
    waited = service.post("/backtest", raw)
    assert told(waited.content).rstrip(b"\n") == expected
    document = json.loads(expected)
    assert waited.status_code == document.get("status", 200)
    kind = "application/json" if document["success"] else "application/problem+json"
    assert waited.headers["content-type"] == kind

    queued = service.post("/backtests", raw)
    if queued.status_code != 202:  # refused at once, in the same words
        assert queued.content.rstrip(b"\n") == expected
    else:
        job = service.ended(queued.json()["id"])
        alone = service.get(f"/backtests/{job['id']}/result")
        assert told(alone.content).rstrip(b"\n") == expected
        assert alone.status_code == waited.status_code
        whole = service.get(f"/backtests/{job['id']}").content
        assert alone.content.rstrip(b"\n") in whole
        assert job["status"] == ("completed" if document["success"] else "failed")
    assert told(asyncio.run(over_the_socket(service.sockets_url, raw.decode("utf-8", "surrogatepass")))) == expected


async def over_the_socket(url, text):
    """Start a backtest and return the document that comes, as the bytes that came."""
    came = asyncio.get_running_loop().create_future()

    class Raw:
        """JSON that keeps the text of what it reads."""

        @staticmethod
        def dumps(value, **options):
            return json.dumps(value, **options)

        @staticmethod
        def loads(packet, **options):
            value = json.loads(packet, **options)
            name = value[0] if isinstance(value, list) and value else None
            key = {"backtest_complete": '"results":', "backtest_failed": '"error":'}.get(name)
            if key is not None and not came.done():
                came.set_result(packet.split(key, 1)[1][: -len("}]")].encode())
            return value

    class Packet(socketio.packet.Packet):
        json = Raw

    client = socketio.AsyncClient(serializer=Packet, request_timeout=PATIENCE)
    await client.connect(url, transports=["websocket"], wait_timeout=PATIENCE)
    try:
        await client.emit("start_backtest", text)
        return await asyncio.wait_for(came, PATIENCE)
    finally:
        await client.disconnect()


def test_the_requests_that_are_compared_are_good_and_bad():
    assert len(GOOD) > 8
    assert len(BAD) > 20
    assert Path(GOOD[0]).is_file()
