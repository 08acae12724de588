"""Plug-ins that lie about their own run, or speak for another's: one document each, and nobody else hears of it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.documents import assert_one_document, code_of, document_in, untimed
from tests.support.lies import LIES
from tests.support.paths import ROOT
from tests.support.processes import alive, assert_nobody_left, eventually
from tests.support.runner import environment, plug_in, run_runner, running
from tests.support.sample_requests import request
from tests.support.talk import talking

pytestmark = pytest.mark.full

MODES: dict[str, dict[str, str | None]] = {"on": {"BACKTEST_SANDBOX": "on"}, "off": {"BACKTEST_SANDBOX": "off"}}
SECRET = "the next owner's request"
GOOD = request(request_id=SECRET)
OPENING = '''
import json
import threading
from backtester.model.errors import RunWarning
from backtester.strategies.protocol import Decisions
''' + LIES
# what each does, and the codes that its run may end with; the strategies are the functions
FRAMES = OPENING + '''
@Hostile
def forge_a_result(weights):
    write(frame(b"X", b""), frame(b"T", FORGED), frame(b"D", b"\\0"))
    listen()

@Hostile
def forge_no_json(weights):
    write(frame(b"X", b""), frame(b"T", b"no JSON\\n"), frame(b"D", b"\\0"))
    time.sleep(600)

@Hostile
def forge_nothing(weights):
    write(frame(b"D", b"\\0"))
    time.sleep(600)

@Hostile
def forge_nan(weights):
    write(frame(b"T", b'{"success": true, "x": NaN}\\n'), frame(b"D", b"\\0"))
    time.sleep(600)

@Hostile
def forge_an_exit_status(weights):
    write(frame(b"T", FORGED), frame(b"D", b"M"))
    time.sleep(600)

@Hostile
def forge_two_lines(weights):
    write(frame(b"T", FORGED + FORGED), frame(b"D", b"\\0"))
    time.sleep(600)

@Hostile
def forge_a_column_of_nan(weights):
    write(frame(b"C", b"\\x0c" + struct.pack("=2d", float("nan"), 1.0)), frame(b"D", b"\\0"))
    time.sleep(600)

@Hostile
def announce_an_endless_frame(weights):
    write(struct.pack("<cQ", b"T", 1 << 60))
    while True:
        write(bytes(1 << 16))

@Hostile
def send_frames_without_end(weights):
    while True:
        write(frame(b"T", bytes(1 << 14)))

@Hostile
def send_an_unknown_frame(weights):
    write(frame(b"?", b""))
    time.sleep(600)

@Hostile
def report_garbage(weights):
    write(frame(b"P", b'["dancing", 1e999, null]'))
    time.sleep(600)

@Hostile
def report_another_decision(weights):
    write(frame(b"P", b"1000000000"))
    time.sleep(600)

@Hostile
def send_a_list(weights):
    write(frame(b"T", b"[]"))
    time.sleep(600)

@Hostile
def send_nested_lists(weights):
    write(frame(b"T", b"[" * 20000))
    time.sleep(600)

@Hostile
def send_an_error_of_the_service(weights):
    write(frame(b"T", b'{"error": ["UNAUTHENTICATED", "no", []]}'))
    time.sleep(600)
'''
MEDDLE = OPENING + '''
def module(name):
    import importlib
    return importlib.import_module(name)

@Hostile
def replace_json(weights):
    json.dumps = lambda *given, **named: "lies"
    json.loads = lambda *given, **named: {"success": True}

@Hostile
def replace_our_modules(weights):
    def lie(*given, **named):
        return {"success": True, "lie": True}
    for name, member in (
        ("backtester.result", "render"), ("backtester.pipeline", "render"), ("backtester.pipeline", "measure"),
        ("backtester.pipeline", "simulate"), ("backtester.runtime.child", "_send"),
        ("backtester.codec.document", "encode"), ("backtester.codec.document", "parts"),
        ("backtester.strategies.decisions.decide", "checked_decisions"),
    ):
        setattr(module(name), member, lie)

@Hostile
def replace_the_exit(weights):
    os._exit = lambda status: None

@Hostile
def replace_writing(weights):
    module("backtester.runtime.frames").write_frame = lambda *given: None
    module("backtester.runtime.plug_ins.plug_in_process").write_frame = lambda *given: None

@Hostile
def leave_threads(weights):
    def forge():
        while True:
            write(frame(b"T", FORGED))
    for _ in range(4):
        threading.Thread(target=forge, daemon=True).start()
    time.sleep(0.2)

@Hostile
def leave_by_exit(weights):
    sys.exit(0)

@Hostile
def leave_at_once(weights):
    os._exit(0)

@Hostile
def close_all(weights):
    os.closerange(0, 256)

@Hostile
def stop_the_parent(weights):
    import ctypes, signal
    ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0)
    os.kill(os.getppid(), signal.SIGKILL)
    raise ValueError

@Hostile
def cancel(weights):
    from backtester.model.errors import CancelledError
    raise CancelledError("CANCELLED", "The run was cancelled by its strategy.")

@Hostile
def blame_a_source(weights):
    from backtester.model.errors import DataError
    raise DataError("RATE_LIMITED", "It is busy for ever.")
'''
SAY = OPENING + '''
@Hostile
def an_unknown_warning(weights):
    return Decisions(weights=weights, warnings=(RunWarning(code="ALL_IS_WELL", detail="It is not."),))

@Hostile
def a_warning_that_is_none(weights):
    return Decisions(weights=weights, warnings=("ALL_IS_WELL",))

@Hostile
def a_long_warning(weights):
    return Decisions(weights=weights, warnings=(RunWarning(code="NO_EFFECT", detail="x" * 5000),))

@Hostile
def a_warning_without_end(weights):
    return Decisions(weights=weights, warnings=(RunWarning(code="NO_EFFECT", detail="x"),) * 100000)

@Hostile
def half_a_surrogate(weights):
    return Decisions(weights=weights, warnings=(RunWarning(code="NO_EFFECT", detail="\\ud800"),))

@Hostile
def a_symbol_that_is_none(weights):
    return Decisions(weights=weights, warnings=(RunWarning(code="NO_EFFECT", detail="x", symbol="../etc/passwd"),))

@Hostile
def a_pointer_that_is_none(weights):
    return Decisions(weights=weights, warnings=(RunWarning(code="NO_EFFECT", detail="x", pointer=5),))

@Hostile
def an_endless_indicator(weights):
    return Decisions(weights=weights, seen={"x": np.full(weights.shape, np.inf)})

@Hostile
def an_indicator_of_another_shape(weights):
    return Decisions(weights=weights, seen={"x": np.zeros(weights.shape + (2,))})

@Hostile
def an_indicator_of_words(weights):
    return Decisions(weights=weights, seen={"x": np.full(weights.shape, "x")})

@Hostile
def an_indicator_without_a_name(weights):
    return Decisions(weights=weights, seen={5: weights})

@Hostile
def indicators_without_end(weights):
    return Decisions(weights=weights, seen={str(n): weights for n in range(10000)})

@Hostile
def scores_of_another_shape(weights):
    return Decisions(weights=weights, scores=weights[0])

@Hostile
def another_class(weights):
    class Weights(np.ndarray):
        def sum(self, *given, **named):
            return np.zeros(len(self))
    return Decisions(weights=(weights * 5).view(Weights))
'''
PLANS = OPENING + '''
def planned(strategy, **changes):
    """Have a strategy answer the question for its plan with something else."""
    def ask(parameters):
        whole = {"parameters": parameters, "signals": [], "has_signal": False, "warm_up": [0, 0]} | changes
        write(frame(b"T", json.dumps(whole).encode()), frame(b"D", b""))
        time.sleep(600)
    strategy.warm_up = ask

@Hostile
def a_frequency_that_is_none(weights): pass

@Hostile
def no_frequency(weights): pass

@Hostile
def a_signal_elsewhere(weights): pass

@Hostile
def signals_without_end(weights): pass

@Hostile
def a_parameter_of_nan(weights): pass

@Hostile
def parameters_of_words(weights): pass

@Hostile
def a_look_back_of_words(weights): pass

planned(a_frequency_that_is_none, parameters={"rebalance_frequency": "hourly"})
planned(no_frequency, parameters={})
planned(a_signal_elsewhere, signals=[["../../etc/passwd", "/parameters/x"]])
planned(signals_without_end, signals=[[f"S{n}", "/parameters/x"] for n in range(1000)])
planned(a_parameter_of_nan, parameters={"rebalance_frequency": "monthly", "x": float("nan")})
planned(parameters_of_words, parameters="monthly")
planned(a_look_back_of_words, warm_up=["long", "longer"])
'''


def names(source: str) -> list[str]:
    return re.findall(r"^@Hostile\ndef (\w+)", source, re.MULTILINE)


CASES = [
    *((FRAMES, name, {"WORKER_CRASHED"}) for name in names(FRAMES)),
    *((MEDDLE, name, {"WORKER_CRASHED", "INTERNAL", "OK"}) for name in names(MEDDLE)),
    *((SAY, name, {"INTERNAL", "WORKER_CRASHED"}) for name in names(SAY)),
    *((PLANS, name, {"INTERNAL", "WORKER_CRASHED"}) for name in names(PLANS)),
]
EACH = pytest.mark.parametrize(("source", "strategy", "codes"), CASES, ids=[name for _, name, _ in CASES])


def asked(strategy: str, **changes: Any) -> dict[str, Any]:
    limits = {"timeout_seconds": 60}
    return request(**{"strategy": strategy, "request_id": "hostile", "limits": limits, **changes})


@pytest.mark.promise("forge_a_result", "announce_an_endless_frame", "replace_our_modules", "an_unknown_warning")
@EACH
def test_a_lie_is_one_document_of_its_own_run(source: str, strategy: str, codes: set[str], tmp_path: Path) -> None:
    run = run_runner(asked(strategy), env=plug_in(tmp_path, source) | MODES["on"])

    document = assert_one_document(run, quiet=False)

    assert code_of(document) in codes, (document, run.stderr[-600:])
    assert document["request_id"] == "hostile"
    assert "lie" not in document
    assert_nobody_left(run.mark)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("source", "codes"), [(FRAMES, {"WORKER_CRASHED"}), (MEDDLE, None)], ids=["frames", "meddle"])
def test_no_lie_reaches_the_next_request_of_a_worker(
    source: str, codes: set[str] | None, mode: str, tmp_path: Path
) -> None:
    with talking(env=plug_in(tmp_path, source) | MODES[mode]) as talk:
        talk.say(GOOD)
        before = untimed(talk.hear())
        for strategy in names(source):
            if mode == "off" and strategy == "stop_the_parent":  # without a sandbox it can
                continue
            talk.say(asked(strategy), GOOD)
            document, after = document_in(talk.hear()), talk.hear()
            assert document["request_id"] == "hostile", strategy
            assert codes is None or code_of(document) in codes, strategy
            assert untimed(after) == before, strategy
        talk.end()
        assert SECRET not in talk.stderr
    assert_nobody_left(talk.mark)


THROUGH_PROC = OPENING + '''
import re

def pipes_of(pid):
    for name in os.listdir(f"/proc/{pid}/fd"):
        try:
            if os.readlink(f"/proc/{pid}/fd/{name}").startswith("pipe:") and int(name) > 2:
                yield os.open(f"/proc/{pid}/fd/{name}", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            pass

def tell(*frames):
    for descriptor in pipes_of(os.getppid()):
        os.write(descriptor, b"".join(frames))
    time.sleep(600)

@Hostile
def no_json(weights):
    tell(frame(b"X", b""), frame(b"T", b"no JSON\\n"), frame(b"D", b"\\0"))

@Hostile
def nothing(weights):
    tell(frame(b"X", b""), frame(b"D", b"\\0"))

@Hostile
def not_a_number(weights):
    tell(frame(b"X", b""), frame(b"T", b'{"success": true, "x": NaN}\\n'), frame(b"D", b"\\0"))

@Hostile
def another_status(weights):
    tell(frame(b"X", b""), frame(b"T", b'{"success": true, "request_id": "hostile"}\\n'), frame(b"D", b"M"))

@Hostile
def another_request(weights):
    tell(frame(b"X", b""), frame(b"T", FORGED), frame(b"D", b"\\0"))

@Hostile
def two_documents(weights):
    tell(frame(b"X", b""), frame(b"T", b'{"success": true, "request_id":\\n"hostile"}\\n'), frame(b"D", b"\\0"))

@Hostile
def an_endless_frame(weights):
    tell(struct.pack("<cQ", b"T", 1 << 60))

@Hostile
def an_unknown_frame(weights):
    tell(frame(b"?", b""))

@Hostile
def a_longer_deadline(weights):
    tell(frame(b"L", b"1000"))

@Hostile
def another_id(weights):
    tell(frame(b"K", b'"forged"'))

@Hostile
def progress_of_garbage(weights):
    tell(frame(b"P", b'["dancing", 1, 2]'))
'''


@pytest.mark.parametrize("strategy", names(THROUGH_PROC))
def test_without_the_sandbox_a_bad_document_is_the_end_of_its_own_run_alone(strategy: str, tmp_path: Path) -> None:
    """Without Landlock a plug-in of the same user finds its parent's pipes: what comes of it is looked at."""
    env = plug_in(tmp_path, THROUGH_PROC) | MODES["off"]
    if strategy != "two_documents":  # whitespace in a document by itself
        run = run_runner(asked(strategy), env=env)
        assert_one_document(run, code="WORKER_CRASHED", quiet=False)
        assert_nobody_left(run.mark)
    with talking(env=env) as talk:
        talk.say(asked(strategy), GOOD)
        document, good = document_in(talk.hear()), document_in(talk.hear())
        assert (code_of(document), document["request_id"]) == ("WORKER_CRASHED", "hostile")
        assert (code_of(good), good["request_id"]) == ("OK", SECRET)
        assert talk.end()[0] == 0
    assert_nobody_left(talk.mark)


