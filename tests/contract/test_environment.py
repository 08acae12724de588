"""A Python that is too old, or that lacks a module: a document that names the interpreter and the command."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from backtester.codec.document import encode_error
from backtester.commands.refuse_all import OLDEST
from backtester.model.errors import InternalError
from tests.support.documents import assert_schema, untimed
from tests.support.paths import ROOT, RUNNER
from tests.support.runner import environment, run_runner
from tests.support.sample_requests import request

pytestmark = pytest.mark.xdist_group("environment")  # they share the interpreters that they make
SITE = Path(sysconfig.get_path("purelib"))
READ_BY_OLD = ["backtest_runner.py", *(f"backtester/{name}.py" for name in ("__init__", "__main__", "model/__init__"))]
READ_BY_OLD += [f"backtester/commands/{name}.py" for name in ("__init__", "refuse_all")]
ASKED = json.dumps(request(request_id="r-1")).encode()
INVALID = json.dumps(request(request_id="r-1", holdings=[])).encode()  # only a refusal takes jsonschema
# so much of an old Python every machine has: the version that the entry files ask for
PRETENDED = (
    "import runpy, sys; sys.version_info = (3, 8, 18, 'final', 0); sys.path.insert(0, sys.argv[1]); del sys.argv[0:2]; "
    "{}"
)
AS_SCRIPT = PRETENDED.format(f"sys.argv.insert(0, {RUNNER!r}); runpy.run_path(sys.argv[0], run_name='__main__')")
AS_MODULE = PRETENDED.format("sys.argv.insert(0, '-m'); runpy.run_module('backtester', run_name='__main__')")


class Answer(NamedTuple):
    """What a process wrote, and how it ended."""

    exit: int
    lines: list[dict[str, Any]]
    stdout: bytes
    stderr: str


def old_pythons() -> Iterator[str]:
    """Yield the interpreters of this machine that are too old: on PATH, and pyenv's."""
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    for name in ("2.7", *(f"3.{minor}" for minor in range(6, 11))):
        found = [*versions.glob(f"{name}.*/bin/python{name}"), *filter(None, [shutil.which(f"python{name}")])]
        for path in found:
            code = f"import sys; sys.exit('%d.%d' % sys.version_info[:2] != '{name}')"
            if subprocess.run([path, "-c", code], check=False, capture_output=True).returncode == 0:
                yield str(path)
                break


OLD = [*old_pythons()]
STARTS = [
    pytest.param(
        ([sys.executable, "-c", AS_SCRIPT, str(ROOT)], [sys.executable, "-c", AS_MODULE, str(ROOT)]), id="pretended"
    ),
    *(pytest.param(([path, RUNNER], [path, "-m", "backtester"]), id=os.path.basename(path)) for path in OLD),
]


def answer(
    command: list[str], *arguments: str, asked: bytes = ASKED, env: dict[str, str | None] | None = None
) -> Answer:
    done = subprocess.run(
        [*command, *arguments], input=asked, capture_output=True, cwd=ROOT, timeout=60, check=False,
        env=environment({"PYTHONDONTWRITEBYTECODE": "1", **(env or {})}),
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()] if done.stdout[1:2] != b"\n" else []
    return Answer(done.returncode, lines, done.stdout, done.stderr.decode())


def assert_environment(document: dict[str, Any], *, request_id: str | None = "r-1") -> None:
    assert_schema(document, "error")
    assert (document["code"], document["status"], document["retryable"]) == ("ENVIRONMENT", 500, False)
    assert document.get("request_id") == request_id
    assert "Run `" in document["remedy"]


# --- too old a Python


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("entry", [0, 1], ids=["script", "module"])
def test_an_old_python_answers_with_the_document_that_a_new_one_would_write(start: Any, entry: int) -> None:
    made = answer(start[entry])

    (document,) = made.lines
    assert_environment(document)
    assert (made.exit, made.stderr) == (1, "")
    assert "The runner needs Python 3.11 or newer." in document["detail"]
    assert start[0][0] in document["detail"] or os.path.realpath(start[0][0]) in document["detail"]
    error = InternalError("ENVIRONMENT", document["detail"], remedy=document["remedy"])
    assert made.stdout == encode_error(error, "r-1")
    assert answer(start[entry], "--pretty").stdout == encode_error(error, "r-1", pretty=True)


@pytest.mark.parametrize("start", STARTS)
def test_an_old_python_answers_each_line(start: Any) -> None:
    asked = (
        b'{"request_id":"a"}\n\n{"request_id":"\xc3\xa9"}\r\ncancel "a"\n[' + b"[" * 5000 + b'\n{"request_id":7}\nno'
    )
    worker, batch = answer(start[0], "--worker", asked=asked), answer(start[0], "--batch", "--jobs", "2", asked=asked)

    assert [line.get("request_id") for line in worker.lines] == ["a", "é", None, None, None]
    for line in worker.lines:
        assert_environment(line, request_id=line.get("request_id"))
    assert worker.stdout == batch.stdout
    assert (worker.exit, worker.stderr, batch.exit, batch.stderr) == (0, "", 1, "")


