"""Facts stand in one place; what repeats them is generated, and this fails when it is stale."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import backtester
from backtester.commands.run import FLAGS
from backtester.contract.schemas import built_in_strategies, resolved_schema
from backtester.model.codes import ERROR_CODES, PROBLEM_CODES, WARNING_CODES
from backtester.prices.sources import stooq, tiingo
from backtester.service.service_settings import SERVICE_SETTINGS, ServiceSettings
from backtester.settings import SETTINGS, Settings
from backtester.strategies.table import STRATEGIES

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"
SOURCES = [path for path in (ROOT / "backtester").rglob("*.py") if path.parent.name != "validators"]  # generated


@pytest.mark.parametrize("script", ["docs.py", "validators.py"])
def test_what_is_generated_is_fresh(script):
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / script), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", SETTINGS)
def test_each_setting_is_in_the_reference_and_is_read(name):
    assert f"| `{name}` |" in (REFERENCE / "settings.md").read_text()
    keys = {tiingo.KEY, stooq.KEY}  # secrets, which the settings of a run never hold
    assert (name in keys) is not (name.removeprefix("BACKTEST_").lower() in Settings.__annotations__)


@pytest.mark.parametrize("name", SERVICE_SETTINGS)
def test_each_setting_of_the_service_is_in_the_reference_and_is_read(name):
    assert f"| `{name}` |" in (REFERENCE / "settings.md").read_text()
    read_as = name.removeprefix("BACKTEST_")
    if read_as != "API_KEYS_FILE":  # else another way to give what the name without it gives
        read_as = read_as.removesuffix("_FILE")
    assert read_as.lower() in ServiceSettings.__annotations__


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_in_the_reference(flag):
    page = (REFERENCE / "flags.md").read_text()
    assert re.search(rf"^\| `{flag}\b.* \|$", page, re.MULTILINE) or flag == "--verbose"
    assert flag in page


def test_no_other_environment_variable_of_ours_is_mentioned_in_the_code():
    mentioned = {name for path in SOURCES for name in re.findall(r"BACKTEST_[A-Z_]+", path.read_text())}
    assert mentioned == {*SETTINGS, *SERVICE_SETTINGS}


def test_one_module_reads_the_environment():
    reads = re.compile(r"os\.environ(?!\.setdefault|\.get\(\"CI\"\))")  # golden reads CI, the worker sets one for BLAS
    readers = {path.relative_to(ROOT).as_posix() for path in SOURCES if reads.search(path.read_text())}
    assert readers == {"backtester/settings.py", "backtester/service/service_settings.py"}, (
        "one for a run, one for the service"
    )


@pytest.mark.parametrize("code", ERROR_CODES)
def test_each_error_code_has_its_page_and_is_raised_somewhere(code):
    name = code.lower().replace("_", "-")
    assert (REFERENCE / f"errors/{name}.md").is_file()
    assert f"({name}.md)" in (REFERENCE / "errors/README.md").read_text()
    client = (ROOT / "clients/typescript/src").rglob("*.ts")  # a pool in Node refuses what it has no room for
    users = [path for path in (*SOURCES, *client) if re.search(rf"""["']{code}["']""", path.read_text())]
    users = [path for path in users if path.name not in ("codes.py", "codes.ts")]
    assert users, f"{code} is never used"


@pytest.mark.parametrize("code", ERROR_CODES)
def test_the_type_of_an_error_document_ends_in_the_name_of_its_page(code):
    document = backtester.BacktestError(code, "why").as_document()
    assert (REFERENCE / f"{document['type'].lstrip('/')}.md").is_file()


def problem_codes(path):
    """Yield the codes of the problems that a module writes: a problem's own, or that of an error with a pointer."""
    for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        named = {keyword.arg: keyword.value for keyword in call.keywords}
        code = None
        if name == "Problem" or (name == "invalid_parameter" and "code" in named):
            code = named.get("code")
        elif name in ("_received", "invalid_at"):
            code = call.args[1]
        elif name.endswith("Error") and ("pointer" in named or (name == "DataError" and "prices" in path.parts)):
            code = call.args[0]  # of the prices of several symbols each error becomes a problem
        if isinstance(code, ast.Constant):
            yield code.value


def test_problems_have_the_codes_of_their_table_and_no_other():
    written = {code for path in SOURCES for code in problem_codes(path)}
    of_a_batch = {"INVALID_JSON", "REQUEST_TOO_LARGE"}  # what one of its requests can be by itself
    of_a_command = {"STORE_UNAVAILABLE"}  # a run goes on without the store
    assert (written | of_a_batch) - of_a_command == {*PROBLEM_CODES}
    assert resolved_schema("error")["properties"]["errors"]["items"]["properties"]["code"]["enum"] == [*PROBLEM_CODES]
    page = (REFERENCE / "problems.md").read_text()
    assert re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE) == [*PROBLEM_CODES]


