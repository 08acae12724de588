"""Tiers, and nothing of this machine in the tests: its settings, its price store, the network.

    make test        unmarked tests, and those of a `promise`: no Redis, no browser, no system package
    make test-full   every test in Python but those marked `web` or `parquet`
"""

from __future__ import annotations

import collections
import os
import signal
from collections.abc import Iterable
from typing import Any

import hypothesis
import pytest

from tests.support.runner import empty_cache

LEFT_TO = {"web": "make test-web", "full": "make test-full", "parquet": "make test-newest"}
REDIS = {"redis", "tls_redis"}  # fixtures
left_out: collections.Counter[str] = collections.Counter()

hypothesis.settings.register_profile("whole", deadline=None, max_examples=100)
hypothesis.settings.register_profile("quarter", deadline=None, max_examples=25)
hypothesis.settings.load_profile("whole")


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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a Redis, and what belongs on one process of pytest-xdist, whose fixtures are its module's."""
    for item in items:
        if not isinstance(item, pytest.Function):
            continue
        case = getattr(item, "callspec", None)
        promise = item.get_closest_marker("promise")
        if promise and promise.args and (case is None or case.id not in promise.args):
            item.own_markers.remove(promise)
        if REDIS & set(item.fixturenames):
            item.add_marker("full")
        fixtures = [found[-1] for found in item._fixtureinfo.name2fixturedefs.values() if found[-1].scope == "module"]
        if fixtures:
            chosen = [str(case.indices[one.argname]) for one in fixtures if case and one.argname in case.indices]
            item.add_marker(pytest.mark.xdist_group("-".join([str(item.path), *chosen])))


@pytest.fixture
def unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start children without coverage, which imports modules, opens files and complains where it cannot write."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


def pytest_deselected(items: Iterable[pytest.Item]) -> None:
    for item in items:
        left_out[next((name for name in LEFT_TO if item.get_closest_marker(name)), "")] += 1


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workeroutput"):  # a process of pytest-xdist tells the one that reports
        session.config.workeroutput["left_out"] = dict(left_out)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_testnodedown(node: Any) -> None:
    """Hear what a process left out; each of them leaves out the same."""
    left_out.update(getattr(node, "workeroutput", {}).get("left_out", {}) if not left_out else {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out, and the command for it."""
    for name, command in LEFT_TO.items():
        if left_out[name]:
            terminalreporter.write_line(f"left out: {left_out[name]} tests in Python, for `{command}`")
