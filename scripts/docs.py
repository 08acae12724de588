"""Write what the documents repeat of schemas and code: docs/reference/, and the blocks that other pages show.

python scripts/docs.py            writes them
python scripts/docs.py --check    exit 1 and the names of those that are stale
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import docs_python  # noqa: E402
import docs_typescript  # noqa: E402

import backtester  # noqa: E402
from backtester.commands.run import USAGE  # noqa: E402
from backtester.contract.schemas import built_in_strategies, resolved_schema  # noqa: E402
from backtester.model.codes import ERROR_CODES, PROBLEM_CODES, WARNING_CODES  # noqa: E402
from backtester.model.errors import slug  # noqa: E402
from backtester.prices.csv.layouts import COMMA_CLOSE_NAMES, LAYOUTS, LONE_CLOSES, MORE_NAMES, ROLES  # noqa: E402
from backtester.service.service_settings import SERVICE_SETTINGS  # noqa: E402
from backtester.settings import SETTINGS, Setting  # noqa: E402

MADE = "<!-- made by `make docs`; do not edit -->\n\n"
REFERENCE = "docs/reference"
HEAD = ["key", "default", "allowed", "unit", "meaning"]


def table(head: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table."""
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


# --- documents, from their schemas


def default_of(schema: dict[str, Any]) -> str:
    """Return what a key has where it is left out."""
    value = schema.get("default", schema.get("x-absent", {}))
    if value == {}:
        return "—"
    if isinstance(value, list) and value and "enum" in schema["items"]:
        return (
            "all"
            if value == schema["items"]["enum"]
            else "all but " + " ".join(f"`{one}`" for one in schema["items"]["enum"] if one not in value)
        )
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


def limits_of(schema: dict[str, Any]) -> str:
    """Return the values that a key may have."""
    if "enum" in schema.get("anyOf", [{}])[0]:  # plug-ins add to it
        return f"{limits_of(schema['anyOf'][0])}, a plug-in"
    if "const" in schema and isinstance(schema["const"], (str, bool)) and "default" not in schema:
        return f"`{json.dumps(schema['const']) if schema['const'] is True else schema['const']}`"
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    parts = [
        f"{sign} {schema[key]:g}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if key in schema
    ]
    return ", ".join(parts) or "—"


def property_rows(schema: dict[str, Any], prefix: str = "") -> list[list[str]]:
    """Return a row for each key of a document, those inside its objects and arrays included."""
    rows = []
    for key, sub in schema.get("properties", {}).items():
        required = key in schema.get("required", [])
        name = f"`{prefix}{key}`" + (" *" if required else "")
        rows.append([name, default_of(sub), limits_of(sub), sub.get("x-unit", "—"), sub.get("description", "")])
        objects = [one for one in (sub, *sub.get("anyOf", ())) if "properties" in one]
        if len(objects) == 1:
            rows += property_rows(objects[0], f"{prefix}{key}.")
        if sub.get("type") == "array" and isinstance(sub.get("items"), dict) and "properties" in sub["items"]:
            rows += property_rows(sub["items"], f"{prefix}{key}[].")
    return rows


def answer_rows(name: str) -> str:
    """Return the table of a document that the program writes: no defaults, no bounds."""
    return table(["key", "unit", "meaning"], [[key, unit, text] for key, _, _, unit, text in answer_of(name)])


def answer_of(name: str) -> list[list[str]]:
    """Return the rows of a document that the program writes."""
    return property_rows(resolved_schema(name))


def document_page(name: str, title: str) -> str:
    """Return the page of a document that the program writes."""
    text = resolved_schema(name)["description"]
    return f"{MADE}# {title}\n\n{text} Keys with a * are always there.\n\n{answer_rows(name)}"


def request_page() -> str:
    """Return the page of the request."""
    schema = resolved_schema("request")
    body = table(HEAD, property_rows(schema))
    return f"{MADE}# The request\n\n{schema['description']} Keys with a * are required.\n\n{body}"


# --- codes


def error_page(code: str) -> str:
    """Return the page of one error code."""
    c = ERROR_CODES[code]
    facts = table(
        ["exit status", "HTTP status", "retryable"], [[str(c.exit), str(c.status), "yes" if c.retryable else "no"]]
    )
    case = "`remedy` and `retryable` of a document are those of its case, which may differ from this page."
    return f"{MADE}# {code}\n\n**{c.title}.** {c.meaning}\n\n{facts}\n## What to do\n\n{c.remedy}\n\n{case}\n"


