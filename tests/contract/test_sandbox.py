"""What a plug-in cannot do, whichever way it is run and whenever its code runs; and what goes on as before."""

from __future__ import annotations

import csv
import json
import re
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_one_document, code_of, document_in, problems, untimed
from tests.support.paths import ROOT
from tests.support.processes import alive, assert_nobody_left
from tests.support.runner import Run, environment, plug_in, run_runner
from tests.support.sample_requests import one_holding, request
from tests.support.stored import fill_store
from tests.support.talk import talking

pytestmark = pytest.mark.full

ON: dict[str, str | None] = {"BACKTEST_SANDBOX": "on"}
OFF: dict[str, str | None] = {"BACKTEST_SANDBOX": "off"}
DECIDES = """
from deeds import try_all

@Hostile
def deeds_when_it_decides(weights):
    try_all()
"""
PLANS = """
from deeds import try_all

@Hostile
def deeds_when_it_is_asked(weights):
    pass

def ask(parameters):
    from backtester.model.records import WarmUp
    try_all()
    return WarmUp()

deeds_when_it_is_asked.warm_up = ask
"""
IMPORTED = """
from deeds import try_all
try_all()

@Hostile
def deeds_when_it_is_imported(weights):
    pass
"""
POINTS = {"deeds_when_it_decides": DECIDES, "deeds_when_it_is_asked": PLANS, "deeds_when_it_is_imported": IMPORTED}
ENTRY_POINTS = ROOT / "tests/contract/plugins/hostile_strategies-1.0.dist-info/entry_points.txt"
HOSTILE = [line.split(" = ")[0] for line in ENTRY_POINTS.read_text().splitlines()[1:]]


@pytest.fixture
def around(tmp_path: Path) -> Iterator[dict[str, str | None]]:
    """Lay out what the deeds are about, and listen where they would connect; return the environment."""
    for name in ("secret", "cut", "deleted", "modes"):
        (tmp_path / name).write_text("what nobody is to see")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "csv").mkdir()
    (tmp_path / "csv/X.csv").write_text("date,close\n2020-01-02,1\n")
    fill_store(tmp_path / "store", "AAPL", "MSFT")
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_accept, args=(server,), daemon=True).start()
        yield {
            "DEEDS": str(tmp_path), "DEEDS_PORT": str(server.getsockname()[1]),
            "BACKTEST_CSV_DIR": str(tmp_path / "csv"), "BACKTEST_CACHE_DIR": str(tmp_path / "store"),
        }  # fmt: skip


def _accept(server: socket.socket) -> None:
    try:
        while True:
            server.accept()[0].close()
    except OSError:
        return


def by_a_spawned_run(asked: dict[str, Any], env: dict[str, str | None]) -> tuple[Any, str]:
    run = run_runner(asked, plug_ins=True, env=env)
    assert_nobody_left(run.mark)
    return run.document, run.stderr


def by_a_worker(asked: dict[str, Any], env: dict[str, str | None]) -> tuple[Any, str]:
    with talking(env=env) as talk:
        talk.say(asked)
        document = document_in(talk.hear())
        talk.end()
        said = talk.stderr
    assert_nobody_left(talk.mark)
    return document, said


WAYS = {"spawned": by_a_spawned_run, "worker": by_a_worker}


@pytest.mark.promise("deeds_when_it_decides-spawned")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("strategy", POINTS)
def test_whenever_its_code_runs_a_plug_in_is_refused_every_deed(
    strategy: str, way: str, around: dict[str, str | None], tmp_path: Path
) -> None:
    (tmp_path / "plugin").mkdir()
    env = plug_in(tmp_path / "plugin", POINTS[strategy]) | around | ON
    document, said = WAYS[way](request(strategy=strategy), env)

    assert code_of(document) == "OK", said
    assert "DID" not in said, re.findall(r"DID \w+", said)
    assert len(set(re.findall(r"REFUSED (\w+)", said))) >= 30, said
    assert (tmp_path / "cut").read_text()
    assert (tmp_path / "deleted").exists()