@pytest.mark.parametrize("code", WARNING_CODES)
def test_each_warning_code_is_in_the_reference_and_the_schema_and_is_used_somewhere(code):
    assert f"| `{code}` |" in (REFERENCE / "warnings.md").read_text()
    schema = resolved_schema("result")
    assert code in schema["properties"]["warnings"]["items"]["properties"]["code"]["enum"]
    assert [path for path in SOURCES if f'"{code}"' in path.read_text() and path.name != "codes.py"]


def test_the_error_schema_knows_exactly_the_codes_there_are():
    assert resolved_schema("error")["properties"]["code"]["enum"] == list(ERROR_CODES)


def test_the_strategy_table_and_the_schemas_name_the_same_strategies():
    assert sorted(STRATEGIES) == list(built_in_strategies())


def test_each_strategy_has_its_page_and_an_example_request():
    examples = {json.loads(path.read_text())["strategy"] for path in (ROOT / "examples/requests").glob("*.json")}
    for name in built_in_strategies():
        assert (REFERENCE / f"strategies/{name}.md").is_file()
        assert f"({name}.md)" in (REFERENCE / "strategies/README.md").read_text()
        assert name in examples


@pytest.mark.parametrize("path", sorted((ROOT / "schemas").rglob("*.json")), ids=lambda path: path.name)
def test_each_schema_is_a_schema_in_which_everything_is_described(path):
    name = path.relative_to(ROOT / "schemas").as_posix().removesuffix(".schema.json")
    schema = resolved_schema(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    for pointer, node in properties(schema):
        if "const" not in node:
            assert node.get("description") or "anyOf" in node or node.get("type") == "string", f"{name}{pointer}"


def properties(node, pointer=""):
    if isinstance(node, dict):
        for key, sub in node.get("properties", {}).items():
            yield f"{pointer}/{key}", sub
            yield from properties(sub, f"{pointer}/{key}")
        yield from properties(node.get("items"), f"{pointer}[]")


def test_every_metric_that_is_computed_is_described_and_the_other_way_round(tmp_path):
    request = json.loads((ROOT / "examples/requests/momentum.json").read_text())
    # the benchmark has metrics of its money where there are cash flows
    flows = [{"type": "contribution", "amount": 100, "frequency": "monthly"}]
    result = backtester.run({**request, "cash_flows": flows})
    schema = resolved_schema("result")["properties"]
    assert list(result["metrics"]) == list(schema["metrics"]["properties"])
    assert list(result["metrics_monthly"]) == list(schema["metrics_monthly"]["properties"])
    assert list(result["benchmark"]["metrics"]) == list(
        schema["benchmark"]["anyOf"][0]["properties"]["metrics"]["properties"]
    )


def test_the_public_names_are_these_and_are_in_the_reference():
    assert backtester.__all__ == [
        "BacktestError", "CancelledError", "DataError", "InternalError", "LimitError", "RequestError",
        "__version__", "compare", "projection", "run", "run_many", "sweep", "trust", "walk_forward",
    ]  # fmt: skip
    page = (REFERENCE / "python.md").read_text()
    for name in backtester.__all__:
        assert getattr(backtester, name)
        assert f"backtester.{name}" in page or name == "__version__"


def test_every_export_of_the_client_is_in_the_reference():
    page = (REFERENCE / "typescript.md").read_text()
    sources = ROOT / "clients/typescript/src"
    for entry in ("index.ts", "node/index.ts", "react/index.ts", "socket/index.ts"):
        text = (sources / entry).read_text()
        lists = re.findall(r"^export (?:type )?\{(.*?)\}", text, re.MULTILINE)
        named = [name.split()[-1] for listed in lists for name in listed.split(",") if name.strip()]
        for module in re.findall(r"^export \* from '(.+)\.js';", text, re.MULTILINE):
            declared = ((sources / entry).parent / f"{module}.ts").read_text()
            named += re.findall(r"^export (?:async )?(?:function|class|interface|type|const) (\w+)", declared, re.M)
        assert named
        for name in named:
            assert f"### {name}\n" in page or f"[`{name}`]" in page, f"{entry}: {name}"


def test_no_file_outgrows_its_purpose():
    long = {path.name: count for path in SOURCES if (count := len(path.read_text().splitlines())) > 300}
    assert not long