def errors_page() -> str:
    """Return the table of error codes and the keys of an error document."""
    rows = [
        [f"[`{code}`]({slug(code)}.md)", str(c.exit), str(c.status), "yes" if c.retryable else "no", c.title]
        for code, c in ERROR_CODES.items()
    ]
    head = (
        "# Errors\n\nA run without a result gives an error document: an RFC 9457 problem, the same on stdout and over "
        "HTTP. It reports every [problem](../problems.md) of the request at once. `type` ends in the name of the "
        "code's page here; the REST API answers at that address, below its path prefix. `remedy` and `retryable` are "
        "those of the case, which may differ from the table's.\n\n"
    )
    codes = table(["code", "exit", "HTTP", "retryable", "meaning"], rows)
    wrong, answer = example_error()
    example = f"```json\n{wrong}\n```\n\ngives\n\n```json\n{answer}\n```\n"
    return (
        f"{MADE}{head}## Codes\n\n{codes}\n## The error document\n\n{answer_rows('error')}\n## An example\n\n{example}"
    )


def example_error() -> tuple[str, str]:
    """Return a request with two problems and the document that answers it, both as text."""
    wrong = {
        "strategy": "momentum",
        "holdings": [{"symbol": "AAPL", "allocation": 0.5}, {"symbol": "MSFT", "allocation": 0.5}],
        "start_date": "2013-01-01",
        "end_date": "2022-12-28",
        "parameters": {"lookback": 126, "top_n": 0},
    }
    try:
        backtester.run(wrong)
    except backtester.BacktestError as error:
        return json.dumps(wrong, indent=1), json.dumps(error.as_document(), indent=1)
    raise AssertionError("the example request has to be wrong")


def problems_page() -> str:
    """Return the table of the codes of problems."""
    head = (
        "# Problems\n\nThe entries of an error's [`errors`](errors/README.md#the-error-document) each have a code, "
        "which says what is wrong at the pointer.\n\n"
    )
    rows = [[f"`{code}`", meaning] for code, meaning in PROBLEM_CODES.items()]
    return f"{MADE}{head}{table(['code', 'meaning'], rows)}"


def warnings_page() -> str:
    """Return the table of warning codes."""
    head = "# Warnings\n\nA result lists in `warnings` each repair, cap and deviation from the request.\n\n"
    rows = [[f"`{code}`", severity, meaning] for code, (severity, meaning) in WARNING_CODES.items()]
    return f"{MADE}{head}{table(['code', 'severity', 'meaning'], rows)}"


# --- strategies


def strategy_page(name: str) -> str:
    """Return the page of one strategy: the formula from its module, the parameters from its schema."""
    schema = resolved_schema(f"strategies/{name}")
    module = f"backtester/strategies/{name}"
    code = read(f"{module}.py" if (ROOT / f"{module}.py").is_file() else f"{module}/__init__.py")
    match = re.match(r'"""(.*?)"""', code, re.DOTALL)
    doc = match.group(1) if match else ""
    head = f"{MADE}# {schema['title']} (`{name}`)\n\n{schema['description']}\n\n"
    examples = "".join(f"\n```json\n{json.dumps(example)}\n```\n" for example in schema["examples"])
    return (
        f"{head}## Definition\n\n{doc}\n## Parameters\n\n{table(HEAD, property_rows(schema))}\n{parts_of(schema)}"
        f"## Examples\n\nEach is a whole `parameters`.\n{examples}"
    )


def parts_of(schema: dict[str, Any]) -> str:
    """Return a table for each part that a schema refers to: the kinds of nodes of a tree, of conditions, of values."""
    parts = ""
    for part in schema.get("$defs", {}).values():
        for one in [part, *part["oneOf"]] if part["title"] == "Value" else [part]:
            rows = property_rows(one)
            parts += f"### {one['title']}\n\n{one['description']}\n\n" + (f"{table(HEAD, rows)}\n" if rows else "")
    return parts


def strategies_page() -> str:
    """Return the list of strategies."""
    descriptions = {name: resolved_schema(f"strategies/{name}")["description"] for name in built_in_strategies()}
    rows = [[f"[`{name}`]({name}.md)", text] for name, text in descriptions.items()]
    head = (
        "# Strategies\n\nEach page has the formula, its source and the parameters; "
        "[examples/requests](../../../examples/requests) has a request for each.\n\n"
    )
    return f"{MADE}{head}{table(['strategy', 'what it does'], rows)}"


# --- flags and settings


def flags_page() -> str:
    """Return the flags, as `--help` has them, and the exit statuses."""
    flags = re.findall(r"^  (--\S+(?: [A-Z]+)?) {2,}(.+)$", USAGE, re.MULTILINE)
    commands = re.findall(r"^  (\S*python .+?)(?: {2,}(.+))?$", USAGE, re.MULTILINE)
    (statuses,) = re.findall(r"^exit: (.+)$", USAGE, re.MULTILINE)
    parts = [
        f"{MADE}# Flags and exit statuses\n",
        "The commands are those of a checkout, typed in its folder. Where the package is installed, its interpreter "
        "takes the place of `.venv/bin/python` in any folder, and `backtest-runner` is the whole command. The script "
        "`backtest_runner.py` does the same. More on the service's commands: [the service](../how-to/service.md).\n",
        table(
            ["command", "meaning"], [[f"`{command}`", meaning or "run one request"] for command, meaning in commands]
        ),
        table(["flag", "meaning"], [[f"`{flag}`", meaning] for flag, meaning in flags]),
        "stdout carries exactly one JSON document, and stderr is empty on a clean run. Flags that ask for more are the "
        "exceptions: `--worker` and `--batch` write a document a line, and `--batch` counts on a terminal; `--summary` "
        "takes the document's place on a terminal and else goes to stderr, as `--progress` does; `--help` and "
        "`--version` are text.\n",
        table(["exit status", "meaning"], [one.strip().split(" ", 1) for one in statuses.split(",")]),
    ]
    return "\n".join(parts)