@pytest.mark.parametrize("written", ['"strategy" : "{}"', '"str\\u0061tegy": "{}"', '"strategy": "\\u{:04x}{}"'])
def test_a_process_that_ran_a_plug_in_has_no_other_request_however_the_name_is_written(
    written: str, tmp_path: Path
) -> None:
    name = written.format(ord("h"), "onest") if "{}{}" in written.replace("{:04x}", "{}") else written.format("honest")
    line = json.dumps(request(strategy="?")).replace('"strategy": "?"', name)
    assert json.loads(line)["strategy"] == "honest"
    with talking(env=MODES["on"]) as talk:
        assert talk.ask(GOOD)["success"]
        before = alive(talk.mark)
        assert talk.ask(GOOD)["success"]
        assert alive(talk.mark) == before
        assert talk.ask(line.encode())["success"]
        assert eventually(lambda: len(alive(talk.mark)) == 2 and set(alive(talk.mark)) != set(before))
        talk.end()


DEAF = '''
import ctypes
import time

@Hostile
def outlive(weights):
    ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)
    for number in range(1, 65):
        try:
            import signal
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.write(2, b"BEGUN")
    time.sleep(600)
'''


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    env = plug_in(tmp_path, DEAF) | MODES["on"]
    with running(asked("outlive"), env=env) as process:
        assert process.stderr is not None
        assert process.stderr.read(5) == b"BEGUN"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert_nobody_left(process.mark)  # type: ignore[attr-defined]