@pytest.mark.promise
def test_without_the_sandbox_the_same_deeds_are_done(around: dict[str, str | None], tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    env = plug_in(tmp_path / "plugin", DECIDES) | around | OFF
    document, said = by_a_spawned_run(request(strategy="deeds_when_it_decides"), env)

    assert code_of(document) == "OK", said
    done = set(re.findall(r"DID (\w+)", said))
    assert {
        "read_the_users", "read_a_secret", "read_the_price_store", "write_a_temporary_file", "write_into_the_store",
        "cut_a_file", "delete_a_file", "connect_out", "send_a_datagram", "fork", "start_a_program", "signal_the_parent",
        "memory_without_a_limit", "memory_that_outlives", "open_a_file_to_all", "outlive_the_parent",
        "slow_the_parent_down", "move_the_parent", "choose_its_scheduler", "change_its_input_priority",
        "trace_the_parent", "open_the_pipes_of_the_parent",
    } <= done  # fmt: skip


@pytest.mark.parametrize("strategy", HOSTILE)
def test_each_hostile_strategy_has_one_document_and_leaves_nothing(strategy: str) -> None:
    asked = request(strategy=strategy, limits={"timeout_seconds": 1.5, "memory_mb": 256})
    run = run_runner(asked, plug_ins=True, env=ON)

    assert_one_document(run, quiet=False)
    assert_nobody_left(run.mark)


def test_a_worker_answers_each_hostile_strategy_and_goes_on() -> None:
    expected = {
        "honest": "OK", "segfault": "WORKER_CRASHED", "spin": "TIMEOUT", "fork_many": "INTERNAL",
        "daemonise": "INTERNAL", "start_threads": "OK", "allocate": "MEMORY_LIMIT", "fail": "INTERNAL",
        "system_exit": "WORKER_CRASHED", "import_exits": "WORKER_CRASHED", "broken": "INTERNAL",
    }  # fmt: skip
    brief = {name: {"timeout_seconds": 1.5} for name in HOSTILE if expected.get(name, "TIMEOUT") == "TIMEOUT"}
    asked = [request(strategy=name, request_id=name, limits=brief.get(name, {})) for name in HOSTILE]
    with talking("--worker", "--jobs", "2", env=ON) as talk:
        talk.say(*asked, request(request_id="good"))
        codes = {document["request_id"]: code_of(document) for document in talk.documents(len(HOSTILE) + 1)}
        talk.end()
    assert codes.pop("good") == "OK"
    assert set(codes) == set(HOSTILE)
    assert {name: codes[name] for name in expected} == expected
    assert_nobody_left(talk.mark)


BOMBS = """
import threading
import time

@Hostile
def fork_bomb(weights):
    while True:
        try:
            os.fork()
        except OSError:
            pass

@Hostile
def thread_bomb(weights):
    while True:
        try:
            threading.Thread(target=time.sleep, args=(600,)).start()
        except RuntimeError:
            pass

@Hostile
def fill_the_log(weights):
    for _ in range(64):
        written = 0
        while written < 1 << 20:
            written += os.write(2, bytes(1 << 20))

def hang(parameters):
    for number in range(1, 32):
        try:
            import signal
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        pass

@Hostile
def hang_when_asked(weights):
    pass

hang_when_asked.warm_up = hang
"""


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("strategy", ["fork_bomb", "thread_bomb", "hang_when_asked"])
def test_a_bomb_ends_at_its_deadline_and_leaves_nothing(strategy: str, way: str, tmp_path: Path) -> None:
    asked = request(strategy=strategy, limits={"timeout_seconds": 1, "memory_mb": 256})
    document, _ = WAYS[way](asked, plug_in(tmp_path, BOMBS) | ON)

    assert code_of(document) in ("TIMEOUT", "MEMORY_LIMIT")


@pytest.mark.parametrize("mode", [ON, OFF])
@pytest.mark.parametrize("log", ["file", "pipe"])
def test_what_a_plug_in_writes_to_the_log_is_bounded_whatever_the_log_is(
    log: str, mode: dict[str, str | None], tmp_path: Path
) -> None:
    (tmp_path / "plugin").mkdir()
    asked = request(strategy="fill_the_log")
    env = plug_in(tmp_path / "plugin", BOMBS) | mode
    if log == "pipe":
        run = run_runner(asked, env=env)
        document, size = run.document, len(run.stderr)
    else:
        with open(tmp_path / "log", "wb") as file:
            file.write(b"what was there before\n" * 1000)
            done = subprocess.run(
                [sys.executable, "backtest_runner.py"], input=json.dumps(asked).encode(), stdout=subprocess.PIPE,
                stderr=file, env=environment(env), cwd=ROOT, timeout=60, check=False,
            )  # fmt: skip
        document, size = document_in(done.stdout), (tmp_path / "log").stat().st_size

    assert document["success"]
    assert 16 << 20 <= size < 17 << 20


@pytest.mark.promise
def test_an_honest_plug_in_gives_the_same_document_inside_and_outside() -> None:
    outside, inside = (run_runner(request(strategy="honest"), plug_ins=True, env=env) for env in (OFF, ON))

    assert_one_document(inside, code="OK")
    assert untimed(inside.stdout) == untimed(outside.stdout)


LOOKS_AROUND = """
import hostile_strategies

class Looking(Hostile):
    HAS_SIGNAL = True
    schema = {
        "description": "Holds its allocations while another symbol is known.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "rebalance_frequency": {"type": "string", "enum": ["monthly"], "default": "monthly"},
            "signal": {"type": "string", "pattern": "^[A-Z^]+$", "x-symbol": "any", "default": "^GSPC"},
            "lookback_period": {"type": "integer", "minimum": 1, "default": 30},
        },
    }

    def warm_up(self, parameters):
        from backtester.model.records import WarmUp
        return WarmUp(sessions=parameters["lookback_period"])

    def decide(self, history, allocations, parameters):
        from backtester.strategies.protocol import Decisions
        other = history.of(parameters["signal"])
        rising = other.close() > other.close(parameters["lookback_period"])
        return Decisions(weights=np.where(rising[:, :1], allocations, 0.0))

def looking(weights):
    pass

looking = Looking(looking)
"""


def test_a_plug_in_is_asked_for_its_parameters_its_signals_and_its_look_back(tmp_path: Path) -> None:
    env = plug_in(tmp_path, LOOKS_AROUND)
    asked = request(strategy="looking", output={"include": ["series", "weights", "decisions"]})
    outside, inside = (run_runner(asked, plug_ins=True, env=env | mode) for mode in (OFF, ON))

    assert_one_document(inside, code="OK")
    assert inside.document["request"]["parameters"] == {
        "rebalance_frequency": "monthly", "signal": "^GSPC", "lookback_period": 30,
    }  # fmt: skip
    assert untimed(inside.stdout) == untimed(outside.stdout)


def test_what_is_wrong_with_a_plug_ins_parameters_is_said_as_ever(tmp_path: Path) -> None:
    env = plug_in(tmp_path, LOOKS_AROUND)
    asked = request(strategy="looking", parameters={"lookback_period": 0, "signl": "^GSPC"})
    outside, inside = (run_runner(asked, plug_ins=True, env=env | mode) for mode in (OFF, ON))

    document = assert_one_document(inside, code="VALIDATION_FAILED")
    assert ("/parameters/lookback_period", "OUT_OF_RANGE") in problems(document)
    assert inside.stdout == outside.stdout


READS = """
@Hostile
def reads_its_model(weights):
    with open(os.environ["MODEL"]) as file:
        return None if file.read() == "a model" else 0
"""


def test_a_plug_in_reads_the_folders_that_the_operator_names_and_the_log_says_so(tmp_path: Path) -> None:
    (tmp_path / "plugin").mkdir()
    (tmp_path / "model").write_text("a model")
    env = plug_in(tmp_path / "plugin", READS) | ON | {"MODEL": str(tmp_path / "model")}
    run = run_runner(request(strategy="reads_its_model"), plug_ins=True, env=env)

    assert_one_document(run, code="INTERNAL", quiet=False)
    assert "PermissionError" in run.stderr
    assert "BACKTEST_SANDBOX_READ" in run.stderr
    granted = run_runner(
        request(strategy="reads_its_model"), plug_ins=True, env=env | {"BACKTEST_SANDBOX_READ": str(tmp_path)}
    )
    assert_one_document(granted, code="OK")


def test_a_plug_in_whose_code_lies_outside_the_path_is_found(tmp_path: Path) -> None:
    """As editable installs do it: an importer knows where the code is, `sys.path` does not."""
    (tmp_path / "site").mkdir()
    (tmp_path / "code/elsewhere").mkdir(parents=True)
    env = plug_in(tmp_path / "site", "\n@Hostile\ndef far_away(weights):\n    import elsewhere.more\n")
    source = tmp_path / "site/own_strategies.py"
    (tmp_path / "code/elsewhere/__init__.py").write_text(source.read_text())
    (tmp_path / "code/elsewhere/more.py").write_text("")
    source.unlink()
    points = tmp_path / "site/own_strategies-1.0.dist-info/entry_points.txt"
    points.write_text(points.read_text().replace("own_strategies:", "elsewhere:"))
    (tmp_path / "site/sitecustomize.py").write_text(
        "import sys\nfrom importlib.machinery import PathFinder\n"
        "class Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None):\n"
        f"        return PathFinder.find_spec(name, [{str(tmp_path / 'code')!r}]) if name == 'elsewhere' else None\n"
        "sys.meta_path.append(Finder)\n"
    )
    for way in WAYS.values():
        document, said = way(request(strategy="far_away"), env | ON)
        assert code_of(document) == "OK", said


# ---- a process that lives on


def rows(folder: Path, close: float) -> None:
    folder.mkdir()
    with open(folder / "X.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["date", "close", "adj_close"])
        writer.writerows([f"2024-01-{day:02d}", close, close] for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12))


def test_a_worker_follows_a_link_that_is_turned_to_another_folder(tmp_path: Path) -> None:
    rows(tmp_path / "one", 100.0)
    rows(tmp_path / "two", 200.0)
    (tmp_path / "csv").symlink_to("one")
    asked = request(
        holdings=one_holding("X"), data={"source": "csv"}, start_date="2024-01-01", end_date="2024-01-12",
        initial_capital=1000,
    )  # fmt: skip
    with talking(env=ON | {"BACKTEST_CSV_DIR": str(tmp_path / "csv")}) as talk:
        talk.say(asked)
        first = document_in(talk.hear())
        (tmp_path / "new").symlink_to("two")
        (tmp_path / "new").rename(tmp_path / "csv")
        talk.say(asked)
        second = document_in(talk.hear())
        assert len(alive(talk.mark)) == 2
        talk.end()
    assert [first["final_holdings"][0]["units"], second["final_holdings"][0]["units"]] == [10, 5]


def test_a_worker_finds_a_store_that_was_made_anew(tmp_path: Path) -> None:
    fill_store(tmp_path / "store", "ZZZA")
    asked = request(
        holdings=one_holding("ZZZA"), data={"source": "auto"}, start_date="2020-02-03", end_date="2020-06-30"
    )
    with talking(env=ON | {"BACKTEST_CACHE_DIR": str(tmp_path / "store")}) as talk:
        talk.say(asked)
        first = document_in(talk.hear())
        (tmp_path / "store").rename(tmp_path / "old")
        fill_store(tmp_path / "store", "ZZZA")
        talk.say(asked)
        second = document_in(talk.hear())
        talk.end()
    assert first["success"], first
    assert second["success"], second
    assert second["warnings"] == first["warnings"]


@pytest.mark.promise
def test_a_bundled_run_makes_no_folder(tmp_path: Path) -> None:
    run = run_runner(request(), env=ON | {"BACKTEST_CACHE_DIR": str(tmp_path / "store")})

    assert_one_document(run, code="OK")
    assert not (tmp_path / "store").exists()


# ---- where the system lacks a step

WITHOUT = """
import os, runpy, sys
sys.path.insert(0, {root!r})
from backtester.runtime.sandbox import seccomp
from backtester.runtime.sandbox.kernel import renounce_privileges
import ctypes, struct
machine = seccomp.architecture()
number = {{"Landlock": 444, "seccomp": machine.seccomp}}[{step!r}]
program = seccomp.build(machine, [number], processes=True, own=None)
buffer = ctypes.create_string_buffer(program, len(program))
renounce_privileges()
header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
seccomp.syscall(machine.seccomp, ctypes.c_uint(1), ctypes.c_uint(0), header)
sys.argv[0] = "backtest_runner.py"
runpy.run_path({runner!r}, run_name="__main__")
"""


def without(step: str, *flags: str, mode: str, asked: Any = None) -> Run:
    """Run the runner where the kernel refuses one step."""
    code = WITHOUT.format(root=str(ROOT), step=step, runner=str(ROOT / "backtest_runner.py"))
    return run_runner(request() if asked is None else asked, *flags, env={"BACKTEST_SANDBOX": mode}, entry=("-c", code))


@pytest.mark.parametrize("step", ["Landlock", "seccomp"])
def test_a_step_that_the_kernel_lacks_falls_away_and_is_told_of(step: str) -> None:
    assert_one_document(without(step, mode="on"), code="OK")

    told = without(step, "--version", "--verbose", mode="on").stdout.decode()
    assert re.search(rf"^  {step} +no: it is not allowed here; .+$", told, re.MULTILINE), told
    others = {"Landlock", "seccomp", "resource limits", "no new privileges", "capabilities"} - {step}
    for other in others:
        assert re.search(rf"^  {other} +yes", told, re.MULTILINE), told


@pytest.mark.parametrize("step", ["Landlock", "seccomp"])
@pytest.mark.parametrize("flags", [(), ("--worker",)])
def test_a_step_that_is_required_and_lacking_lets_nothing_run(step: str, flags: tuple[str, ...]) -> None:
    run = without(step, *flags, mode="require", asked=json.dumps(request()).encode() + b"\n")

    document = document_in(run.stdout)
    assert document["code"] == "INTERNAL"
    assert step in document["detail"]
    assert "BACKTEST_SANDBOX" in document["remedy"]


def test_where_every_step_is_to_be_had_requiring_them_changes_nothing() -> None:
    run = run_runner(request(), env={"BACKTEST_SANDBOX": "require"})

    assert_one_document(run, code="OK")


def test_verbose_says_what_runs_here_and_goes_with_version_alone() -> None:
    told = run_runner(b"", "--version", "--verbose", env={"BACKTEST_CACHE_DIR": "/nowhere/at/all"}).stdout.decode()

    for said in ("backtest-runner ", "numpy ", "/nowhere/at/all (none yet)", "sandbox       on", "Landlock"):
        assert said in told
    assert resource.getrlimit(resource.RLIMIT_CORE)  # this very process has given up nothing
    alone = run_runner(b"", "--verbose")
    assert alone.document["code"] == "VALIDATION_FAILED"


def test_a_mode_that_does_not_exist_is_refused() -> None:
    run = run_runner(request(), env={"BACKTEST_SANDBOX": "maybe"})

    document = assert_one_document(run, code="INTERNAL")
    assert "BACKTEST_SANDBOX must be one of on, off, require" in document["detail"]
