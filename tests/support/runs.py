"""Shared by the black-box tests: run the real runner as a child process, and judge what it wrote."""

from __future__ import annotations

import contextlib
import errno
import functools
import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
RUNNER = str(ROOT / "backtest_runner.py")
SCHEMAS = ROOT / "schemas"
PLUG_INS = ROOT / "tests" / "contract" / "plugins"
MARK = "TEST_RUN_MARK"
PATIENCE = 60.0  # seconds; far more than any run takes, so that only a hang reaches it
MARGIN = 4.0  # seconds beyond a deadline that a busy machine may take for starting and ending processes
MAX_ECHO = 100

# The contract's table: code -> exit status, HTTP status, retryable. Written out here on purpose, not imported.
CODES: dict[str, tuple[int, int, bool]] = {
    "INVALID_JSON": (2, 400, False), "VALIDATION_FAILED": (2, 422, False), "UNKNOWN_STRATEGY": (2, 422, False),
    "SYMBOL_NOT_FOUND": (3, 422, False), "NO_DATA_IN_RANGE": (3, 422, False), "INSUFFICIENT_HISTORY": (3, 422, False),
    "DATA_GAP": (3, 422, False), "DATA_SOURCE_UNAVAILABLE": (3, 503, True), "RATE_LIMITED": (3, 503, True),
    "PRICES_UNREADABLE": (3, 422, False),
    "TIMEOUT": (4, 504, False), "MEMORY_LIMIT": (4, 507, False), "REQUEST_TOO_LARGE": (4, 413, False),
    "TOO_MANY_REQUESTS": (4, 429, True),
    "CANCELLED": (5, 499, True), "WORKER_CRASHED": (1, 500, True), "INTERNAL": (1, 500, False),
}  # fmt: skip

CANONICAL: dict[str, Any] = {
    "strategy": "momentum",
    "holdings": [{"symbol": "SPY", "allocation": 0.5}, {"symbol": "QQQ", "allocation": 0.5}],
    "start_date": "2022-01-01",
    "end_date": "2023-12-31",
    "parameters": {"lookback_period": 60, "top_n": 3, "rebalance_frequency": "monthly"},
}


class Run(NamedTuple):
    """What came of one run. document: None where stdout was not one JSON value."""

    exit: int
    document: Any
    stderr: str
    seconds: float
    stdout: bytes
    mark: str


