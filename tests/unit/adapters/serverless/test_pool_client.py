"""The platform's side of the warm pool, with a real host."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from backtester.adapters.serverless.pool_client import PoolClient
from tests.support.documents import code_of, document_in
from tests.support.paths import PLUG_INS, ROOT
from tests.support.processes import PATIENCE
from tests.support.runner import environment, plug_in
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

@Hostile
def speak_for_the_platform(weights):
    worker = os.getppid()
    host = int(open(f"/proc/{worker}/stat").read().rpartition(")")[2].split()[1])
    platform = int(open(f"/proc/{host}/stat").read().rpartition(")")[2].split()[1])
    paths = lambda pid: [f"/proc/{pid}/fd/{name}" for name in os.listdir(f"/proc/{pid}/fd")]
    pipes = lambda pid: {os.readlink(path): path for path in paths(pid) if os.path.lexists(path)}
    said = 0
    for name in pipes(host).keys() & pipes(platform).keys():
        number = pipes(host)[name].rpartition("/")[2]
        flags = int(open(f"/proc/{host}/fdinfo/{number}").read().split("flags:")[1].split()[0], 8)
        if name.startswith("pipe:") and int(number) > 2 and flags & 3 == os.O_RDONLY:
            with open(pipes(host)[name], "wb", buffering=0) as file:
                said += file.write(struct.pack("<cQ", b"R", 1 << 60))
    os.kill(worker, 9 if said else 15)
    time.sleep(600)
"""


@pytest.mark.full
@pytest.mark.parametrize("hostile", ["announce_an_endless_frame", "speak_for_the_platform"])
def test_an_endless_frame_ends_its_own_request_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hostile: str
) -> None:
    for name, value in (plug_in(tmp_path, FORGES) | {"BACKTEST_SANDBOX": "off"}).items():
        monkeypatch.setenv(name, value or "")
    for folder in (PLUG_INS, tmp_path):
        monkeypatch.syspath_prepend(str(folder))
    client = PoolClient()
    asked = [json.dumps(request(strategy=name)).encode() for name in (hostile, "buy_hold")]

    try:
        documents = [document_in(client.run(raw, seconds=60, most=1 << 20, form="plain")) for raw in asked]
    finally:
        client._end()

    assert [code_of(document) for document in documents] == ["WORKER_CRASHED", "OK"]
    assert "SIGTERM" not in documents[0]["detail"], "it found no pipe to speak on"


@pytest.mark.full
@pytest.mark.skipif(os.name == "nt", reason="SIGCHLD")
def test_a_platform_that_ignores_children_is_told_how_the_runs_process_ended() -> None:
    """In a process of its own, which then has no children that anybody else waits for."""
    script = (
        "import signal, sys\nfrom backtester.adapters.serverless.pool_client import PoolClient\n"
        "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nclient = PoolClient()\n"
        "document = client.run(sys.stdin.buffer.read(), seconds=60, most=1 << 20, form='plain')\n"
        "client._end()\nsys.stdout.buffer.write(document)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(request(strategy="kill_itself")).encode(),
        capture_output=True, env=environment(plug_ins=True), cwd=ROOT, timeout=PATIENCE, check=True,
    )  # fmt: skip
    document = json.loads(done.stdout)
    assert (document["code"], "SIGKILL" in document["detail"]) == ("WORKER_CRASHED", True), document
