"""Write the validators of the request and of each strategy's parameters from their schemas, by fastjsonschema.

python scripts/validators.py            writes backtester/contract/validators/
python scripts/validators.py --check    exit 1 and the names of those that are stale

What they accept is accepted; what they do not is asked of jsonschema, which writes every refusal (`contract/check.py`).
tests/property/test_validators_property.py holds the two together.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import fastjsonschema  # noqa: E402

from backtester.contract.schemas import (  # noqa: E402
    built_in_strategies,
    request_schema,
    resolved_schema,
    strategy_schema,
    without_bulk_items,
)

FOLDER = ROOT / "backtester/contract/validators"
NOTES = ("$schema", "$id", "$defs", "title", "description", "examples", "default")
# Of these fastjsonschema and jsonschema say the same. Of others it may know none, and would pass them over.
KEYWORDS = (
    "type", "enum", "const", "anyOf", "allOf", "oneOf", "not", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "minLength", "maxLength", "pattern", "format", "items", "minItems", "maxItems", "uniqueItems",
    "required", "properties", "additionalProperties", "propertyNames", "minProperties", "maxProperties",
)  # fmt: skip


def assertions(schema: Any) -> Any:
    """Return a schema without its annotations. ValueError for a keyword that is not known to be read alike."""
    if not isinstance(schema, dict):
        return schema
    made = {}
    for key, value in schema.items():
        if key in NOTES or key.startswith("x-"):
            continue
        if key == "$ref":  # to a definition that contains itself; all others are resolved
            made[key] = value.replace("$defs", "definitions")
            continue
        if key not in KEYWORDS or (key == "format" and value != "date"):
            raise ValueError(f"{key}: {value!r} is not known to be read alike; see KEYWORDS")
        if key == "properties":
            made[key] = {name: assertions(sub) for name, sub in value.items()}
        elif key in ("anyOf", "allOf", "oneOf"):
            made[key] = [assertions(sub) for sub in value]
        else:
            made[key] = assertions(value)
    return made


class Compact(ast.NodeTransformer):
    """Leaves of the generated code what says yes or no: no message, nothing that is imported from fastjsonschema."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """Leave out the message."""
        return ast.parse("raise ValueError").body[0]

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        """Catch what is raised."""
        return ast.ExceptHandler(ast.Name("ValueError"), None, node.body)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        """Leave out the types that JSON does not have."""
        node.elts = [each for each in node.elts if ast.unparse(each) not in ("tuple", "Decimal")]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Call the validator of a definition with the value alone."""
        if ast.unparse(node.func).startswith("validate_"):
            node.args = node.args[:1]
        return self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Call our own check of dates."""
        return ast.Name("is_date") if ast.unparse(node) == "custom_formats['date']" else self.generic_visit(node)


def module(title: str, schema: dict[str, Any]) -> str:
    """Return the code of a validator's module: `validate` raises ValueError for a document that may be invalid."""
    recursive = {name: assertions(part) for name, part in schema.get("$defs", {}).items() if part.get("x-recursive")}
    draft = {**assertions(schema), "definitions": recursive, "$schema": "http://json-schema.org/draft-07/schema#"}
    code = fastjsonschema.compile_to_code(draft, formats={"date": str.isascii}, use_default=False)
    body = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef):
            node.args = ast.parse("def f(data): 0").body[0].args  # type: ignore[attr-defined]
            body.append(ast.unparse(Compact().visit(node)))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) != "VERSION":
            body.append(ast.unparse(node))
    text = "\n".join(body)
    head = f'"""{title}. Made by `make docs`; do not edit."""\n'
    imports = "import re\n" * ("re.compile" in text)
    imports += "from backtester.contract.iso_dates import is_date\n" * ("is_date(" in text)
    return f"{head}{imports}{text}\n"


def modules() -> dict[str, str]:
    """Return every module that is made, by its file's name."""
    strategies = {
        f"valid_{name}.py": module(f"The parameters of {name}", strategy_schema(name)) for name in built_in_strategies()
    }
    request = without_bulk_items(request_schema(analysis=False))
    return {
        "__init__.py": '"""Validators made of the schemas by scripts/validators.py; see `contract/check.py`."""\n',
        "valid_request.py": module("The request, without its analysis", request),
        "valid_analysis.py": module("The analysis of a request", resolved_schema("analysis")),
        **strategies,
    }


def meaning(code: str | None) -> str | None:
    """Return what a module says: each version of Python writes it in its own way."""
    return None if code is None else ast.dump(ast.parse(code))


def main() -> int:
    """Write the modules, or with `--check` name those that are stale."""
    made = modules()
    there = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.py")}
    stale = sorted(name for name in {*made, *there} if meaning(made.get(name)) != meaning(there.get(name)))
    if "--check" in sys.argv:
        if stale:
            print("stale, run `make docs`:", *stale)
        return 1 if stale else 0
    FOLDER.mkdir(exist_ok=True)
    for name in stale:
        if name in made:
            (FOLDER / name).write_text(made[name], encoding="utf-8")
        else:
            (FOLDER / name).unlink()
    print(*(stale or ["everything is fresh"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
