"""What a warm process says of a request, as its supervisor understands it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from backtester.analysis.answer import run
from backtester.codec.document import encode
from backtester.model.codes import ERROR_CODES
from backtester.runtime import worker_child
from backtester.runtime.confinement import Confinement
from backtester.runtime.frames import (
    DISCARD,
    DONE,
    LIMITS,
    PROGRESS,
    REQUEST_ID,
    TEXT,
    WATCHED,
    FrameReader,
    frame,
    write_frames,
)
from backtester.runtime.progress import Events
from backtester.runtime.running_request import Output, RunningRequest
from backtester.settings import read_settings
from tests.support.sample_requests import request

LONG = {"success": True, "request": {"output": {"precision": 12}}, "series": {"returns": [0.123456789012] * 50_000}}


@pytest.fixture
def answered(tmp_path: Path) -> Any:
    """Have a request answered in this process; return the frames, and what they come to."""

    def answer(asked: dict[str, Any]) -> tuple[list[bytes], Output | None]:
        settings = read_settings()
        answers, own = os.pipe()
        guard = Confinement(settings._replace(sandbox="off"))
        run = worker_child._Run(FrameReader(own), own, settings, guard, kind=WATCHED, at_start=None)

        def work() -> None:
            run.answer(json.dumps(asked).encode())
            write_frames(own, frame(TEXT, run.document) + frame(DONE, bytes([run.exit_code])))
            os.close(own)

        worker = threading.Thread(target=work)
        worker.start()
        reader, supervised, kinds, output = FrameReader(answers), RunningRequest(Events(None), settings), [], None
        while (received := reader.wait()) is not None:
            kinds.append(received[0])
            if received[0] not in (REQUEST_ID, LIMITS):
                output = supervised.receive(*received)
        worker.join()
        os.close(answers)
        return kinds, output

    return answer


def test_a_short_run_says_its_limits_and_its_document(answered: Any) -> None:
    kinds, output = answered(request(strategy="buy_hold"))

    assert [kind for kind in kinds if kind != PROGRESS] == [REQUEST_ID, LIMITS, TEXT, DONE]
    expected, found = run(request(strategy="buy_hold")), json.loads(output.document)
    assert found | {"timing_ms": 0} == json.loads(encode(expected)) | {"timing_ms": 0}


def test_a_long_document_comes_in_pieces(answered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_child, "run_checked", lambda *_, **__: LONG)

    kinds, output = answered(request(strategy="buy_hold"))

    assert kinds.count(TEXT) > 1
    assert output == Output(0, encode(LONG))


def test_a_document_that_breaks_off_is_taken_back(answered: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = {**LONG, "weights": LONG["series"], "tables": {"annual_returns": [float("nan")]}}
    monkeypatch.setattr(worker_child, "run_checked", lambda *_, **__: broken)

    kinds, output = answered(request(strategy="buy_hold"))

    assert DISCARD in kinds
    found = json.loads(output.document)
    assert found["code"] == "INTERNAL"
    assert output.exit_code == ERROR_CODES["INTERNAL"].exit
