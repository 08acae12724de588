"""Keep the machine's own settings, price store and network out of the tests."""

from __future__ import annotations

import os

import pytest

from tests.support import empty_cache


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no operator's settings, an empty price store, and Yahoo switched off."""
    for name in [name for name in os.environ if name.startswith("BACKTEST_") and name != "BACKTEST_PEERS_PYTHON"]:
        del os.environ[name]
    os.environ["BACKTEST_OFFLINE"] = "1"
    os.environ["BACKTEST_CACHE_DIR"] = empty_cache()
