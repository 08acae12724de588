"""Write the tables of the README and the pages of docs/ that repeat what schemas and code say.

python scripts/docs.py            writes them
python scripts/docs.py --check    exit 1 and the names of those that are stale
"""

from __future__ import annotations

import json
import os
import re
import sys
from typing import Any

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)

from backtester.contract.schemas import built_in_strategies, read_schema, resolved_schema  # noqa: E402
from backtester.model.codes import ERROR_CODES, WARNING_CODES  # noqa: E402
from backtester.prices.csv.layouts import LAYOUTS, ROLES  # noqa: E402
from backtester.service.settings import SERVICE_SETTINGS  # noqa: E402
from backtester.settings import SETTINGS, Setting  # noqa: E402

MADE = "<!-- made by `make docs`; do not edit -->\n\n"


def slug(code: str) -> str:
    return code.lower().replace("_", "-")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def settings_table(settings: dict[str, Setting]) -> str:
    rows = [[f"`{name}`", f"`{s.default}`" if s.default else "—", s.meaning] for name, s in settings.items()]
    return table(["variable", "default", "meaning"], rows)


def errors_table() -> str:
    rows = [
        [
            f"[`{code}`](docs/errors/{slug(code)}.md)",
            str(c.exit),
            str(c.status),
            "yes" if c.retryable else "no",
            c.title,
        ]
        for code, c in ERROR_CODES.items()
    ]
    return table(["code", "exit", "HTTP", "retry", "meaning"], rows)


def warnings_table() -> str:
    return table(["code", "severity", "meaning"], [[f"`{code}`", s, m] for code, (s, m) in WARNING_CODES.items()])


def strategies_table() -> str:
    rows = []
    for name in built_in_strategies():
        schema = resolved_schema(f"strategies/{name}")
        rows.append([f"[`{name}`](docs/strategies/{name}.md)", schema["description"]])
    return table(["strategy", "what it does"], rows)


def error_page(code: str) -> str:
    c = ERROR_CODES[code]
    facts = table(
        ["exit status", "HTTP status", "retryable"], [[str(c.exit), str(c.status), "yes" if c.retryable else "no"]]
    )
    return f"{MADE}# {code}\n\n**{c.title}.** {c.meaning}\n\n{facts}\n## What to do\n\n{c.remedy}\n"


def default_of(schema: dict[str, Any]) -> str:
    if "default" not in schema or schema["default"] == {}:
        return "—"
    value = schema["default"]
    if isinstance(value, list):
        return "all blocks"
    return f"`{json.dumps(value) if not isinstance(value, str) else value}`"


def limits_of(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " ".join(f"`{value}`" for value in schema["enum"])
    parts = [
        f"{sign} {schema[key]:g}"
        for key, sign in (("minimum", "≥"), ("exclusiveMinimum", ">"), ("maximum", "≤"))
        if key in schema
    ]
    return ", ".join(parts) or "—"


def property_rows(schema: dict[str, Any], prefix: str = "") -> list[list[str]]:
    rows = []
    for key, sub in schema.get("properties", {}).items():
        required = key in schema.get("required", [])
        name = f"`{prefix}{key}`" + (" *" if required else "")
        rows.append([name, default_of(sub), limits_of(sub), sub.get("x-unit", "—"), sub.get("description", "")])
        if sub.get("type") == "object":
            rows += property_rows(sub, f"{prefix}{key}.")
        if sub.get("type") == "array" and isinstance(sub.get("items"), dict) and "properties" in sub["items"]:
            rows += property_rows(sub["items"], f"{prefix}{key}[].")
    return rows


HEAD = ["key", "default", "allowed", "unit", "meaning"]


def request_page() -> str:
    schema = resolved_schema("request")
    body = table(HEAD, property_rows(schema))
    return f"{MADE}# The request\n\n{schema['description']} Keys with a * are required.\n\n{body}"


def result_page() -> str:
    schema = resolved_schema("result")
    rows = [[name, unit, meaning] for name, _, _, unit, meaning in property_rows(schema)]
    body = table(["key", "unit", "meaning"], rows)
    return f"{MADE}# The result\n\n{schema['description']}\n\n{body}"


def strategy_page(name: str) -> str:
    schema = resolved_schema(f"strategies/{name}")
    module = os.path.join(ROOT, "backtester", "strategies", f"{name}.py")
    with open(module, encoding="utf-8") as file:
        match = re.match(r'"""(.*?)"""', file.read(), re.DOTALL)
    doc = match.group(1) if match else ""
    body = table(HEAD, property_rows(schema))
    head = f"{MADE}# {schema['title']} (`{name}`)\n\n{schema['description']}\n\n"
    return f"{head}## Definition\n\n{doc}\n## Parameters\n\n{body}"


def csv_page() -> str:
    rows = [
        [layout.name, *(f"`{layout.columns[r]}`" if r in layout.columns else "—" for r in ROLES)] for layout in LAYOUTS
    ]
    head = (
        "# CSV layouts\n\nThe columns that are read of a file in the CSV folder, as each source calls them. Case, "
        "spaces and symbols do not matter, columns stand in any order, and others are ignored. Rows stand oldest or "
        "newest first, with commas, semicolons, tabs or bars between the cells.\n\n"
    )
    return f"{MADE}{head}{table(['layout', *ROLES], rows)}"


def warnings_page() -> str:
    head = "# Warnings\n\nA result may carry these in `warnings`; nothing is repaired in silence.\n\n"
    return f"{MADE}{head}{warnings_table()}"


def pages() -> dict[str, str]:
    made = {
        "docs/request.md": request_page(),
        "docs/result.md": result_page(),
        "docs/warnings.md": warnings_page(),
        "docs/csv.md": csv_page(),
        **{f"docs/errors/{slug(code)}.md": error_page(code) for code in ERROR_CODES},
        **{f"docs/strategies/{name}.md": strategy_page(name) for name in built_in_strategies()},
    }
    made["README.md"] = with_tables("README.md", {
        "settings": settings_table(SETTINGS),
        "errors": errors_table(),
        "warnings": warnings_table(),
        "strategies": strategies_table(),
    })  # fmt: skip
    made["docs/service.md"] = with_tables("docs/service.md", {"service settings": settings_table(SERVICE_SETTINGS)})
    return made


def with_tables(name: str, tables: dict[str, str]) -> str:
    """Return a page with its tables made anew, each where its marker stands."""
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        page = file.read()
    for marker, content in tables.items():
        pattern = re.compile(rf"(<!-- {marker}: made by `make docs` -->\n).*?(<!-- /{marker} -->)", re.DOTALL)
        assert pattern.search(page), f"{name} has no place for {marker}"
        page = pattern.sub(lambda m, content=content: f"{m.group(1)}\n{content}\n{m.group(2)}", page)
    return page


def main() -> int:
    read_schema("common")
    stale = []
    for name, content in pages().items():
        path = os.path.join(ROOT, name)
        try:
            with open(path, encoding="utf-8") as file:
                same = file.read() == content
        except FileNotFoundError:
            same = False
        if same:
            continue
        stale.append(name)
        if "--check" not in sys.argv:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
    if "--check" in sys.argv and stale:
        print("stale, run `make docs`:", *stale)
        return 1
    print(*(stale or ["everything is fresh"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
