"""The images, each alone and shut in: no network, a read-only root, no capability."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.compose.build import COMPOSE, DOCKERFILE, HERE, TARGETS, image_name
from tests.deploy.compose.jobs import BARE, OUTSIDE, long_request, without_times
from tests.support.paths import ROOT
from tests.support.processes import eventually

SHUT_IN = ("--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=none")
GOOD = (ROOT / "examples" / "requests" / "momentum.json").read_bytes()
NO_DATA = json.dumps({**json.loads(GOOD), "holdings": [{"symbol": "NOSUCH", "allocation": 1}]}).encode()
LEFTOVERS = """
for name in pip pip3 npm yarn gcc cc g++ make curl wget git; do command -v $name; done
find / -xdev \\( -path '*/pip/_internal' -o -path '*/.cache/*' -o -path '*/_cacache' -o -name '*.whl' \\) 2>/dev/null
find /opt /app -xdev -path '*/tests/*' 2>/dev/null | head -3
find /app -xdev \\( -perm -o+w -o -user 10001 \\) ! -type l 2>/dev/null | head -3
find /app /opt -xdev \\( -name '*.env' -o -name redis_password -o -name redis_url -o -name token_secret \\) 2>/dev/null
"""
WRITES = "! touch /app/x 2>/dev/null && ! touch /tmp2 2>/dev/null && touch /tmp/x"
IMPORTS = {
    "runner": "import backtester.commands.report, backtester.runtime.worker_child, clarabel, jsonschema, yfinance",
    "api": "import backtester.adapters.rest.api, backtester.adapters.socketio.asgi, uvloop",
    "worker": "import backtester.adapters.celery.app, backtester.runtime.worker_child, celery.bin.worker, clarabel, "
    "kombu.transport.redis",
}
each_image = pytest.mark.parametrize("target", TARGETS)


@pytest.fixture
def run(images):
    """Return what runs a command in a container of an image; it is removed after."""

    def run(target, *command, options=(), **more):
        shut_in = ("run", "--rm", "--interactive", *SHUT_IN, *options)
        return images.run(*shut_in, image_name(target), *command, check=False, **more)

    return run


@pytest.mark.parametrize("command", [
    [Path(sys.executable).parent / "hadolint", DOCKERFILE],
    ["npx", "--yes", "dclint@3.1.0", "--config", HERE / "dclint.yaml", "--max-warnings", "0", COMPOSE],
], ids=["hadolint", "dclint"])  # fmt: skip
def test_a_linter_has_nothing_against_the_files(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@each_image
def test_an_image_runs_as_nobody_and_has_a_health_check(images, target):
    image = images.inspect(image_name(target))
    assert image["Config"]["User"] == "10001:10001"
    assert target == "runner" or image["Healthcheck"]["Test"]


@each_image
def test_an_image_has_no_package_manager_compiler_cache_test_or_secret_and_no_file_that_it_could_change(run, target):
    assert run(target, "-c", LEFTOVERS, options=("--user=0", "--entrypoint=sh")).stdout.decode().split() == []


@each_image
def test_an_image_writes_to_its_scratch_folder_and_to_no_other_place(run, target):
    assert run(target, "-c", WRITES, options=("--entrypoint=sh",)).returncode == 0


@pytest.mark.parametrize("target", IMPORTS)
def test_every_module_comes_from_valid_bytecode(run, target):
    environ = ("--env=BACKTEST_REDIS_URL=redis://localhost", "--entrypoint=python")
    done = run(target, "-v", "-c", IMPORTS[target], options=environ)
    said = done.stderr.decode("utf-8", "replace")
    assert done.returncode == 0, said[-500:]
    loaded = [line for line in said.splitlines() if line.startswith("# code object from ")]
    assert len(loaded) > 100
    assert [line for line in loaded if not line.endswith(".pyc'")] == []


@pytest.fixture(scope="module")
def outside():
    """Return the bytes that the runner answers with outside of any container."""
    return subprocess.run([*OUTSIDE], input=GOOD, env=BARE, capture_output=True, check=True).stdout


def test_a_request_has_the_answer_that_is_given_outside(run, outside):
    done = run("runner", input=GOOD)
    assert (done.returncode, done.stderr, done.stdout.count(b"\n")) == (0, b"", 1)
    assert without_times(done.stdout) == without_times(outside)


@pytest.mark.parametrize(("request_", "code", "status"), [
    (b"{}", "VALIDATION_FAILED", 2), (b"hello", "INVALID_JSON", 2), (NO_DATA, "SYMBOL_NOT_FOUND", 3),
], ids=["invalid", "no JSON", "no prices"])  # fmt: skip
def test_a_wrong_request_has_its_error_and_status(run, request_, code, status):
    done = run("runner", input=request_, options=("--env=BACKTEST_OFFLINE=1",))
    assert (json.loads(done.stdout)["code"], done.returncode, done.stderr) == (code, status, b"")


def test_every_golden_case_has_its_result_so_nothing_was_stripped_that_is_used(run):
    done = run("runner", "golden", "/golden", options=("--volume", f"{ROOT}/tests/golden:/golden:ro"))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_runner_makes_the_page_for_people(run, outside):
    page = run("runner", "report", "-", input=outside)
    assert page.returncode == 0, page.stderr
    assert b"</html>" in page.stdout


def test_the_batch_works_in_a_container(run):
    done = run("runner", "--batch", input=json.dumps(json.loads(GOOD)).encode() + b"\n")
    assert done.returncode == 0, done.stderr
    assert b'"success":true' in done.stdout


@pytest.mark.parametrize("target", ["runner", "worker"])
def test_the_sandbox_of_a_run_has_all_its_steps(run, target):
    command = () if target == "runner" else ("python", "/app/backtest_runner.py")
    done = run(target, *command, input=GOOD, options=("--env=BACKTEST_SANDBOX=require",))
    document = json.loads(done.stdout)
    if not document["success"]:
        pytest.skip(document["detail"])  # that is the kernel's and podman's to allow


def test_sigterm_ends_a_run_with_its_document(images):
    command = ["podman", "run", "--name=stopped", "--interactive", *SHUT_IN, image_name("runner")]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, env=images.environ, **pipes) as run:
        run.stdin.write(json.dumps(long_request()).encode())
        run.stdin.close()
        run.stdin = None

        def works():
            shares = images.text("top", "stopped", "pcpu", check=False).split()[1:]
            return any(float(share) > 20 for share in shares)

        assert eventually(works)
        images.run("stop", "--time", "10", "stopped")
        written, _ = run.communicate(timeout=30)
    images.run("rm", "stopped", check=False)
    assert (run.returncode, json.loads(written)["code"]) == (5, "CANCELLED")