def settings_page() -> str:
    """Return the environment variables of the runner and of the service."""

    def rows(settings: dict[str, Setting]) -> str:
        made = [[f"`{name}`", f"`{s.default}`" if s.default else "—", s.meaning] for name, s in settings.items()]
        return table(["variable", "default", "meaning"], made)

    return (
        f"{MADE}# Settings\n\nThe operator sets these environment variables; a request cannot. Each process reads them "
        "when it starts. The web app has [its own](../../examples/web/README.md#settings).\n\n"
        f"## The runner\n\nThey apply to every run, however it was started.\n\n{rows(SETTINGS)}\n"
        f"## The service\n\n{rows(SERVICE_SETTINGS)}"
    )


# --- the whole


def csv_layouts_page() -> str:
    """Return the table of the known layouts of CSV files."""
    rows = [
        [layout.name, *(f"`{layout.columns[r]}`" if r in layout.columns else "—" for r in ROLES)] for layout in LAYOUTS
    ]
    head = (
        "# CSV layouts\n\nThe columns that are read of a file in the CSV folder, by the names that each source gives "
        "them. Case, spaces and symbols do not matter, columns stand in any order, and others are ignored. Rows stand "
        "oldest or newest first, with commas, semicolons, tabs or bars between the cells.\n\n"
    )
    names = {role: ", ".join(f"`{name}`" for name in each) for role, each in MORE_NAMES.items()}
    names["close"] += ", " + ", ".join(f"`{name}`" for name in COMMA_CLOSE_NAMES)
    lone = ", ".join(f"`{name}`" for name in sorted(LONE_CLOSES))
    tail = (
        "\n## Names of no source in particular\n\n"
        "A unit is no part of a name: `Schlusskurs in EUR`, `Close (USD)`. Nor is the symbol of the file: "
        "`AAPL.Close`, `Close_AAPL`.\n\n"
        f"{table(['column', 'names'], [[role, each] for role, each in names.items()])}\n"
        f"Beside a date alone, or with a symbol and a currency, a close may also be called {lone}.\n"
    )
    return f"{MADE}{head}{table(['layout', *ROLES], rows)}{tail}"


def pages() -> dict[str, str]:
    """Return every page that is made, by its path."""
    made = {
        "request.md": request_page(),
        "result.md": document_page("result", "The result"),
        "progress.md": document_page("progress", "The progress event"),
        "job.md": document_page("job", "The job"),
        "flags.md": flags_page(),
        "settings.md": settings_page(),
        "problems.md": problems_page(),
        "warnings.md": warnings_page(),
        "csv-layouts.md": csv_layouts_page(),
        "python.md": docs_python.page(MADE, table),
        "typescript.md": docs_typescript.page(MADE, table),
        "errors/README.md": errors_page(),
        **{f"errors/{slug(code)}.md": error_page(code) for code in ERROR_CODES},
        "strategies/README.md": strategies_page(),
        **{f"strategies/{name}.md": strategy_page(name) for name in built_in_strategies()},
    }
    shown = {page: with_files(page) for page in ("docs/quickstart-nextjs.md",) if (ROOT / page).is_file()}
    return {**{f"{REFERENCE}/{name}": page for name, page in made.items()}, **shown}


def with_files(page: str) -> str:
    """Return a page with the files that it shows, each where `<!-- file: PATH -->` stands, as they are now."""

    def shown(match: re.Match[str]) -> str:
        path = match["path"]
        return f"<!-- file: {path} -->\n```{path.rpartition('.')[2]}\n{read(path)}```\n"

    pattern = re.compile(r"<!-- file: (?P<path>\S+) -->\n(?:```.*?\n```\n)?", re.DOTALL)
    return pattern.sub(shown, read(page))


def read(name: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def stale(made: dict[str, str]) -> list[str]:
    """Return the paths that differ, and those in docs/reference/ that nothing makes any more."""
    differ = [name for name, text in made.items() if not (ROOT / name).is_file() or read(name) != text]
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / REFERENCE).rglob("*.md")}
    return differ + sorted(there - made.keys())


def main() -> int:
    """Write the pages, or with `--check` name those that are stale."""
    made = pages()
    names = stale(made)
    if "--check" in sys.argv:
        if names:
            print("stale, run `make docs`:", *names)
        return 1 if names else 0
    for name in names:
        path = ROOT / name
        if name not in made:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[name], encoding="utf-8")
    print(*(names or ["everything is fresh"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