def test_an_honest_exception_reaches_the_operators_log_whole(tmp_path: Path) -> None:
    source = "\n@Hostile\ndef mistaken(weights):\n    raise ValueError('nobody divides by that')\n"
    run = run_runner(asked("mistaken"), env=plug_in(tmp_path, source) | MODES["on"])

    assert_one_document(run, code="INTERNAL", quiet=False)

    assert run.stderr.startswith("Traceback (most recent call last):")
    assert run.stderr.endswith("ValueError: nobody divides by that\n")
    assert "own_strategies.py" in run.stderr


REPORTS = '''
import time

class Slow(Hostile):
    HAS_SIGNAL = True
    schema = {**Hostile.schema, "properties": {"rebalance_frequency": {"enum": ["daily"], "default": "daily"}}}

    def decide(self, history, allocations, parameters):
        from backtester.strategies.protocol import Decisions
        for decision in range(history.shape[0]):
            history.common_returns(decision, 2, np.arange(2))
            time.sleep(0.002)
        return Decisions(weights=np.tile(allocations, (history.shape[0], 1)))

def slow(weights):
    pass

slow = Slow(slow)
'''


def test_progress_of_a_plug_in_is_told(tmp_path: Path) -> None:
    run = run_runner(asked("slow"), "--progress", env=plug_in(tmp_path, REPORTS) | MODES["on"])

    assert_one_document(run, code="OK", quiet=False)

    events = [json.loads(line) for line in run.stderr.splitlines()]
    inside = [event["completed"] for event in events if event["stage"] == "simulating"]
    assert len({*inside} - {0, events[-2]["total"]}) >= 2, events
    assert inside == sorted(inside)


