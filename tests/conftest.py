"""Keep the machine's own settings, price store and network out of the tests."""

from __future__ import annotations

import os
import signal

import pytest

from tests.support.runner import empty_cache


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no operator's settings, an empty price store, and Yahoo switched off."""
    for name in [name for name in os.environ if name.startswith("BACKTEST_") and name != "BACKTEST_PEERS_PYTHON"]:
        del os.environ[name]
    os.environ["BACKTEST_OFFLINE"] = "1"
    os.environ["BACKTEST_CACHE_DIR"] = empty_cache()
    # started by nohup, or in the background of a script, the runner ignores what its caller ignores: not what is tested
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
