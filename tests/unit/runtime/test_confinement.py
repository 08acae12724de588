"""Which request gives up what: the price store, the CSV folder, the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backtester.contract.check import check
from backtester.runtime.confinement import Confinement
from backtester.settings import read_settings
from tests.support.processes import apart
from tests.support.sample_requests import inline, one_holding, request


def entered(folder: Path, asked: dict[str, Any] | None, **environ: str) -> Any:
    """Return what a process can still do that has dropped privileges for a request, None: for many."""
    for name in ("store", "csv"):
        (folder / name).mkdir()
        (folder / name / "file").touch()
    found = {"BACKTEST_CACHE_DIR": str(folder / "store"), "BACKTEST_CSV_DIR": str(folder / "csv"), **environ}
    confinement = Confinement(read_settings(found))

    def work() -> list[str]:
        if asked is None:
            confinement.drop_privileges_for_many()
        else:
            confinement.drop_privileges(check(asked, csv_available=True))
        deeds: dict[str, Callable[[], object]] = {
            "store": lambda: (folder / "store/more").touch(), "csv": lambda: (folder / "csv/file").read_text(),
            "network": lambda: socket.socket().close(), "users": lambda: Path("/etc/passwd").read_text(),
            "fork": lambda: os.waitpid(_forked(), 0),
        }  # fmt: skip
        return [name for name, deed in deeds.items() if _can(deed)]

    return apart(work)


def _forked() -> int:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    return pid


def _can(deed: Callable[[], object]) -> bool:
    try:
        deed()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    ("source", "offline", "kept"),
    [
        ("bundled", "0", []), ("csv", "0", ["csv"]), ("auto", "0", []),
        ("yahoo", "0", ["store", "csv", "network"]), ("yahoo", "1", ["store", "csv"]),
    ],
)  # fmt: skip
def test_a_run_keeps_what_its_source_takes(source: str, offline: str, kept: list[str], tmp_path: Path) -> None:
    assert entered(tmp_path, request(data={"source": source}), BACKTEST_OFFLINE=offline) == kept


@pytest.mark.parametrize("more", [{"holdings": one_holding("ZZZA")}, {"end_date": "2024-12-31"}, {"benchmark": "ZZZA"}])
def test_a_run_of_which_the_sample_lacks_a_price_may_ask_elsewhere(more: dict[str, Any], tmp_path: Path) -> None:
    assert entered(tmp_path, request(data={"source": "auto"}, **more)) == ["store", "csv", "network"]


def test_a_run_that_brings_its_prices_keeps_nothing(tmp_path: Path) -> None:
    assert entered(tmp_path, inline({"X": [*range(1, 11)]})) == []


@pytest.mark.parametrize(("offline", "kept"), [("0", ["store", "csv", "network"]), ("1", ["store", "csv"])])
def test_a_process_for_many_runs_keeps_what_any_of_them_may_take(offline: str, kept: list[str], tmp_path: Path) -> None:
    assert entered(tmp_path, None, BACKTEST_OFFLINE=offline) == kept


def test_switched_off_everything_is_kept(tmp_path: Path) -> None:
    kept = entered(tmp_path, request(), BACKTEST_SANDBOX="off")

    assert kept == ["store", "csv", "network", "users", "fork"]
