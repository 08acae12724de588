"""`--version --verbose`: what runs here, for an operator and for a bug report."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from backtester._version import __version__
from backtester.prices.store import store_exists
from backtester.runtime.confinement import probe_sandbox
from backtester.settings import Settings

_LIBRARIES = ("numpy", "pandas", "yfinance", "jsonschema")
_WITHOUT = {
    "resource limits": "a plug-in can fill the disk",
    "no new privileges": "set-user-id programs can be started",
    "capabilities": "a run has what its user has",
    "Landlock": "a run can read and write what its user can",
    "seccomp": "a plug-in can start processes, open connections and outlive its run",
}


def about(settings: Settings) -> str:
    """Return the text. The sandbox's steps are taken, in a process of their own: what it says is what happened."""
    lines = [
        f"backtest-runner {__version__}",
        f"Python {platform.python_version()}, {platform.system()} {platform.release()}, {platform.machine()}",
        ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES),
        f"package       {os.path.dirname(os.path.dirname(os.path.abspath(__file__)))}",
        f"price store   {settings.cache_dir}{'' if store_exists(settings.cache_dir) else ' (none yet)'}",
        f"CSV folder    {settings.csv_dir or '(none: BACKTEST_CSV_DIR)'}",
        f"sandbox       {settings.sandbox}{'' if settings.sandbox != 'off' else ': nothing is given up'}",
    ]
    if settings.sandbox != "off":
        lines += _sandbox(settings)
    return "\n".join(lines) + "\n"


def _sandbox(settings: Settings) -> list[str]:
    if not sys.platform.startswith("linux"):
        return ["  nothing of it: only Linux has it"]
    lines = []
    for name, lacking, detail in probe_sandbox(settings):
        said = f"yes{f', {detail}' if detail else ''}" if lacking is None else f"no: {lacking}; {_WITHOUT[name or '']}"
        lines.append(f"  {name:<18}{said}")
    return lines


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
