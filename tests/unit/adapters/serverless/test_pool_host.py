"""The host of a warm pool that cannot be started."""

import errno
import json
import os
import subprocess
import sys

import pytest

from backtester.runtime.frames import READY, REQUEST, TEXT, FrameReader, frame


@pytest.mark.parametrize(
    ("number", "answered"), [(errno.EMFILE, ["one", "two"]), (errno.ENFILE, ["one"])], ids=["for good", "for now"]
)
def test_it_answers_for_as_long_as_no_other_could_be_started(number, answered):
    script = (
        "import os\nfrom backtester.adapters.serverless.pool_host import _refuse_all\n"
        f"from backtester.model.errors import from_exception\n_refuse_all(0, 1, from_exception(OSError({number}, '')))"
    )
    asked = b"".join(frame(REQUEST, json.dumps({"request_id": name}).encode()) for name in ("one", "two"))
    done = subprocess.run([sys.executable, "-c", script], input=asked, capture_output=True, check=True)
    reading, writing = os.pipe()
    os.write(writing, done.stdout)
    os.close(writing)
    reader = FrameReader(reading)
    assert reader.wait() == (READY, b"")
    documents = []
    while (received := reader.wait()) is not None:
        assert received[0] == TEXT
        documents.append(json.loads(received[1]))
    os.close(reading)
    assert [(document["request_id"], document["code"]) for document in documents] == [
        (name, "ENVIRONMENT") for name in answered
    ]
