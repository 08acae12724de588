"""numpy without its documentation computes as numpy does, and where it cannot be imported so, a run does not notice."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.support.documents import assert_one_document, untimed
from tests.support.paths import ROOT
from tests.support.runner import run_runner
from tests.support.sample_requests import request

IMPORT = {
    "usual": "from backtester.runtime.numpy_import import import_numpy as do; do()",
    "undocumented": "from backtester.runtime.numpy_import import import_numpy_undocumented as do; do()",
}
# What numpy and those who import it later do with the modules that had stand-ins, and what a user can see of them.
AFTER = """
import sys, types
held = {name: sys.modules.get(name) for name in ("ast", "ctypes", "inspect", "pickle", "platform", "textwrap")}
assert all(type(module) in (types.ModuleType, type(None)) for module in held.values()), held
import numpy as np
a = np.arange(12.0).reshape(3, 4)
print(np.dtype("(2,3)i4,f8"), a.ctypes.data_as(__import__("ctypes").POINTER(__import__("ctypes").c_double))[5])
print(len(a.dumps()), __import__("pickle").loads(a.dumps()), np.linalg.svd(a), np.einsum("ij,ij->i", a, a))
print(np.dtype(("i4", (2, 3))), np.ctypeslib.as_array((__import__("ctypes").c_int * 3)(1, 2, 3)))
import inspect, textwrap, numpy.ma, numpy.testing, numpy.typing, numpy.random, numpy.polynomial, numpy.fft
print(inspect.cleandoc("  a\\n    b"), textwrap.dedent("  a"), *map(inspect.signature, [np.mean, np.linalg.svd]))
print(sorted(name for name in dir(np)), numpy.ma.masked_array([1, 2], [0, 1]).sum(), numpy.typing.NDArray[np.float64])
print(getattr(np._core.overrides, "inspect", inspect).cleandoc("  a\\n    b"), np.random.default_rng(1).normal(size=3))
import pandas, pandas.testing
frame = pandas.DataFrame({"a": a[0], "when": pandas.date_range("2020-01-01", periods=4)})
again = __import__("pickle").loads(__import__("pickle").dumps(frame))
print(frame.groupby("a").count(), frame.rolling(2, on="when").sum(), again)
for name in ("scipy.stats", "scipy.optimize", "clarabel", "plotly.graph_objects"):
    try:
        print(__import__(name).__name__)
    except ImportError:
        pass
"""


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_everything_that_needs_the_modules_later_has_them() -> None:
    assert python(IMPORT["undocumented"] + AFTER) == python(IMPORT["usual"] + AFTER)


def test_it_imports_no_module_for_documentation() -> None:
    before = "import sys; before = {*sys.modules}\n"  # tools such as coverage have imported some
    after = "\nprint(*{'ast', 'dis', 'inspect', 'pickle', 'platform', 'textwrap'} & {*sys.modules} - before)"
    assert python(before + IMPORT["undocumented"] + after) == "\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of memory")
@pytest.mark.parametrize("arguments", [(), ("--worker",), ("--batch",)], ids=["spawned", "worker", "batch"])
@pytest.mark.parametrize("limited", ["request", "operator"])
@pytest.mark.parametrize("mebibytes", [16, 32, 44])  # the first is the least that the schema allows
def test_a_small_memory_limit_leaves_room_for_what_numpy_takes_later(
    mebibytes: int, limited: str, arguments: tuple[str, ...], unmeasured: None
) -> None:
    asked = request(limits={"memory_mb": mebibytes}) if limited == "request" else request()
    run = run_runner(asked, *arguments, env={"BACKTEST_MEMORY_MB": str(mebibytes)} if limited == "operator" else {})
    assert_one_document(run, code="OK")


# Each makes the quick import fail in a process that the runner forks, at another place.
BROKEN = {
    "at once": "N.import_numpy_undocumented = C.import_numpy_undocumented = lambda: 1 / 0",
    "at a docstring": 'N._STOOD_IN_FOR["inspect"]["cleandoc"] = lambda text: 1 / 0',
    "at a signature": 'N._STOOD_IN_FOR["inspect"]["signature"] = lambda function: 1 / 0',
    "at an attribute": 'N._StandIn.__getattr__ = lambda self, name: 1 / 0; del N._STOOD_IN_FOR["inspect"]["cleandoc"]',
    "with an ImportError": 'N._STOOD_IN_FOR["textwrap"]["dedent"] = lambda text: __import__("absent")',
}


@pytest.mark.parametrize("where", BROKEN)
@pytest.mark.parametrize("asked", ["valid", "invalid"])
def test_where_it_fails_numpy_is_imported_as_usual(where: str, asked: str) -> None:
    document: dict[str, Any] = {"valid": request(request_id="r-1"), "invalid": request(holdings=[])}[asked]
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); import backtester.runtime.numpy_import as N, "
        f"backtester.runtime.child as C; {BROKEN[where]}; sys.argv = ['x']; "
        "from backtester.__main__ import main; main()"
    )
    run = run_runner(document, entry=("-c", code))
    usual = run_runner(document)
    assert_one_document(run, code="OK" if asked == "valid" else "VALIDATION_FAILED")
    assert untimed(run.stdout) == untimed(usual.stdout) if asked == "valid" else run.stdout == usual.stdout
