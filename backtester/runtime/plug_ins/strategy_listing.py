"""Lists the strategies. A plug-in's code is asked for its schema in a process of its own, as in a run."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from backtester.contract.schemas import built_in_strategies, plug_ins, strategy_schema
from backtester.model.errors import BacktestError
from backtester.runtime.process import CAN_FORK, command_of_program
from backtester.settings import Settings


def listed_strategies(settings: Settings) -> tuple[list[dict[str, Any]], list[str]]:
    """Return name, description and parameter schema of every strategy, and a sentence for each that cannot be loaded.

    Forks where there are plug-ins: not for a process with threads.
    """
    listed = [_entry(name, strategy_schema(name)) for name in built_in_strategies()]
    left_out = []
    for name in plug_ins():
        if name in built_in_strategies():
            continue
        found = _schema_or_fault(name, settings)
        if isinstance(found, str):
            left_out.append(f"The strategy {name} is left out. It cannot be loaded: {found}.\n")
        else:
            listed.append(_entry(name, found))
    return listed, left_out


def listing_by_command() -> bytes:
    """Return the document of `--list-strategies`, made by that command: this process has threads, and secrets.

    CalledProcessError, or TimeoutExpired.
    """
    command = command_of_program("--list-strategies")
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=60).stdout  # noqa: S603  ours


def _entry(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": schema.get("description", ""), "parameters": schema}


def _schema_or_fault(name: str, settings: Settings) -> dict[str, Any] | str:
    """Return the schema of a plug-in, or a few words on why it has none."""
    if not CAN_FORK:
        try:
            return strategy_schema(name)
        except (Exception, SystemExit) as error:
            return type(error).__name__
    from backtester.runtime.confinement import processes_for_plug_ins
    from backtester.runtime.plug_ins.plug_in import schema_of

    ends = time.monotonic() + settings.timeout_seconds
    try:
        return schema_of(name, processes_for_plug_ins(settings, ends=ends))
    except TimeoutError:
        return f"it took more than {settings.timeout_seconds:g} seconds"
    except BacktestError as error:
        return error.detail.rstrip(".")
