"""Golden files for anyone's CI: `python -m backtester golden DIR` runs DIR/<case>/request.json against result.json.

Floats agree to 1e-9; what differs from run to run or from version to version (timing, ids, engine) is left out.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from backtester.model.environment import as_typed_here
from backtester.runtime.numpy_import import import_numpy
from backtester.runtime.stdio import explain, print_line, write_stderr
from backtester.settings import SettingsError, read_settings

USAGE = """\
usage: .venv/bin/python -m backtester golden DIR [--update]

Runs every DIR/<case>/request.json, compares with its result.json (floats to 1e-9, volatile fields left out) and
prints the differences as JSON pointers. --update writes the results instead; refused where CI is set.

exit: 0 all agree, 1 some differ or a case needs what is not installed, 2 wrong usage
"""
TOLERANCE = 1e-9
VOLATILE = ("/timing_ms", "/result_id", "/engine", "/request_id")
_MOST_SHOWN = 20
_ABSENT = object()


class FileError(Exception):
    """A file of a case cannot be read or written; the text says which, and why."""

    def __init__(self, path: str, what: str, error: OSError) -> None:
        super().__init__(f"{os.path.basename(path)} cannot be {what}: {(error.strerror or 'it failed').lower()}")


def main(arguments: list[str]) -> int:
    """Run the command; return its exit status."""
    try:
        return _main(arguments)
    except SettingsError as error:
        found = explain(error)
        write_stderr(f"golden: {found.detail} {found.remedy}\n")
        return found.exit_code


def _main(arguments: list[str]) -> int:
    folders = [argument for argument in arguments if not argument.startswith("-")]
    options = [argument for argument in arguments if argument.startswith("-")]
    if "--help" in options or "-h" in options:
        print_line(as_typed_here(USAGE.rstrip()))
        return 0
    if len(folders) != 1 or set(options) - {"--update"}:
        write_stderr(as_typed_here(USAGE))
        return 2
    if "--update" in options and os.environ.get("CI"):
        write_stderr("--update is refused where CI is set. Golden files change in a reviewed commit.\n")
        return 2
    cases = find_cases(folders[0])
    if not cases:
        write_stderr(f"{folders[0]} has no case. A case is a folder with a request.json.\n")
        return 2
    import_numpy()  # the cases are run in this process
    if said := _lacking(cases):
        write_stderr(f"{said}\n")
        return 1
    failed = sum(not run_case(case, update="--update" in options) for case in cases)
    print_line(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


def find_cases(folder: str) -> list[str]:
    """Return the folders with a request.json, sorted; the folder itself may be one."""
    if os.path.isfile(os.path.join(folder, "request.json")):
        return [folder]
    if not os.path.isdir(folder):
        return []
    found = (os.path.join(folder, name) for name in sorted(os.listdir(folder)))
    return [path for path in found if os.path.isfile(os.path.join(path, "request.json"))]


def run_case(case: str, *, update: bool) -> bool:
    """Run one case, say how it went on stdout, and tell whether it agrees."""
    name, path = os.path.basename(os.path.normpath(case)), os.path.join(case, "result.json")
    try:
        document = answer(os.path.join(case, "request.json"))
        if update:
            _write(document, path)
            print_line(f"wrote  {name}")
            return True
    except FileError as error:
        print_line(f"FAILED {name}\n  {error}")
        return False
    try:
        with open(path, encoding="utf-8") as file:
            expected = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        reason = type(error).__name__
        print_line(f"FAILED {name}\n  result.json cannot be read: {reason}; --update writes it")
        return False
    found = list(differences(expected, document))
    print_line(f"{'FAILED' if found else 'passed'} {name}")
    for line in found[:_MOST_SHOWN]:
        print_line(f"  {line}")
    if len(found) > _MOST_SHOWN:
        print_line(f"  and {len(found) - _MOST_SHOWN} more")
    return not found


def _write(document: dict[str, Any], path: str) -> None:
    """Write a result. FileError."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=2, allow_nan=False)
            file.write("\n")
    except OSError as error:
        raise FileError(path, "written", error) from None


def _lacking(cases: list[str]) -> str | None:
    """Return what this Python lacks, the command that helps and the cases that wait for it; None where it has all."""
    from backtester.contract.check import check
    from backtester.model.errors import BacktestError
    from backtester.pipeline import plan

    waiting: dict[str, list[str]] = {}
    for case in cases:
        try:
            plan(check(_request(os.path.join(case, "request.json")), csv_available=True))
        except BacktestError as error:
            if error.code == "ENVIRONMENT":
                name = os.path.basename(os.path.normpath(case))
                waiting.setdefault(f"{error.detail} {error.remedy}", []).append(name)
        except FileError:  # its case says so
            continue
    lines = [f"{said}\nNeeded by: {', '.join(names)}" for said, names in waiting.items()]
    return "\n".join([*lines, "Nothing was run."]) if lines else None


def _request(path: str) -> Any:
    """Return the document in a file. RequestError, LimitError, FileError, SettingsError."""
    from backtester.codec.decode import decode

    try:
        with open(path, "rb") as file:
            raw = file.read()
    except OSError as error:
        raise FileError(path, "read", error) from None
    return decode(raw, max_bytes=read_settings().max_request_bytes)


def answer(path: str) -> dict[str, Any]:
    """Return the document that the request in a file gets: a result, or an error document, which can be golden too.

    FileError, SettingsError.
    """
    from backtester.analysis.answer import run
    from backtester.model.errors import BacktestError
    from backtester.runtime.limits import known_request_id

    document: Any = None
    try:
        document = _request(path)
        return run(document)
    except BacktestError as error:
        return error.as_document(known_request_id(document))


def differences(expected: Any, actual: Any, pointer: str = "") -> Iterator[str]:
    """Yield a line for each place where two documents differ, but for volatile fields and rounding."""
    if pointer in VOLATILE:
        return
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            escaped = key.replace("~", "~0").replace("/", "~1")
            yield from differences(expected.get(key, _ABSENT), actual.get(key, _ABSENT), f"{pointer}/{escaped}")
    elif isinstance(expected, list) and isinstance(actual, list):
        if len(expected) != len(actual):
            yield f"{pointer}: {len(expected)} items expected, {len(actual)} found"
        for index, (left, right) in enumerate(zip(expected, actual, strict=False)):
            yield from differences(left, right, f"{pointer}/{index}")
    elif not _same(expected, actual):
        yield f"{pointer or '/'}: expected {_show(expected)}, found {_show(actual)}"


def _same(expected: Any, actual: Any) -> bool:
    numbers = [value for value in (expected, actual) if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) == 2:
        return bool(abs(expected - actual) <= TOLERANCE * max(1.0, abs(expected), abs(actual)))
    return type(expected) is type(actual) and bool(expected == actual)


def _show(value: Any) -> str:
    return "nothing" if value is _ABSENT else json.dumps(value)[:100]
