"""The real runner as a child process, in an environment where nobody's settings interfere."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from backtester.analysis.answer import run
from backtester.codec.decode import decode
from backtester.codec.document import encode, encode_error
from backtester.model.errors import BacktestError
from backtester.runtime.limits import known_request_id
from backtester.settings import read_settings
from tests.support.documents import parse
from tests.support.paths import PLUG_INS, ROOT, RUNNER
from tests.support.processes import MARK, PATIENCE, alive
from tests.support.sample_requests import to_bytes

MARGIN = 20.0  # seconds that a runner may take to end; what it ends would go on for minutes


class Run(NamedTuple):
    """What came of one run. document: None where stdout was not one JSON value."""

    exit: int
    document: Any
    stderr: str
    stdout: bytes
    mark: str


@functools.cache
def empty_cache() -> str:
    """Return a cache folder that exists and holds nothing, for this session."""
    return tempfile.mkdtemp(prefix="backtest-cache-")


def environment(env: dict[str, str | None] | None = None, *, plug_ins: bool = False) -> dict[str, str]:
    """Return an environment in which nobody's settings interfere; `env` adds to it, None unsets.

    A mark in it is inherited by every process that the run starts, however it detaches itself.
    """
    made = {key: value for key, value in os.environ.items() if not key.startswith("BACKTEST_")}
    made |= {"BACKTEST_OFFLINE": "1", "BACKTEST_CACHE_DIR": empty_cache(), MARK: uuid.uuid4().hex}
    if plug_ins:  # supervision is to hold them without the sandbox, too; tests/contract/test_sandbox.py has both
        made["BACKTEST_SANDBOX"] = "off"
        made["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PLUG_INS), made.get("PYTHONPATH"))))
    for key, value in (env or {}).items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = value
    return made


def plug_in(folder: Path, source: str) -> dict[str, str | None]:
    """Write a plug-in whose strategies are the functions of `source`; return the environment that has it."""
    opening = "import os\nimport sys\nimport numpy as np\nfrom hostile_strategies import Hostile, leave_behind\n"
    (folder / "own_strategies.py").write_text(opening + source)
    about = folder / "own_strategies-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: own-strategies\nVersion: 1.0\n")
    points = "".join(f"{name} = own_strategies:{name}\n" for name in re.findall(r"^def (\w+)", source, re.MULTILINE))
    (about / "entry_points.txt").write_text(f"[backtester.strategies]\n{points}")
    return {"PYTHONPATH": os.pathsep.join((str(folder), str(PLUG_INS)))}


def run_runner(
    asked: Any,
    *args: str,
    env: dict[str, str | None] | None = None,
    plug_ins: bool = False,
    timeout: float = PATIENCE,
    entry: tuple[str, ...] = (RUNNER,),
    pass_fds: tuple[int, ...] = (),
) -> Run:
    """Run the runner on a request (anything JSON, or bytes as they are) and wait for its end."""
    child = environment(env, plug_ins=plug_ins)
    done = subprocess.run(
        [sys.executable, *entry, *args], input=to_bytes(asked), capture_output=True, env=child, timeout=timeout,
        cwd=ROOT, check=False, pass_fds=pass_fds,
    )  # fmt: skip
    return Run(
        done.returncode, parse(done.stdout), done.stderr.decode("utf-8", "replace"), done.stdout, child[MARK]
    )


def run_here(asked: Any) -> Run:
    """Answer a request in this process, as a run does that is not supervised, and judge it like any other."""
    document: Any = None
    try:
        document = decode(to_bytes(asked), max_bytes=read_settings().max_request_bytes)
        exit_code, answer = 0, encode(run(document))
    except BacktestError as error:
        exit_code, answer = error.exit_code, encode_error(error, known_request_id(document))
    return Run(exit_code, parse(answer), "", answer, "")


@contextlib.contextmanager
def running(
    asked: Any,
    *args: str,
    env: dict[str, str | None] | None = None,
    plug_ins: bool = True,
    close_stdin: bool = True,
    entry: tuple[str, ...] = (RUNNER,),
    **popen: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the runner and hand it over while it runs; whatever is left of it afterwards is killed."""
    child = environment(env, plug_ins=plug_ins)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **popen}
    process = subprocess.Popen([sys.executable, *entry, *args], env=child, cwd=ROOT, **pipes)
    process.mark = child[MARK]  # type: ignore[attr-defined]
    try:
        if process.stdin is not None and asked is not None:
            process.stdin.write(to_bytes(asked))
            process.stdin.flush()
            if close_stdin:
                process.stdin.close()
        yield process
    finally:
        for pid in alive(child[MARK]):
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def finish(process: subprocess.Popen[bytes], *, timeout: float = PATIENCE) -> Run:
    """Wait for a runner started by `running`, and judge it like any other."""
    if process.stdin is not None and process.stdin.closed:
        process.stdin = None
    if process.stdout is not None and process.stdout.closed:
        process.stdout = None
    out, err = process.communicate(timeout=timeout)
    mark: str = process.mark  # type: ignore[attr-defined]
    stdout = out or b""
    return Run(process.returncode, parse(stdout), (err or b"").decode("utf-8", "replace"), stdout, mark)
