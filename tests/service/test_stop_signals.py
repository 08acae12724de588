"""A signal to stop ends every process of the service with 0, also one that comes before anything is imported."""

import signal
import subprocess
import sys

import pytest

from backtester.runtime.signals import held_back
from tests.support.paths import ROOT
from tests.support.processes import PATIENCE, eventually
from tests.support.runner import environment

pytestmark = pytest.mark.full

COMMANDS = {
    "serve": ["--port", "0", "--sockets-port", "0", "--workers", "1"], "api": ["--port", "0"],
    "sockets": ["--port", "0"], "work": [],
}  # fmt: skip


def begun(tmp_path, name):
    """Start a command; signals reach it once it can handle them, as those of `serve`'s own children do."""
    env = environment({"BACKTEST_SERVICE_DIR": str(tmp_path), "BACKTEST_CACHE_DIR": str(tmp_path)})
    command = [sys.executable, "-m", "backtester", name, *COMMANDS[name]]
    with held_back():
        return subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("name", COMMANDS)
def test_a_signal_before_anything_is_imported_ends_it_with_0(tmp_path, name, number):
    with begun(tmp_path, name) as process:
        process.send_signal(number)
        assert process.wait(PATIENCE) == 0, process.stderr.read()


@pytest.mark.parametrize("name", COMMANDS)
def test_so_do_signals_that_come_again_and_again(tmp_path, name):
    """Until its end: while it starts, serves, stops, and has stopped."""
    with begun(tmp_path, name) as process:

        def ended():
            process.send_signal(signal.SIGTERM)
            return process.poll() is not None

        assert eventually(ended)
        assert process.returncode == 0, process.stderr.read()
