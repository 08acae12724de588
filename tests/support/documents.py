"""What holds of every document that is answered: its schema, its exit status, and how little it gives away."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.support.paths import ROOT, SCHEMAS

if TYPE_CHECKING:
    from tests.support.runner import Run

MAX_ECHO = 100
# words of one entry that a caller at another one cannot use
_HTTP = re.compile(
    r"Retry-After|Content-Type|Authorization|Idempotency-Key|\bPOST\b|`/(?:docs|backtests|schemas|socket)|/backtests"
)
_COMMAND_LINE = re.compile(r"\bstdin\b|\bstdout\b|exit status|(?<!\S)--[a-z]+|`--[a-z]+")
# The contract's table: code -> exit status, HTTP status, retryable. Written out here on purpose, not imported.
CODES: dict[str, tuple[int, int, bool]] = {
    "INVALID_JSON": (2, 400, False), "VALIDATION_FAILED": (2, 422, False), "UNKNOWN_STRATEGY": (2, 422, False),
    "SYMBOL_NOT_FOUND": (3, 422, False), "NO_DATA_IN_RANGE": (3, 422, False), "INSUFFICIENT_HISTORY": (3, 422, False),
    "DATA_GAP": (3, 422, False),
    "DATA_SOURCE_UNAVAILABLE": (3, 503, True),  # but False where no waiting helps
    "RATE_LIMITED": (3, 503, True),
    "PRICES_UNREADABLE": (3, 422, False),
    "TIMEOUT": (4, 504, False), "MEMORY_LIMIT": (4, 507, False), "REQUEST_TOO_LARGE": (4, 413, False),
    "TOO_MANY_REQUESTS": (4, 429, True),
    "CANCELLED": (5, 499, True), "WORKER_CRASHED": (1, 500, True), "ENVIRONMENT": (1, 500, False),
    "INTERNAL": (1, 500, False),
}  # fmt: skip


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
        assert (run.exit, document["status"]) == (exit_code, status), shown
        assert document["retryable"] is retryable or document["code"] == "DATA_SOURCE_UNAVAILABLE", shown
        assert_discreet(document, asked)
        assert not (found := _HTTP.findall(said_in(document))), found
    return document


def assert_fits(document: dict[str, Any]) -> None:
    """Check a document against schemas/result.schema.json or schemas/error.schema.json, by what it says it is."""
    assert document["success"] in (True, False)
    assert_schema(document, "result" if document["success"] else "error")
    if not document["success"]:
        assert_consistent(document)


def assert_consistent(document: dict[str, Any]) -> None:
    """Check that what an error recommends can be done, as far as the document itself tells."""
    retry = re.findall(r"\b(?:try again|retry)\b", said_in(document), re.IGNORECASE)
    assert document["retryable"] or not retry, f"not retryable, and yet: {said_in(document)}"


def assert_of_the_service(document: dict[str, Any]) -> None:
    """Check that an error over HTTP or Socket.IO does not speak of the command line."""
    assert document["success"] or not _COMMAND_LINE.findall(said_in(document)), document


def said_in(document: dict[str, Any]) -> str:
    """Return all that an error says in sentences."""
    return " ".join((document["detail"], document["remedy"], *(problem["detail"] for problem in document["errors"])))


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
