"""Sources of prices that lie, write, print, crash or stay: one document each, and nobody else hears of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.documents import assert_one_document, code_of, document_in, untimed
from tests.support.own_sources import GOOD, ask, installed
from tests.support.paths import ROOT
from tests.support.processes import alive, assert_nobody_left, eventually
from tests.support.runner import environment, finish, run_runner, running
from tests.support.sample_requests import one_holding, request
from tests.support.talk import talking

pytestmark = pytest.mark.full

SECRET = "the next owner's request"
STAY = "time.sleep(600)"


def said(columns: object = ("close",), finished: object = None) -> str:
    """Return the frame of a text that announces columns."""
    return f"frame(b'T', json.dumps({{'columns': {columns!r}, 'finished': {finished!r}}}).encode())"


def block(*values: str) -> str:
    return f"frame(b'C', struct.pack('={len(values)}d', {', '.join(values)}))"


DONE = "frame(b'D', b'')"
NAN, INFINITY = "float('nan')", "float('inf')"
FRAMES = {
    "a_result": f"write(frame(b'X', b''), frame(b'T', FORGED), frame(b'D', b'\\0')); {STAY}",
    "a_document": f"write(frame(b'T', FORGED), frame(b'D', b'\\0')); {STAY}",
    "nothing": f"write({DONE}); {STAY}",
    "no_json": f"write(frame(b'T', b'no JSON'), {DONE}); {STAY}",
    "two_texts": f"write({said()}, {said()}, {block('1.0')}, {block('1.0')}, {DONE}); {STAY}",
    "nested_lists": f"write(frame(b'T', b'[' * 20000), {DONE}); {STAY}",
    "nan_in_json": f"write(frame(b'T', b'{{\"columns\": NaN}}'), {DONE}); {STAY}",
    "an_endless_frame": "write(struct.pack('<cQ', b'C', 1 << 60))\n    while True: write(bytes(1 << 16))",
    "frames_without_end": f"write({said()})\n    while True: write({block('1.0')})",
    "progress": f"write(frame(b'P', b'[\"dancing\", 1, 2]')); {STAY}",
    "limits": f"write(frame(b'L', b'1000')); {STAY}",
    "half_a_double": f"write({said()}, frame(b'C', b'1234567'), {DONE}); {STAY}",
    "a_block_too_few": f"write({said()}, {block('1.0')}, {DONE}); {STAY}",
    "a_block_too_many": f"write({said()}, {block('1.0')}, {block('1.0')}, {block('1.0')}, {DONE}); {STAY}",
    "a_day_of_nan": f"write({said()}, {block(NAN)}, {block('1.0')}, {DONE}); {STAY}",
    "an_infinite_day": f"write({said()}, {block(INFINITY)}, {block('1.0')}, {DONE}); {STAY}",
    "half_a_day": f"write({said()}, {block('0.5')}, {block('1.0')}, {DONE}); {STAY}",
    "an_unknown_column": f"write({said(['close', 'days'])}, *[{block('1.0')}] * 3, {DONE}); {STAY}",
    "a_column_twice": f"write({said(['close', 'close'])}, *[{block('1.0')}] * 3, {DONE}); {STAY}",
    "no_close": f"write({said(['open'])}, {block('1.0')}, {block('1.0')}, {DONE}); {STAY}",
    "columns_of_words": f"write({said('close')}, {block('1.0')}, {block('1.0')}, {DONE}); {STAY}",
    "a_finish_that_is_none": f"write({said(finished='soon')}, {block('1.0')}, {block('1.0')}, {DONE}); {STAY}",
    "an_unknown_failure": f"write(frame(b'T', b'{{\"failure\": [\"cancelled\", \"\", null]}}'), {DONE}); {STAY}",
    "a_failure_of_numbers": f"write(frame(b'T', b'{{\"failure\": [\"unavailable\", 7, null]}}'), {DONE}); {STAY}",
    "a_failure_without_end": (
        f"write(frame(b'T', json.dumps({{'failure': ['unavailable', 'x' * 5000, None]}}).encode()), {DONE}); {STAY}"
    ),
    "half_a_surrogate": (
        f"write(frame(b'T', b'{{\"failure\": [\"unavailable\", \"\\\\ud800\", null]}}'), {DONE}); {STAY}"
    ),
    "an_error_of_the_service": (
        f"write(frame(b'T', b'{{\"error\": [\"UNAUTHENTICATED\", \"no\", \"no\", []]}}'), {DONE}); {STAY}"
    ),
    "replaced_json": f"json.dumps = lambda *given, **named: 'lies'; {GOOD}",
    "an_exit": "os._exit(77)",
    "closed_descriptors": f"os.closerange(0, 256); {GOOD}",
}  # fmt: skip


def asked(name: str = "own") -> dict[str, object]:
    return request(
        holdings=one_holding("ZZZ"), data={"source": name}, request_id="hostile", limits={"timeout_seconds": 60}
    )


@pytest.mark.parametrize("lie", FRAMES)
def test_a_lie_is_one_document_of_its_own_run(lie: str, tmp_path: Path) -> None:
    run = run_runner(asked(), env=installed(tmp_path, own=FRAMES[lie]))
    document = assert_one_document(run, code="WORKER_CRASHED", quiet=False)
    assert document["request_id"] == "hostile"
    assert_nobody_left(run.mark)
    store = tmp_path / "cache/prices.sqlite3"
    assert not store.exists() or b"ZZZ" not in store.read_bytes()


@pytest.mark.parametrize("mode", ["on", "off"])
def test_no_lie_reaches_the_next_request_of_a_worker(mode: str, tmp_path: Path) -> None:
    env = {**installed(tmp_path, **FRAMES), "BACKTEST_SANDBOX": mode}
    good = request(request_id=SECRET)
    with talking(env=env) as talk:
        talk.say(good)
        before = untimed(talk.hear())
        for lie in FRAMES:
            talk.say(asked(lie), good)
            document, after = document_in(talk.hear()), talk.hear()
            assert (code_of(document), document["request_id"]) == ("WORKER_CRASHED", "hostile"), lie
            assert untimed(after) == before, lie
        talk.end()
    assert_nobody_left(talk.mark)


SPY = """listen()
    for path in [f"/proc/{os.getppid()}/{name}" for name in ("environ", "cmdline", "maps", "mem", "fd")] + ["/proc"]:
        try:
            found = os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(1 << 10)
            os.write(2, b"COULD READ " + path.encode())
        except OSError:
            pass
    """


def test_it_reads_no_request_of_another_run(tmp_path: Path) -> None:
    with talking(env={**installed(tmp_path, own=SPY + GOOD), "BACKTEST_SANDBOX": "on"}) as talk:
        talk.say(asked(), request(request_id=SECRET))
        first, second = document_in(talk.hear()), document_in(talk.hear())
        assert (code_of(first), code_of(second)) == ("OK", "OK")
        assert second["request_id"] == SECRET
        talk.end()
        assert SECRET not in talk.stderr
        assert "HEARD" not in talk.stderr
        assert "COULD READ" not in talk.stderr


def test_it_neither_reads_nor_writes_the_store(tmp_path: Path) -> None:
    deeds = """
    folder = os.environ["BACKTEST_CACHE_DIR"]
    for name, deed in {
        "list": lambda: os.listdir(folder), "read": lambda: open(folder + "/prices.sqlite3", "rb").read(),
        "write": lambda: open(folder + "/evil", "w"), "change": lambda: open(folder + "/prices.sqlite3", "r+b"),
        "remove": lambda: os.remove(folder + "/prices.sqlite3"), "rename": lambda: os.rename(folder, folder + "2"),
        "fork": os.fork, "kill": lambda: os.kill(os.getppid(), 0), "nice": lambda: os.nice(1) or os.setsid(),
    }.items():
        try:
            deed()
            os.write(2, b"COULD " + name.encode())
        except OSError:
            pass
    """
    code, store = tmp_path / "code", tmp_path / "store"
    code.mkdir()
    env = {**installed(code, own=deeds + GOOD, good=GOOD), "BACKTEST_CACHE_DIR": str(store), "BACKTEST_SANDBOX": "on"}
    assert_one_document(ask(env, "good"), code="OK")
    before = sorted(path.name for path in store.iterdir())
    run = ask(env)
    assert_one_document(run, code="OK", quiet=False)
    assert "COULD" not in run.stderr
    assert sorted(path.name for path in store.iterdir()) == before
    assert_one_document(ask({**env, "BACKTEST_OFFLINE": "1"}, "good"), code="OK")


def test_it_has_two_pipes_and_may_connect(tmp_path: Path) -> None:
    look = """
    import socket
    socket.create_server  # its module is there
    socket.socket(socket.AF_INET, socket.SOCK_STREAM).close()
    opened = []
    for descriptor in range(256):
        try:
            os.fstat(descriptor)
            opened.append(descriptor)
        except OSError:
            pass
    os.write(2, f"OPEN {len(opened)} {len({os.fstat(each).st_ino for each in opened[1:]})}".encode())
    """
    run = ask({**installed(tmp_path, own=look + GOOD), "BACKTEST_SANDBOX": "on"})
    assert_one_document(run, code="OK", quiet=False)
    assert "OPEN 4 2" in run.stderr, "nothing on 0, the log on 1 and 2, and the answer"


DEAF = """import signal
    for number in range(1, 65):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    os.write(2, b"BEGUN")
    time.sleep(600)"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_its_run(number: signal.Signals, tmp_path: Path) -> None:
    with running(asked(), env=installed(tmp_path, own=DEAF)) as process:
        assert process.stderr is not None
        assert process.stderr.read(5) == b"BEGUN"
        process.send_signal(number)
        if number == signal.SIGKILL:
            process.wait()
        else:
            assert_one_document(finish(process), code="CANCELLED", quiet=False)
        assert_nobody_left(process.mark)  # type: ignore[attr-defined]


