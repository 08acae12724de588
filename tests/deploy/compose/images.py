"""What must hold of the images themselves, each alone and shut in: no network, a read-only root, no capability."""

from __future__ import annotations

import json
import statistics
import subprocess
import time
from typing import Any

from build import ROOT, TARGETS, image_name
from jobs import BARE, OUTSIDE, long_request, without_times
from podman import Podman
from report import Report, eventually

SHUT_IN = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=none")
_GOOD = (ROOT / "examples" / "requests" / "momentum.json").read_bytes()
_NO_DATA = json.dumps({**json.loads(_GOOD), "holdings": [{"symbol": "NOSUCH", "allocation": 1}]}).encode()
_LEFTOVERS = """
for name in pip pip3 npm yarn gcc cc g++ make curl wget git; do command -v $name; done
find / -xdev \\( -path '*/pip/_internal' -o -path '*/.cache/*' -o -path '*/_cacache' -o -name '*.whl' \\) 2>/dev/null
find /opt /app -xdev -path '*/tests/*' 2>/dev/null | head -3
find /app -xdev \\( -perm -o+w -o -user 10001 \\) ! -type l 2>/dev/null | head -3
find /app /opt -xdev \\( -name '*.env' -o -name redis_password -o -name redis_url -o -name token_secret \\) 2>/dev/null
"""
# Runs a command with stdin and prints the seconds that it took: where the command is, so that nothing else is measured.
_TIMER = """
import subprocess, sys, time
request = sys.stdin.buffer.read()
began = time.perf_counter()
subprocess.run(sys.argv[1:], input=request, stdout=subprocess.DEVNULL, check=True)
print(time.perf_counter() - began)
"""
_IMPORTS = {
    "runner": "import backtester.commands.report, backtester.runtime.worker_child, clarabel, jsonschema, yfinance",
    "api": "import backtester.adapters.rest.api, backtester.adapters.socketio.asgi, uvloop",
    "worker": "import backtester.adapters.celery.app, backtester.runtime.worker_child, celery.bin.worker, clarabel, "
    "kombu.transport.redis",
}


def check_images(report: Report, podman: Podman) -> None:
    """Check all of them."""
    for target in TARGETS:
        _check_any(report, podman, target)
    for target, imports in _IMPORTS.items():
        _check_bytecode(report, podman, target, imports)
    _check_runner(report, podman)
    _note_sandbox(report, podman)
    _check_stop(report, podman)
    _note_start_up(report, podman)


def _run(podman: Podman, target: str, *command: str, options: tuple[str, ...] = (), **more: Any) -> Any:
    shut_in = ("run", "--rm", "--interactive", *SHUT_IN, *options)
    return podman.run(*shut_in, image_name(target), *command, check=False, **more)


def _check_any(report: Report, podman: Podman, target: str) -> None:
    image = podman.inspect(image_name(target))
    config = image["Config"]
    report.check(f"{target}: runs as 10001, who is not root", config["User"] == "10001:10001", config["User"])
    if target != "runner":
        report.check(f"{target}: has a health check", bool(image.get("Healthcheck", {}).get("Test")), image)
    found = _run(podman, target, "-c", _LEFTOVERS, options=("--user=0", "--entrypoint=sh")).stdout.decode().split()
    what = "no package manager, compiler, cache, test or secret, and no file that it could change"
    report.check(f"{target}: {what}", not found, found)
    refused = _run(podman, target, "-c", "! touch /app/x 2>/dev/null && ! touch /tmp2 2>/dev/null && touch /tmp/x",
                   options=("--entrypoint=sh",))  # fmt: skip
    report.check(f"{target}: writes to /tmp and to no other place", refused.returncode == 0, refused.stderr)


def _check_bytecode(report: Report, podman: Podman, target: str, imports: str) -> None:
    """See that Python reads bytecode for every module, and never compiles one."""
    environ = ("--env=BACKTEST_REDIS_URL=redis://localhost", "--entrypoint=python")
    said = _run(podman, target, "-v", "-c", imports, options=environ)
    lines = said.stderr.decode("utf-8", "replace").splitlines()
    loaded = [line for line in lines if line.startswith("# code object from ")]
    compiled = [line for line in loaded if not line.endswith(".pyc'")]
    found = compiled or said.stderr[-500:]
    good = said.returncode == 0 and len(loaded) > 100 and not compiled
    report.check(f"{target}: all of {len(loaded)} modules come from valid bytecode", good, found)