def request(**changes: Any) -> dict[str, Any]:
    """Return a small valid request on bundled prices, with some keys changed; `...` drops a key."""
    whole = {
        "strategy": "buy_hold",
        "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
        "start_date": "2020-01-01",
        "end_date": "2020-12-31",
        "data": {"source": "bundled"},
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def one_holding(symbol: str = "AAPL") -> list[dict[str, Any]]:
    return [{"symbol": symbol, "allocation": 1}]


def inline(close: dict[str, Any], dates: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    """Return a request that carries its prices: ten weekdays from 2024-01-01 unless `dates` are given."""
    days = dates if dates is not None else WEEKDAYS
    opens = {"open": changes.pop("open")} if "open" in changes else {}
    data = {"source": "inline", "prices": {"dates": days, "close": close, **opens}, **changes.pop("data", {})}
    share = 1 / max(len(close), 1)
    holdings = [{"symbol": symbol, "allocation": share} for symbol in close] or one_holding("X")
    return request(
        **{"holdings": holdings, "start_date": "2024-01-01", "end_date": "2024-01-12", "data": data, **changes}
    )


WEEKDAYS = [f"2024-01-{day:02d}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
RISING = [100.0, 101.0, 102.0, 101.5, 103.0, 104.0, 103.5, 105.0, 106.0, 107.0]


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


def apart(work: Callable[[], Any]) -> Any:
    """Return what `work` returns in a process of its own, or the name of the error it ends on."""
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            said = work()
        except OSError as error:
            said = errno.errorcode.get(error.errno or 0, str(error))
        except BaseException as error:
            said = repr(error)
        os.write(writes, json.dumps(said).encode())
        os._exit(0)
    os.close(writes)
    answer = b""
    while piece := os.read(reads, 1 << 16):
        answer += piece
    os.close(reads)
    os.waitpid(child, 0)
    return json.loads(answer)


def to_bytes(asked: Any) -> bytes:
    return asked if isinstance(asked, bytes) else json.dumps(asked).encode()


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
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, *entry, *args], input=to_bytes(asked), capture_output=True, env=child, timeout=timeout,
        cwd=ROOT, check=False, pass_fds=pass_fds,
    )  # fmt: skip
    seconds = time.monotonic() - started
    return Run(
        done.returncode, parse(done.stdout), done.stderr.decode("utf-8", "replace"), seconds, done.stdout, child[MARK]
    )


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
    started = time.monotonic()
    if process.stdin is not None and process.stdin.closed:
        process.stdin = None
    if process.stdout is not None and process.stdout.closed:
        process.stdout = None
    out, err = process.communicate(timeout=timeout)
    seconds = time.monotonic() - started
    mark: str = process.mark  # type: ignore[attr-defined]
    stdout = out or b""
    return Run(process.returncode, parse(stdout), (err or b"").decode("utf-8", "replace"), seconds, stdout, mark)


def parse(stdout: bytes) -> Any:
    """Return the JSON value that stdout is, None where it is not exactly one (or holds NaN or a repeated key)."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in items}) != len(items):
            raise ValueError("repeated key")
        return dict(items)

    try:
        return json.loads(stdout, parse_constant=refuse, object_pairs_hook=pairs)
    except ValueError:
        return None


def assert_one_document(run: Run, *, code: str | None = None, quiet: bool = True, asked: Any = None) -> dict[str, Any]:
    """Check all that holds of every answer, and return the document.

    code: the error it must be (None: whatever it says of itself; "OK" for a success). quiet: nothing on stderr.
    asked: the request, of which no more than 100 characters in a row may come back in an error.
    """
    shown = f"exit {run.exit}, stdout {run.stdout[:400]!r}, stderr {run.stderr[-800:]!r}"
    assert isinstance(run.document, dict), f"not one JSON object on stdout: {shown}"
    assert run.stdout.isascii(), shown
    assert run.stdout.endswith(b"\n"), shown
    document: dict[str, Any] = run.document
    if quiet:
        assert run.stderr == "", shown
    if code is not None:
        assert (document.get("code") or "OK") == code, shown
    assert_fits(document)
    if document["success"]:
        assert run.exit == 0, shown
    else:
        exit_code, status, retryable = CODES[document["code"]]
        assert (run.exit, document["status"], document["retryable"]) == (exit_code, status, retryable), shown
        assert_discreet(document, asked)
    return document


def assert_fits(document: dict[str, Any]) -> None:
    """Check a document against schemas/result.schema.json or schemas/error.schema.json, by what it says it is."""
    assert document["success"] in (True, False)
    assert_schema(document, "result" if document["success"] else "error")


def assert_schema(document: Any, name: str) -> None:
    errors = [*validator(name).iter_errors(document)]
    assert not errors, "; ".join(f"{error.json_path}: {error.message[:200]}" for error in errors[:5])


@functools.cache
def validator(name: str) -> Any:
    """Return a validator of schemas/<name>.schema.json that follows references between the files."""
    from jsonschema import Draft202012Validator, FormatChecker
    from referencing import Registry, Resource

    registry: Registry[Any] = Registry()
    for file in SCHEMAS.rglob("*.schema.json"):
        schema = json.loads(file.read_text())
        registry = registry.with_resource(schema["$id"], Resource.from_contents(schema))
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text())
    return Draft202012Validator(schema, registry=registry, format_checker=FormatChecker())


def assert_discreet(document: dict[str, Any], asked: Any = None) -> None:
    """Check that an error says nothing of the program's inside, and repeats little of what it was sent."""
    text = json.dumps(document)
    for word in ("Traceback", "site-packages", ".py", str(ROOT), "0x7f"):
        assert word not in text, f"{word!r} in {text[:600]}"
    sent = "" if asked is None else asked.decode("utf-8", "replace") if isinstance(asked, bytes) else json.dumps(asked)
    for said in strings({key: value for key, value in document.items() if key != "request_id"}):
        assert len(said) <= 3000, said[:200]
        for start in range(len(said) - MAX_ECHO):
            piece = said[start : start + MAX_ECHO + 1]
            assert len(sent) > 200_000 or piece not in sent, f"echoed: {piece!r}"
            assert not re.fullmatch(r"(.)\1+", piece), f"echoed: {piece!r}"


def strings(value: Any) -> Iterator[str]:
    """Yield every string in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def problems(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (pointer, code) of every entry of `errors`, in their order."""
    return [(problem["pointer"], problem["code"]) for problem in document["errors"]]


def warning_codes(document: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in document["warnings"]]


def untimed(stdout: bytes) -> bytes:
    """Return the document's bytes without the value of timing_ms."""
    cut, count = re.subn(rb'"timing_ms": ?\{[^}]*\}', b'"timing_ms":{}', stdout)
    assert count == 1, stdout[:300]
    return cut


def alive(mark: str) -> list[int]:
    """Return the processes that carry the mark in their environment and still run; a zombie does not."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit() and int(entry) != os.getpid():
            with contextlib.suppress(OSError):
                if wanted in Path(f"/proc/{entry}/environ").read_bytes().split(b"\0") and is_running(int(entry)):
                    found.append(int(entry))
    return found


def is_running(pid: int) -> bool:
    """Tell by its state in /proc whether a process exists and is neither zombie nor dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"


def assert_nobody_left(mark: str, *, within: float = 2.0) -> None:
    """Check that every process of a run is gone; the kernel may take a moment over it."""
    if not eventually(lambda: not alive(mark), within=within):
        left = {pid: Path(f"/proc/{pid}/cmdline").read_bytes()[:200] for pid in alive(mark)}
        raise AssertionError(f"still running: {left}")


def eventually(condition: Callable[[], Any], *, within: float = 20.0) -> bool:
    """Wait until a condition holds; False when it does not in time."""
    ends = time.monotonic() + within
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.01)
    return bool(condition())