def test_without_fork_it_is_asked_where_prices_are_loaded(tmp_path: Path) -> None:
    env = installed(tmp_path, own=f"os.write(2, str(hasattr(os, 'fork')).encode()); {GOOD}")
    forked = run_runner(asked(), env=env)
    assert_one_document(forked, code="OK", quiet=False)
    (tmp_path / "cache/prices.sqlite3").unlink()
    (tmp_path / "sitecustomize.py").write_text("import os\ndel os.fork\n")
    run = run_runner(asked(), env=env)
    assert_one_document(run, code="OK", quiet=False)
    assert (forked.stderr, run.stderr) == ("True", "False")
    assert untimed(run.stdout) == untimed(forked.stdout)


@pytest.mark.parametrize("ends", [True, False])
def test_its_log_has_an_end(ends: bool, tmp_path: Path) -> None:
    times = "for _ in range(400)" if ends else "while True"
    body = f"{times}: os.write(1, bytes(1 << 16))\n    {GOOD}"
    run = ask(installed(tmp_path, own=body), limits={"timeout_seconds": 60 if ends else 2})
    assert_one_document(run, code="OK" if ends else "TIMEOUT", quiet=False)
    assert len(run.stderr) < (16 << 20) + 1000
    assert "The rest is left out." in run.stderr
    assert_nobody_left(run.mark)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("return quotes(start, end, days=[start] * (1 << 20), close=[1.0] * (1 << 20))", "more than 131072"),
        ("return Quotes(days=np.broadcast_to(np.datetime64('2020-01-02'), 1 << 40), close=[1])", "more than 131072"),
        ("return Quotes(days=[start], close=np.ones((1, 1)))", "close is no list"),
        ("return Quotes(days=[start], close=[1 + 1j])", "close is no list of numbers"),
        ("return Quotes(days=[start], close=[1e308], splits=[1e308])", None),
    ],
)  # fmt: skip
def test_arrays_that_are_no_quotes_are_a_fault_that_is_told(body: str, words: str | None, tmp_path: Path) -> None:
    run = ask(installed(tmp_path, own=body))
    document = assert_one_document(run, quiet=False)
    assert words is None or (document["code"] == "INTERNAL" and words in document["detail"])


