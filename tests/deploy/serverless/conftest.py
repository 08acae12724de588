"""Where the function's code is: the checkout, or the bundles that `make test-deploy PART=serverless` has built."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.lambda_runtime import Environment
from tests.support.paths import PLUG_INS, ROOT

BUNDLES = {kind: ROOT / ".venv-bundles" / kind for kind in ("full", "slim") if "TEST_DEPLOY" in os.environ}
collect_ignore = [] if BUNDLES else ["bundled"]


class Place(NamedTuple):
    """A folder of code, the interpreter's flags and the path that make it the only one there is."""

    kind: str
    folder: Path
    flags: tuple[str, ...]
    path: str


@pytest.fixture(scope="session")
def runtime_client(tmp_path_factory) -> Path:
    """Return a folder that has awslambdaric and what it needs, as the platform has it beside the function's code."""
    folder = tmp_path_factory.mktemp("runtime")
    site = Path(sysconfig.get_path("platlib"))
    for pattern in ("awslambdaric", "simplejson", "snapshot_restore_py*.py", "runtime_client*.so"):
        (found,) = site.glob(pattern)
        (folder / found.name).symlink_to(found)
    return folder


@pytest.fixture(scope="session", params=[*BUNDLES] or ["checkout"])
def place(request, tmp_path_factory, runtime_client) -> Iterator[Place]:
    """Hand over the function's code, which nobody may write to."""
    if request.param == "checkout":
        folder = tmp_path_factory.mktemp("task")
        shutil.copy(ROOT / "examples/serverless/app.py", folder)
        yield Place("checkout", folder, (), f"{ROOT}")
        return
    folder = BUNDLES[request.param]
    before = contents(folder)
    # -S: no other packages than the bundle's
    yield Place(request.param, folder, ("-S",), f"{runtime_client}")
    assert contents(folder) == before, "something was written beside the code"


def contents(folder: Path) -> dict[str, tuple[int, int]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


@pytest.fixture
def scratch(tmp_path) -> Path:
    """Return the one folder that can be written to, as /tmp is there."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def platform(scratch) -> Callable[..., dict[str, str]]:
    """Return the environment variables of a function: nobody's settings, a home that is not there."""

    def made(path: str, plug_ins: bool = False, **env: str) -> dict[str, str]:
        parts = [path, *([str(PLUG_INS)] if plug_ins else [])]
        fixed = {"PATH": os.defpath, "HOME": "/nonexistent", "TMPDIR": str(scratch), "BACKTEST_OFFLINE": "1"}
        # the kernels that numpy multiplies with decide the last digits of what is optimised: they are passed on
        kernels = {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_")}
        return {**kernels, **fixed, "PYTHONPATH": os.pathsep.join(parts), **env}

    return made


@pytest.fixture
def start(place, platform) -> Iterator[Callable[..., Environment]]:
    """Start an execution environment of Lambda, ended after the test."""
    running: list[Environment] = []

    def started(plug_ins: bool = False, **env: str) -> Environment:
        environ = platform(place.path, plug_ins, **env)
        made = Environment(place.folder, environ, handler="app.lambda_handler", python=(sys.executable, *place.flags))
        running.append(made)
        made.wait_until_ready()
        return made

    yield started
    for environment in running:
        environment.close()


def over_http(body: Any, *, method: str = "POST", base64: bool = False, **headers: str) -> dict[str, Any]:
    """Return an event as an HTTP API of API Gateway sends it, payload format 2.0."""
    import base64 as b64

    raw = body if isinstance(body, bytes) else b"" if body is None else body.encode()
    made = {"content-type": "application/json", "content-length": str(len(raw)), "host": "x"}
    made |= {name.replace("_", "-"): value for name, value in headers.items()}
    made = {name: value for name, value in made.items() if value}
    event: dict[str, Any] = {
        "version": "2.0", "routeKey": "ANY /backtest", "rawPath": "/backtest", "rawQueryString": "", "headers": made,
        "requestContext": {"http": {"method": method, "path": "/backtest"}, "stage": "$default", "timeEpoch": 1},
        "isBase64Encoded": base64,
    }  # fmt: skip
    if body is not None:
        event["body"] = b64.b64encode(raw).decode() if base64 else raw.decode("utf-8", "surrogateescape")
    return event
