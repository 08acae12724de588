"""The platform's side of the warm pool, with a real host."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from backtester.adapters.serverless.pool_client import PoolClient
from tests.support.documents import code_of, document_in
from tests.support.paths import PLUG_INS
from tests.support.runner import plug_in
from tests.support.sample_requests import request

# the worker's parent is the host: without the sandbox a plug-in finds the pipe of the host's answers
FORGES = """
import struct, time

@Hostile
def announce_an_endless_frame(weights):
    worker = os.getppid()
    host = int(open(f"/proc/{worker}/stat").read().rpartition(")")[2].split()[1])
    for pid in (worker, host):
        for name in os.listdir(f"/proc/{pid}/fd"):
            path = f"/proc/{pid}/fd/{name}"
            try:
                if int(name) > 2 and os.readlink(path).startswith("pipe:"):  # a file would be cut
                    with open(path, "wb", buffering=0) as file:
                        file.write(struct.pack("<cQ", b"T", 1 << 60))
            except OSError:
                pass
    time.sleep(600)
"""


@pytest.mark.full
def test_an_endless_frame_ends_its_own_request_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (plug_in(tmp_path, FORGES) | {"BACKTEST_SANDBOX": "off"}).items():
        monkeypatch.setenv(name, value or "")
    for folder in (PLUG_INS, tmp_path):
        monkeypatch.syspath_prepend(str(folder))
    client = PoolClient()
    asked = [json.dumps(request(strategy=name)).encode() for name in ("announce_an_endless_frame", "buy_hold")]

    try:
        codes = [code_of(document_in(client.run(raw, seconds=60, most=1 << 20, form="plain"))) for raw in asked]
    finally:
        client._end()

    assert codes == ["WORKER_CRASHED", "OK"]