def test_closes_of_nan_are_no_prices(tmp_path: Path) -> None:
    run = ask(installed(tmp_path, own="return quotes(start, end, close=[float('nan')] * len(weekdays(start, end)))"))
    assert_one_document(run, code="NO_DATA_IN_RANGE")


def test_many_symbols_at_once_have_the_numbers_of_a_run_without_isolation(tmp_path: Path) -> None:
    closes = "[50.0 + (day.toordinal() * ord(symbol[-1])) % 17 for day in days]"
    body = f"days = weekdays(start, end); return quotes(start, end, close={closes}, dividends=[0] * len(days))"
    env = installed(tmp_path, own=body)
    names = [f"Z{letter}" for letter in "ABCDEFGHIJKLMNOPQRST"]
    wanted = request(holdings=[{"symbol": name, "allocation": 0.05} for name in names], data={"source": "own"})
    run = run_runner(wanted, env=env)
    assert_one_document(run, code="OK")
    (tmp_path / "other").mkdir()
    code = (
        "import backtester, json, sys; from backtester.codec.document import encode; "
        "sys.stdout.buffer.write(encode(backtester.run(json.load(sys.stdin))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(wanted).encode(), cwd=ROOT, capture_output=True, timeout=60,
        env=environment({**env, "BACKTEST_CACHE_DIR": str(tmp_path / "other")}), check=True,
    )  # fmt: skip
    assert untimed(run.stdout) == untimed(done.stdout)


def test_a_worker_that_asked_one_is_replaced(tmp_path: Path) -> None:
    with talking(env=installed(tmp_path, own=GOOD)) as talk:
        assert talk.ask(request())["success"]
        before = alive(talk.mark)
        assert talk.ask(asked())["success"]
        assert eventually(lambda: len(alive(talk.mark)) == len(before) and set(alive(talk.mark)) != set(before))
        talk.end()


@pytest.mark.parametrize(
    ("body", "exit_code", "code"),
    [(GOOD, 0, None), ("print('spoken'); " + GOOD, 0, None), ("os._exit(77)", None, "WORKER_CRASHED"),
     (FRAMES["a_result"], None, "WORKER_CRASHED"), ("raise SourceFailure(NOT_FOUND)", None, "SYMBOL_NOT_FOUND")],
)  # fmt: skip
def test_prices_fetch_asks_it_in_the_same_way(
    body: str, exit_code: int | None, code: str | None, tmp_path: Path
) -> None:
    env = installed(tmp_path, own=body)
    fetch = ("fetch", "ZZZ", "--source", "own", "--start", "2020-01-01", "--end", "2020-06-30", "--json")
    run = run_runner(b"", "prices", *fetch, env=env, entry=("-m", "backtester"))
    assert run.document["success"] == (code is None), run.stderr
    assert [error["code"] for error in run.document["errors"]] == ([] if code is None else [code])
    assert exit_code is None or run.exit == exit_code
    assert ("spoken" in body) == ("spoken" in run.stderr)
    assert_nobody_left(run.mark)