def _check_runner(report: Report, podman: Podman) -> None:
    here = subprocess.run([*OUTSIDE], input=_GOOD, env=BARE, capture_output=True, check=True)
    done = _run(podman, "runner", input=_GOOD)
    alone = done.stdout.count(b"\n") == 1 and done.stdout.endswith(b"}\n") and done.stderr == b""
    report.check("runner: a request has one line of JSON as its answer, and nothing on stderr", alone, done)
    same = done.returncode == 0 and without_times(done.stdout) == without_times(here.stdout)
    report.check("runner: the answer is the one that is given outside, exit status 0", same, done.stdout[:300])
    for what, request, code, status in (
        ("invalid", b"{}", "VALIDATION_FAILED", 2),
        ("no JSON", b"hello", "INVALID_JSON", 2),
        ("for a symbol without prices", _NO_DATA, "SYMBOL_NOT_FOUND", 3),
    ):
        done = _run(podman, "runner", input=request, options=("--env=BACKTEST_OFFLINE=1",))
        found = (json.loads(done.stdout)["code"], done.returncode, done.stderr) if done.stdout else done
        good = found == (code, status, b"")
        report.check(f"runner: a request that is {what} is {code}, status {status}", good, found)
    cases = ("--volume", f"{ROOT}/tests/golden:/golden:ro")
    done = _run(podman, "runner", "golden", "/golden", options=cases)
    report.check("runner: every golden case has its result, so nothing was stripped that is used", done.returncode == 0,
                 done.stdout + done.stderr)  # fmt: skip
    page = _run(podman, "runner", "report", "-", input=here.stdout)
    good = page.returncode == 0 and b"</html>" in page.stdout
    report.check("runner: it makes the page for people", good, page.stderr or page.stdout[:300])
    done = _run(podman, "runner", "--batch", input=json.dumps(json.loads(_GOOD)).encode() + b"\n")
    report.check("runner: --batch works in it", done.returncode == 0 and b'"success":true' in done.stdout, done.stderr)


def _note_sandbox(report: Report, podman: Podman) -> None:
    """Say whether the runner's own sandbox is whole in a container: that is the kernel's and podman's to allow."""
    for what, image in (("runner", "runner"), ("worker's image", "worker")):
        command = () if image == "runner" else ("python", "/app/backtest_runner.py")
        done = _run(podman, image, *command, input=_GOOD, options=("--env=BACKTEST_SANDBOX=require",))
        found = json.loads(done.stdout)
        report.note(f"{what}: the sandbox of a run " + ("has all its steps" if found["success"] else found["detail"]))


def _check_stop(report: Report, podman: Podman) -> None:
    """Stop a run that is under way."""
    command = ["podman", "run", "--name=stopped", "--interactive", *SHUT_IN, image_name("runner")]
    run = subprocess.Popen(
        command, env=podman.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert run.stdin is not None
    run.stdin.write(json.dumps(long_request()).encode())
    run.stdin.close()
    run.stdin = None

    def works() -> bool:
        processes = podman.text("top", "stopped", "pcpu", check=False).split()[1:]
        return any(float(share) > 20 for share in processes)

    eventually(works, within=20)
    began = time.monotonic()
    podman.run("stop", "--time", "10", "stopped")
    took = time.monotonic() - began
    written, _ = run.communicate(timeout=30)
    code = json.loads(written)["code"] if written else None
    podman.run("rm", "stopped", check=False)
    found = (took, run.returncode, code)
    good = took < 5 and run.returncode == 5 and code == "CANCELLED"
    report.check("runner: SIGTERM ends a run with its document, CANCELLED, status 5, within 5 s", good, found)


def _note_start_up(report: Report, podman: Podman) -> None:
    """Measure a run: outside, in a container that is there, with one made for it, and without bytecode."""
    podman.run("run", "--detach", "--name=warm", *SHUT_IN, "--entrypoint=sleep", image_name("runner"), "600")
    inside = ["podman", "exec", "--interactive", "warm"]
    python = "/opt/venv/bin/python"
    measured = ["-c", _TIMER, python, "/app/backtest_runner.py"]
    whole = ["podman", "run", "--rm", "--interactive", *SHUT_IN, image_name("runner")]
    ways = {
        "outside": [OUTSIDE[0], "-c", _TIMER, *OUTSIDE],
        "inside": [*inside, python, *measured],
        "inside, without bytecode": [*inside, "env", "PYTHONPYCACHEPREFIX=/tmp/none", python, *measured],
        "as `podman run`": [OUTSIDE[0], "-c", _TIMER, *whole],
    }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(5):  # one after the other, so that a busy moment meets all of them
        for name, command in ways.items():
            done = subprocess.run(command, env=podman.environ, input=_GOOD, capture_output=True, check=True)
            took[name].append(float(done.stdout))
    podman.run("rm", "--force", "--time", "0", "warm")
    median = {name: statistics.median(times) for name, times in took.items()}
    times = ", ".join(f"{name} {seconds / median['outside']:.1f}" for name, seconds in median.items())
    report.note(f"one run, as multiples of one outside: {times}")
    slower = median["inside, without bytecode"] / median["inside"]
    report.check("runner: without its bytecode it would be at least twice as slow", slower > 2, f"{slower:.1f}")
