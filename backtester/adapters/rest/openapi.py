"""OpenAPI from the contract's own schemas: the files are read and their references renamed."""

from __future__ import annotations

import functools
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from backtester._version import __version__
from backtester.contract.schemas import built_in_strategies, read_schema
from backtester.model.codes import ERROR_CODES

_NAMES = {
    "request": "BacktestRequest", "result": "BacktestResult", "error": "BacktestError", "progress": "ProgressEvent",
    "job": "Job", "jobs": "Jobs", "batch": "Batch", "analysis": "AnalysisRequest", "analysis_result": "AnalysisResult",
}  # fmt: skip
AT = "#/components/schemas/"


def document(name: str, description: str) -> dict[str, Any]:
    """Describe a response that is a document of the contract."""
    return {"description": description, "content": {"application/json": {"schema": {"$ref": AT + name}}}}


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the errors of a route: all codes with these statuses."""
    content = {"application/problem+json": {"schema": {"$ref": f"{AT}BacktestError"}}}
    return {
        status: {
            "description": " or ".join(f"`{code}`" for code, entry in ERROR_CODES.items() if entry.status == status),
            "content": content,
        }
        for status in statuses
    }


def body(name: str) -> dict[str, Any]:
    """Describe a body that is a document of the contract."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": {"$ref": AT + name}}}}}


def publish(app: FastAPI) -> None:
    """Replace the application's OpenAPI by one with the contract's schemas."""

    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _openapi(app)
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]


def _openapi(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(
        title="backtest-runner", version=__version__, routes=app.routes,
        description="Backtests as one JSON request in and one JSON result out. "
        "The documents are those of the child process, byte for byte outside `timing_ms`.",
    )  # fmt: skip
    schemes = {"bearer": {"type": "http", "scheme": "bearer", "description": "An API key or a token."}}
    made["components"] = {"schemas": components(), "securitySchemes": schemes}
    for path, operations in made["paths"].items():
        for operation in operations.values():
            responses = operation["responses"]
            wrong = responses.get("422", {}).get("content", {}).get("application/json")
            if wrong is not None:  # FastAPI's own description of a wrong parameter; ours is an error document
                responses["422"] = errors(422)[422]
            if "401" in responses:
                operation["security"] = [{"bearer": []}, {}]
        del path
    return made


@functools.cache
def components() -> dict[str, Any]:
    """Return the contract's schemas as OpenAPI's components."""
    made = {name: _renamed(read_schema(file), file) for file, name in _NAMES.items()}
    for name, schema in read_schema("common")["$defs"].items():
        made[_camel(name)] = _renamed(schema, "common")
    for strategy in built_in_strategies():
        schema = dict(read_schema(f"strategies/{strategy}"))
        for name, part in schema.pop("$defs", {}).items():
            made[f"{_camel(strategy)}{_camel(name)}"] = _renamed(part, strategy)
        made[f"{_camel(strategy)}Parameters"] = _renamed(schema, strategy)
    return made


def _renamed(node: Any, file: str) -> Any:
    """Return a schema of `file`, a document or a strategy, with the components that its references name."""
    if isinstance(node, list):
        return [_renamed(item, file) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _reference(value, file) if key == "$ref" else _renamed(value, file)
        for key, value in node.items()
        if key not in ("$schema", "$id")
    }


def _reference(target: str, of: str) -> str:
    """Return the component that a reference of the schema `of` names."""
    file, _, fragment = target.partition("#/$defs/")
    name = file.rsplit("/", 1)[-1].removesuffix(".schema.json")
    if not file and of in built_in_strategies():
        return AT + _camel(of) + _camel(fragment)
    return AT + (_camel(fragment) if fragment else _NAMES[name])


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
