"""Where the kernel does not end a worker with its parent, a thread does."""

import subprocess
import sys
import time
from pathlib import Path

from tests.support.processes import PATIENCE

ROOT = Path(__file__).resolve().parents[3]
WATCHED = (
    "import time; from backtester.runtime.child import _watch; "
    "_watch(0); print('watching', flush=True); time.sleep(600)"
)


def test_a_watched_worker_lives_as_long_as_its_parents_end_of_the_pipe():
    worker = subprocess.Popen(
        [sys.executable, "-c", WATCHED], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    with worker:
        assert worker.stdout.readline() == "watching\n"
        time.sleep(0.3)
        assert worker.poll() is None, "it goes on while the pipe is open"
        worker.stdin.close()
        assert worker.wait(timeout=PATIENCE) == 0