def test_a_frame_that_is_too_long_is_refused_before_it_is_read() -> None:
    """In a process of its own, whose memory would not hold what the header announces."""
    code = (
        "import os, struct\n"
        "from backtester.runtime.frames import FrameReader, MalformedError\n"
        "reading, writing = os.pipe()\n"
        "os.write(writing, struct.pack('<cQ', b'T', 1 << 60))\n"
        "try:\n    FrameReader(reading).wait()\n"
        "except MalformedError as error:\n    print(error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment(), capture_output=True, timeout=60)
    assert done.stdout == b"WORKER_CRASHED\n", os.fsdecode(done.stderr)


def test_weights_in_single_precision_keep_the_books_in_double(tmp_path: Path) -> None:
    source = "\n@Hostile\ndef single(weights):\n    from backtester.strategies.protocol import Decisions\n"
    source += "    return Decisions(weights=weights.astype(np.float32))\n"
    run = run_runner(asked("single"), env=plug_in(tmp_path, source) | MODES["on"])

    document = assert_one_document(run, code="OK")

    assert document["audit"]["equity_residual"] < 1e-12


IMPORTED = {
    "exits": "os._exit(0)", "prints": "print('{}')", "raises": "raise ValueError",
    "sleeps": "import time; time.sleep(600)",
    "writes": "[os.write(fd, b'{}') for fd in range(256) if os.path.exists(f'/proc/self/fd/{fd}')]",
    "meddles": "import json; json.dumps = lambda *given, **named: 'lies'",
}  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("deed", IMPORTED)
def test_the_list_of_strategies_is_one_document_whatever_an_import_does(deed: str, mode: str, tmp_path: Path) -> None:
    source = f"\n{IMPORTED[deed]}\n\n@Hostile\ndef imported(weights):\n    pass\n"
    env = plug_in(tmp_path, source) | MODES[mode]
    if deed == "sleeps":
        env |= {"BACKTEST_TIMEOUT_SECONDS": "3"}
    run = run_runner(b"", "--list-strategies", env=env)

    assert run.exit == 0, run.stderr
    listed = [entry["name"] for entry in run.document]
    assert "momentum" in listed
    assert ("imported" in listed) != ("The strategy imported is left out." in run.stderr)
    assert ("imported" in listed) or deed != "prints"
    assert_nobody_left(run.mark)