class Talk:
    """A runner that answers line by line: what is said to it, and what it answers."""

    def __init__(self, process: subprocess.Popen[bytes], stderr: IO[bytes]) -> None:
        self.process = process
        self.mark: str = process.mark  # type: ignore[attr-defined]
        self._stderr = stderr
        self._heard = bytearray()

    def say(self, *asked: Any) -> None:
        """Write requests, a line each."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(to_bytes(one) + b"\n" for one in asked))
        self.process.stdin.flush()

    def hear(self, *, within: float = PATIENCE) -> bytes:
        """Return the next line, its end included; b"" at the end of the stream."""
        assert self.process.stdout is not None
        ends = time.monotonic() + within
        while b"\n" not in self._heard:
            ready = select.select([self.process.stdout], [], [], max(ends - time.monotonic(), 0))[0]
            assert ready, f"no answer; so far {bytes(self._heard[:400])!r}, stderr {self.stderr[-800:]!r}"
            piece = os.read(self.process.stdout.fileno(), 1 << 16)
            if not piece:
                break
            self._heard += piece
        end = self._heard.find(b"\n") + 1 or len(self._heard)
        line = bytes(self._heard[:end])
        del self._heard[:end]
        return line

    def ask(self, asked: Any) -> dict[str, Any]:
        """Say one request and return the document that comes next."""
        self.say(asked)
        return document_in(self.hear())

    def documents(self, count: int) -> list[dict[str, Any]]:
        """Return so many documents, in the order in which they come."""
        return [document_in(self.hear()) for _ in range(count)]

    def close(self) -> None:
        """End its stdin."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> tuple[int, list[bytes]]:
        """End its stdin and wait for it; return the exit status and the lines that still came."""
        self.close()
        lines = [*iter(self.hear, b"")]
        return self.process.wait(timeout=PATIENCE), lines

    @property
    def stderr(self) -> str:
        """What it said on stderr so far."""
        return os.pread(self._stderr.fileno(), 1 << 24, 0).decode("utf-8", "replace")


@contextlib.contextmanager
def talking(*args: str, **options: Any) -> Iterator[Talk]:
    """Start a runner with flags (`--worker`, unless there are others) and talk to it; `options` as in `running`."""
    flags = args or ("--worker",)
    with (
        tempfile.TemporaryFile() as stderr,
        running(None, *flags, **{"stderr": stderr, **options}) as process,
    ):
        yield Talk(process, stderr)


def document_in(line: bytes) -> dict[str, Any]:
    """Return the document that a line is, having checked what holds of every one."""
    document = parse(line)
    assert isinstance(document, dict), f"not one JSON object: {line[:400]!r}"
    assert line.isascii(), line[:400]
    assert line.endswith(b"\n"), line[-400:]
    assert_fits(document)
    return document


def code_of(document: dict[str, Any]) -> str:
    """Return the code of an error, "OK" for a result."""
    return "OK" if document["success"] else str(document["code"])


def children(pid: int) -> list[int]:
    """Return the children of a process, zombies included."""
    with contextlib.suppress(OSError):
        return [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return []


def rss_mb(pid: int) -> float:
    """Return the resident memory of a process, MiB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
