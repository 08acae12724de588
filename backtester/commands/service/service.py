"""Finds the command of the service that was asked for, and reports in one line why it cannot start."""

from __future__ import annotations

import atexit
import sys

from backtester.model.errors import from_exception
from backtester.runtime.sandbox.kernel import die_with_parent
from backtester.runtime.signals import StopFlag
from backtester.runtime.stdio import write_stderr
from backtester.settings import SettingsError

_FAILED = 70  # not 1, which says that it cannot start at all: `serve` starts it again


def main(arguments: list[str], stop: StopFlag | None) -> int:
    """Run one of the commands; return its exit status. stop: None for one that is no server."""
    name, rest = arguments[0], arguments[1:]
    try:
        return _run(name, rest, stop)
    except SettingsError as error:
        write_stderr(f"{from_exception(error).detail}\n")
        return 1
    except SystemExit as ended:  # argparse has printed why
        return ended.code if isinstance(ended.code, int) else 2
    except ImportError:  # explained by `__main__`, as of every command
        raise
    except Exception:
        sys.excepthook(*sys.exc_info())  # into the log, before it is flushed
        return _FAILED
    finally:
        # the caller ends the process at once: without this the last log lines and traces would be lost
        atexit._run_exitfuncs()


def _run(name: str, arguments: list[str], stop: StopFlag | None) -> int:
    if name == "mcp":  # over stdio it needs nothing of the service
        from backtester.commands.service.mcp import main as mcp

        return mcp(arguments, stop)
    from backtester.commands.service import serve

    if arguments[-2:-1] == [serve.PARENT] and arguments[-1].isdecimal():
        die_with_parent(int(arguments[-1]))  # this process ends with its parent, `serve`
        arguments = arguments[:-2]
    if name == "keys":
        from backtester.commands.service.keys import main as keys

        return keys(arguments)
    assert stop is not None
    if name == "api":
        from backtester.adapters.rest.api import main as api

        return api(arguments, stop)
    if name == "sockets":
        from backtester.adapters.socketio.asgi import main as sockets

        return sockets(arguments, stop)
    return serve.work_main(arguments, stop) if name == "work" else serve.main(arguments, stop)