@pytest.mark.parametrize("start", STARTS)
def test_an_old_python_heeds_exit_zero_and_reads_no_request_for_what_needs_none(start: Any) -> None:
    assert answer(start[0], "--exit-zero").exit == 0
    for flag in ("--list-strategies", "--version", "--help"):
        made = answer(start[0], flag)
        assert (made.exit, made.lines[0]["code"], "request_id" in made.lines[0]) == (1, "ENVIRONMENT", False)


@pytest.mark.parametrize("start", STARTS)
def test_an_old_python_answers_at_once_and_ends_when_told_to(start: Any) -> None:
    with subprocess.Popen(
        [*start[0], "--worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
        env=environment({"PYTHONDONTWRITEBYTECODE": "1"}),
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(ASKED + b"\n")
        process.stdin.flush()
        assert_environment(json.loads(process.stdout.readline()))
        process.terminate()
        assert process.wait(60) == 5


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("command", ["serve", "work", "keys", "golden", "report"])
def test_an_old_python_says_it_in_a_line_where_a_command_writes_no_document(start: Any, command: str) -> None:
    made = answer(start[1], command)

    assert (made.exit, made.stdout, made.stderr.count("\n")) == (1, b"", 1)
    assert "The runner needs Python 3.11 or newer. " in made.stderr


def test_the_oldest_python_is_that_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["requires-python"] == f">={OLDEST[0]}.{OLDEST[1]}"
    for name in READ_BY_OLD:
        assert set(re.findall(r"version_info >?<?=? ?(\(.+?\))", (ROOT / name).read_text())) <= {str(OLDEST)}


NOT_IN_PYTHON_2 = (
    ast.AnnAssign, ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await, ast.JoinedStr, ast.MatMult, ast.Match,
    ast.NamedExpr, ast.Nonlocal, ast.Starred, ast.TryStar, ast.YieldFrom,
)  # fmt: skip


@pytest.mark.parametrize("name", READ_BY_OLD)
def test_what_an_old_python_reads_is_python_2_as_well(name: str) -> None:
    source = (ROOT / name).read_text(encoding="utf-8")

    assert source.isascii()
    for node in ast.walk(ast.parse(source)):
        assert not isinstance(node, NOT_IN_PYTHON_2), f"line {node.lineno}"
        if isinstance(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            assert node.returns is None
            assert not node.args.posonlyargs
            assert not node.args.kwonlyargs
            assert not any(argument.annotation for argument in arguments)
        if isinstance(node, ast.Raise):
            assert node.cause is None
        if isinstance(node, ast.ImportFrom):
            assert node.module != "__future__"


@pytest.mark.parametrize("python", OLD)
def test_every_old_python_that_is_here_compiles_what_it_reads(python: str) -> None:
    code = "import sys\nfor path in sys.argv[1:]: compile(open(path).read(), path, 'exec')"
    done = subprocess.run([python, "-c", code, *READ_BY_OLD], cwd=ROOT, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, b"")


# --- a module that is missing, broken or too old


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., list[str]]:
    """Return a maker of interpreters: with all that this one has, but without some modules; `instead` has others."""

    known: dict[tuple[str, ...], list[str]] = {}

    def made(*absent: str, instead: Callable[[Path], None] | None = None) -> list[str]:
        if absent in known and instead is None:
            return known[absent]
        folder = tmp_path_factory.mktemp("python")
        venv.create(folder, symlinks=True)
        (site,) = folder.glob("lib/python*/site-packages")
        for path in SITE.iterdir():
            project = re.split(r"-\d|\.libs", path.name)[0]
            if project not in absent and not path.name.endswith(".pth"):
                (site / path.name).symlink_to(path)
        start = [str(folder / "bin/python"), RUNNER]
        if instead is None:
            known[absent] = start
        else:
            instead(site)
        return start

    return made


@pytest.mark.parametrize(("module", "asked"), [("numpy", ASKED), ("jsonschema", INVALID)])
@pytest.mark.parametrize("flags", [(), ("--worker",), ("--batch",), ("--pretty",), ("--progress",), ("--exit-zero",)])
def test_a_missing_module_is_named_with_the_interpreter_and_the_command(
    python: Any, module: str, asked: bytes, flags: Any
) -> None:
    start = python(module)
    made = answer(start, *flags, asked=asked)

    document = json.loads(made.stdout)
    assert_environment(document)
    assert document["detail"].startswith(f"The module {module} is not installed for {start[0]} (Python 3.")
    assert re.search(rf"{re.escape(start[0])} .*pip install '{module}>=[0-9.]+'`\.$", document["remedy"])
    assert made.exit == (0 if "--exit-zero" in flags or "--worker" in flags else 1)
    assert made.stderr == "" or flags[0] in ("--progress", "--batch")
    assert "Traceback" not in made.stderr


def test_all_that_is_missing_is_named_at_once(python: Any) -> None:
    (document,) = answer(python("numpy", "pandas", "jsonschema", "charset_normalizer")).lines

    for module in ("numpy", "pandas", "jsonschema", "charset_normalizer"):
        assert module in document["detail"]
        assert f"'{module.replace('_', '-')}>=" in document["remedy"]


def test_an_invalid_request_is_invalid_without_numpy_too(python: Any) -> None:
    made = answer(python("numpy"), asked=b"{}")

    assert (made.exit, made.lines[0]["code"], made.stderr) == (2, "VALIDATION_FAILED", "")


def test_what_a_run_does_not_need_may_be_missing(python: Any) -> None:
    made = answer(python("jsonschema", "pandas", "yfinance", "clarabel", "charset_normalizer"))

    assert (made.exit, made.stderr) == (0, "")
    assert untimed(made.stdout) == untimed(run_runner(request(request_id="r-1")).stdout)


@pytest.mark.parametrize(
    ("strategy", "parameters", "pointer"),
    [
        ("minimum_variance", {}, "/strategy"),
        ("risk_parity", {"method": "equal_risk_contribution"}, "/parameters/method"),
    ],
)
def test_a_missing_extra_is_named_where_the_request_needs_it(
    python: Any, strategy: str, parameters: Any, pointer: str
) -> None:
    asked = json.dumps(request(request_id="r-1", strategy=strategy, parameters=parameters)).encode()
    made = answer(python("clarabel"), asked=asked)

    (document,) = made.lines
    assert_environment(document)
    assert "'clarabel>=" in document["remedy"]
    assert [problem["pointer"] for problem in document["errors"]] == [pointer]
    assert (made.exit, made.stderr) == (1, "")


def test_a_file_in_a_code_page_needs_the_module_that_knows_it(python: Any, tmp_path: Path) -> None:
    (tmp_path / "ZZZ.csv").write_bytes("Datum;Schluß\n02.01.2020;1\n".encode("cp1252"))
    asked = {"holdings": [{"symbol": "ZZZ", "allocation": 1}], "data": {"source": "csv"}, "request_id": "r-1"}
    made = answer(
        python("charset_normalizer"), asked=json.dumps(request(**asked)).encode(),
        env={"BACKTEST_CSV_DIR": str(tmp_path)},
    )  # fmt: skip

    assert_environment(made.lines[0])
    assert "charset_normalizer" in made.lines[0]["detail"]


def numpy_of(body: str, version: str = "2.4.6") -> Callable[[Path], None]:
    def write(site: Path) -> None:
        (site / "numpy").mkdir()
        (site / "numpy/__init__.py").write_text(body)
        (site / f"numpy-{version}.dist-info").mkdir()
        (site / f"numpy-{version}.dist-info/METADATA").write_text(f"Name: numpy\nVersion: {version}\n")

    return write


LIBRARY = (
    "try:\n    raise ImportError('/usr/lib/numpy/_core/_umath.so: undefined symbol: PyObject_X')\n"
    "except ImportError as error:\n    raise ImportError('IMPORTANT: READ THIS\\n\\nlong advice') from error\n"
)


@pytest.mark.parametrize(
    ("body", "version", "said"),
    [
        (LIBRARY, "2.4.6", "cannot be imported: _umath.so: undefined symbol: PyObject_X."),
        ("raise ValueError('numpy.dtype size changed')", "2.4.6", "cannot be imported: numpy.dtype size changed."),
        ("raise ImportError('built for numpy 2')", "1.26.4", "is too old. The runner needs numpy 2."),
        ("", "2.4.6", "cannot be imported: module 'numpy' has no attribute"),
        ("", "1.26.4", "is too old. The runner needs numpy 2."),
        ("import _sqlite4", "2.4.6", "The module _sqlite4 is not installed"),
    ],
    ids=["library", "binary", "old and broken", "empty", "old", "its own need"],
)
@pytest.mark.parametrize("flag", ["--exit-zero", "--worker"])
def test_a_broken_or_old_module_is_a_fault_of_the_environment(
    python: Any, body: str, version: str, said: str, flag: str
) -> None:
    made = answer(python("numpy", instead=numpy_of(body, version)), flag)

    (document,) = made.lines
    assert_environment(document)
    assert said in document["detail"]
    assert (made.exit, made.stderr) == (0, "")
    assert "/usr/lib" not in made.stdout.decode()


def test_a_part_of_the_standard_library_that_is_missing_asks_for_another_python(python: Any) -> None:
    body = "raise ModuleNotFoundError(\"No module named '_ctypes'\", name='_ctypes')"
    (document,) = answer(python("numpy", instead=numpy_of(body))).lines

    assert "lacks the module _ctypes of the standard library" in document["detail"]
    assert document["remedy"].startswith("Install a complete Python")


def test_without_fork_it_is_the_same(python: Any) -> None:
    start = python("numpy")
    code = (
        f"import os, sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        "from backtester.runtime.progress import Events\nfrom backtester.runtime.single_run import supervise\n"
        "from backtester.settings import read_settings\nstdout = os.dup(1)\n"
        "answer = supervise(read_settings(), Events(None), source=0, caller=stdout, fork=False)\n"
        "os.write(stdout, answer.document)\n"
    )
    made = answer([start[0], "-c", code])

    assert made.stdout == answer(start).stdout
    assert made.stderr == ""


def test_commands_without_a_document_say_it_in_a_line(python: Any, tmp_path: Path) -> None:
    start = python("numpy", "fastapi", "structlog", "plotly")
    (tmp_path / "request.json").write_bytes(ASKED)
    for arguments, module in (
        (("serve",), "structlog"),
        (("keys", "list"), "structlog"),
        (("golden", str(tmp_path)), "numpy"),
        (("report", str(ROOT / "tests/golden/cash_and_interest/result.json")), "plotly"),
    ):
        made = answer(start, *arguments)
        assert (made.exit, made.stdout, made.stderr.count("\n")) == (1, b"", 1), made.stderr
        assert module in made.stderr
        assert start[0] in made.stderr


def test_golden_names_the_extra_that_a_case_needs(python: Any) -> None:
    start = python("clarabel")
    made = answer(start, "golden", str(ROOT / "tests/golden/minimum_variance_of_two"))

    assert (made.exit, made.stdout) == (1, b"")
    assert made.stderr.startswith(f"The module clarabel is not installed for {start[0]}")
    assert "Needed by: minimum_variance_of_two\nNothing was run.\n" in made.stderr
    assert "'clarabel>=" in made.stderr


def test_the_list_of_symbols_is_a_document_without_numpy_too(python: Any) -> None:
    made = answer(python("numpy"), "--list-symbols")

    assert_environment(made.lines[0], request_id=None)
    assert made.stderr == ""


def test_many_requests_from_python_are_answered_one_by_one(python: Any) -> None:
    start = python("jsonschema")
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from backtester import run_many\n"
        "for each in run_many([{'request_id': 'a'}, {'request_id': 'b'}]): print(each['request_id'], each['code'])"
    )
    done = subprocess.run([start[0], "-c", code], capture_output=True, text=True, check=False, env=environment())

    assert (sorted(done.stdout.splitlines()), done.stderr) == (["a ENVIRONMENT", "b ENVIRONMENT"], "")


def test_the_host_of_a_serverless_platform_refuses_each_request(python: Any) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from backtester.adapters.serverless.pool_client import pool_client\n"
        f"for asked in [{ASKED!r}] * 2:\n"
        "    sys.stdout.buffer.write(pool_client.run(asked, seconds=60, most=1 << 20, form='plain'))\n"
    )
    made = answer([python("numpy")[0], "-c", code])

    first, second = made.lines
    assert_environment(first)
    assert first == second
    assert made.stderr == ""


def test_a_name_that_our_own_code_lacks_stays_internal(tmp_path: Path) -> None:
    code = (
        "from backtester.model.errors import from_exception\n"
        "for line in ('from backtester.model.codes import NONE', 'import backtester.none', 'from json import none'):\n"
        "    try:\n        exec(line)\n    except ImportError as error:\n        print(from_exception(error).code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.split() == ["INTERNAL"] * 3


# --- a Python that keeps the script's folder from its path


@pytest.mark.parametrize("flags", [("-I",), ("-P",), ("-P", "-s", "-E")])
@pytest.mark.parametrize("mode", [(), ("--worker",)])
def test_an_isolated_python_simply_works(flags: tuple[str, ...], mode: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, *flags, RUNNER, *mode], input=ASKED, capture_output=True, cwd=tmp_path, env=environment(),
        timeout=60, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, b"")
    assert untimed(done.stdout) == untimed(run_runner(request(request_id="r-1")).stdout)


def test_a_safe_path_from_the_environment_simply_works() -> None:
    assert run_runner(request(), env={"PYTHONSAFEPATH": "1"}).document["success"]
