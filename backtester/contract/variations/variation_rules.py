"""The variations of a request: `compare`, and the combinations of `analysis`. Each has to be a valid request.

Loaded only where a request has one of the two keys.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from backtester.codec.decode import child
from backtester.contract.iso_dates import is_date
from backtester.contract.variations.grid import Grid, grid_of, range_size, scalar_at
from backtester.contract.variations.merge_patch import merged, parts_of, patch_of
from backtester.model.errors import Problem, did_you_mean, echo, nearest
from backtester.model.record import replace

AS_ASKED = "As asked"  # the name of the request itself among its variations
MOST_COMBINATIONS = 100_000
_MOST_FAULTS = 20
_MOST_VARIATIONS = 20
_QUESTIONS = ("compare", "analysis")
_SHARED = ("schema_version", "request_id", "output", "limits")  # the same for every variation
# settings whose validity depends on one another; elsewhere a value is valid whatever the others are
_COUPLED = ("strategy", "holdings", "cash", "cash_flows", "start_date", "end_date", "data", "benchmark")

Check = Callable[[dict[str, Any]], list[Problem]]


def without_questions(document: dict[str, Any]) -> dict[str, Any]:
    """Return a request without `compare` and `analysis`: what its variations are made of."""
    return {key: value for key, value in document.items() if key not in _QUESTIONS}


def variation_problems(
    document: dict[str, Any], found: list[Problem], *, check: Check, complete: Callable[[], dict[str, Any]]
) -> Iterator[Problem]:
    """Yield the problems of the variations. found: those of the document itself.

    check: returns the problems of a request. complete: returns this one with its defaults, called where it is valid.
    """
    base = without_questions(document)
    known = {(problem.pointer, problem.code) for problem in found}

    def new_problems(patch: dict[str, Any]) -> list[Problem]:
        return [p for p in check(merged(base, patch)) if (p.pointer, p.code) not in known]

    yield from itertools.islice(_compare_problems(document.get("compare"), new_problems), _MOST_FAULTS)
    analysis = document.get("analysis")
    if not isinstance(analysis, dict) or found:
        return
    request = complete()
    for name in ("sweep", "walk_forward"):
        if name in analysis:
            problems = _grid_problems(f"/analysis/{name}", analysis[name], base, request, new_problems)
            yield from itertools.islice(problems, _MOST_FAULTS)


def _compare_problems(compare: Any, new_problems: Check) -> Iterator[Problem]:
    first: dict[str, int] = {}
    for index, variation in enumerate(compare[:_MOST_VARIATIONS] if isinstance(compare, list) else ()):
        if not isinstance(variation, dict):
            continue
        name, patch, at = variation.get("name"), variation.get("patch"), f"/compare/{index}"
        if isinstance(name, str):
            if name in first or name == AS_ASKED:
                other = f"also that of /compare/{first[name]}" if name in first else "that of the request itself"
                yield Problem(pointer=f"{at}/name", code="DUPLICATE_ITEM", received=echo(name), has_received=True,
                              detail=f"The name is {other}. Give each variation one of its own.")  # fmt: skip
            first.setdefault(name, index)
        if isinstance(patch, dict):
            yield from _patch_problems(patch, f"{at}/patch", new_problems)


def _patch_problems(patch: dict[str, Any], at: str, new_problems: Check) -> Iterator[Problem]:
    """Yield the problems of a patch; those of the patched request point into the patch."""
    fixed = [key for key in patch if key in _QUESTIONS or key in _SHARED]
    for key in fixed:
        yield Problem(pointer=child(at, key), code="UNEXPECTED", detail=f"A variation cannot change {key}.")
    for problem in new_problems({key: value for key, value in patch.items() if key not in fixed}):
        detail = problem.detail
        if problem.code == "UNKNOWN_FIELD" and not _names(patch, problem.pointer):
            detail += " It comes from the request. Set it to null in the patch to leave it out."
        yield replace(problem, pointer=f"{at}{problem.pointer}", detail=detail)


def _names(patch: Any, pointer: str) -> bool:
    """Return whether a patch has a key at a pointer, or changes a list above it."""
    for part in parts_of(pointer):
        if not isinstance(patch, dict):
            return True
        if part not in patch:
            return False
        patch = patch[part]
    return True


def _grid_problems(
    at: str, question: dict[str, Any], base: dict[str, Any], request: dict[str, Any], new_problems: Check
) -> Iterator[Problem]:
    """Yield the problems of a question that its schema accepts, of each step only where the one before has none."""
    over = f"{at}/over"
    problems = [*_axis_problems(question["over"], over, request, moving=at == "/analysis/walk_forward")]
    if not problems:
        sizes = [len(v) if isinstance(v, list) else range_size(v) for v in question["over"].values()]
        count = 1
        for size in sizes:
            count *= size
        if count > MOST_COMBINATIONS:
            detail = f"There are {count} combinations, and at most {MOST_COMBINATIONS} are run. Take fewer values."
            problems = [Problem(pointer=over, code="OUT_OF_RANGE", detail=detail, received=count, has_received=True)]
    if not problems:
        problems = [*_where_problems(question.get("where", []), f"{at}/where", question["over"], request)]
    if problems:
        yield from problems
        return
    grid = grid_of(question)
    if next(grid.wanted(request), None) is None:
        yield Problem(pointer=f"{at}/where", code="OUT_OF_RANGE", detail="No combination meets every condition.")
    yield from _value_problems(grid, question["over"], over, base, new_problems)


def _axis_problems(over: dict[str, Any], at: str, request: dict[str, Any], *, moving: bool) -> Iterator[Problem]:
    """Yield the problems of the axes. moving: one portfolio moves between the settings while it is held."""
    for pointer, given in over.items():
        here, top = child(at, pointer), pointer.split("/")[1] if pointer.startswith("/") else None
        if top is None:
            yield Problem(pointer=here, code="INVALID_FORMAT", received=echo(pointer), has_received=True,
                          suggestion=nearest(f"/{pointer}", _scalars(request)),
                          detail="An axis is a JSON pointer into the request: /parameters/top_n.")  # fmt: skip
        elif top in (*_QUESTIONS, *_SHARED):
            yield Problem(pointer=here, code="UNEXPECTED", detail=f"{top} is the same for every combination.")
        elif not scalar_at(request, pointer)[0]:
            yield _not_a_setting(here, pointer, request)
        elif moving and not _can_change(pointer):
            detail = f"A portfolio that moves between settings keeps {echo(pointer)!a}. analysis.sweep can vary it."
            yield Problem(pointer=here, code="UNEXPECTED", detail=detail)
        if isinstance(given, dict) and given["from"] > given["to"]:
            yield Problem(pointer=f"{here}/to", code="OUT_OF_RANGE", received=given["to"], has_received=True,
                          detail=f"to is below from ({given['from']:g}). Swap them, or correct one.")  # fmt: skip


def _can_change(pointer: str) -> bool:
    """Return whether a setting says what is decided, not how it is carried out: it can change in mid-run."""
    top, *rest = parts_of(pointer)
    if top == "holdings":
        return rest[-1:] == ["allocation"]
    others = ("/strategy", "/cash/allocation", "/rebalancing/offset_sessions")
    return top == "parameters" or pointer in others


def _not_a_setting(at: str, pointer: str, request: dict[str, Any]) -> Problem:
    suggestion = nearest(pointer, _scalars(request))
    detail = f"{echo(pointer)!a} names no single value of the request{did_you_mean(suggestion)}"
    return Problem(
        pointer=at, code="INVALID_CHOICE", detail=detail, received=echo(pointer), has_received=True,
        suggestion=suggestion,
    )  # fmt: skip


def _scalars(request: Any, at: str = "") -> list[str]:
    """Return the pointers of the single values that can vary; of long lists the first few."""
    if isinstance(request, (dict, list)):
        items = request.items() if isinstance(request, dict) else enumerate(request[:20])
        fixed = (*_QUESTIONS, *_SHARED) if not at else ("prices",)
        return [one for key, value in items if key not in fixed for one in _scalars(value, child(at, str(key)))]
    return [at]


def _where_problems(
    where: list[list[str]], at: str, over: dict[str, Any], request: dict[str, Any]
) -> Iterator[Problem]:
    for index, (low, relation, high) in enumerate(where):
        if relation != "below":
            yield Problem(pointer=f"{at}/{index}/1", code="INVALID_CHOICE", received=echo(relation), has_received=True,
                          suggestion="below", detail="The value must be 'below'.")  # fmt: skip
        for place, pointer in ((0, low), (2, high)):
            given = over.get(pointer)
            values = given if isinstance(given, list) else [] if given else [_scalar(request, pointer)]
            if not all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values):
                detail = f"{echo(pointer)!a} names no number of the request, and no axis of numbers."
                yield Problem(pointer=f"{at}/{index}/{place}", code="INVALID_CHOICE", detail=detail,
                              received=echo(pointer), has_received=True)  # fmt: skip


def _scalar(request: dict[str, Any], pointer: str) -> Any:
    return scalar_at(request, pointer)[1] if pointer.startswith("/") else None


def _value_problems(
    grid: Grid, over: dict[str, Any], at: str, base: dict[str, Any], new_problems: Check
) -> Iterator[Problem]:
    """Yield the problems of the combinations, as few of them as show whether all are valid."""
    for axes in _coupled(grid.pointers):
        values = [grid.values[axis] for axis in axes]
        pointers = [grid.pointers[axis] for axis in axes]
        for chosen in ([*map(_extremes, values)], values):  # every one only where an extreme one is wrong
            wrong = False
            for combination in itertools.product(*chosen):
                settings = dict(zip(pointers, combination, strict=True))
                problems = new_problems(patch_of(base, settings))
                wrong = wrong or bool(problems)
                if chosen is values:
                    yield from (_of_combination(problem, settings, over, at) for problem in problems)
            if not wrong:
                break


def _coupled(pointers: tuple[str, ...]) -> list[list[int]]:
    """Return the axes in groups: the values of one group are valid whatever those of another are."""
    tops = [pointer.split("/")[1] for pointer in pointers]
    together = {*_COUPLED, *(["parameters"] if "strategy" in tops else [])}
    group = [axis for axis, top in enumerate(tops) if top in together]
    return [*([group] if group else []), *([axis] for axis, top in enumerate(tops) if top not in together)]


def _extremes(values: tuple[Any, ...]) -> list[Any]:
    """Return the values of an axis that show whether all are valid.

    Of numbers and dates the least and the greatest, since bounds are intervals, and a number with decimals, since the
    type may be integer.
    """
    if all(isinstance(value, str) and is_date(value) for value in values):
        return [min(values), max(values)]
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    others = [value for value in values if not isinstance(value, (int, float)) or isinstance(value, bool)]
    broken = [value for value in numbers if isinstance(value, float) and not value.is_integer()]
    return [*others, *([min(numbers), max(numbers)] if numbers else []), *broken[:1]]


def _of_combination(problem: Problem, settings: dict[str, Any], over: dict[str, Any], at: str) -> Problem:
    """Return a problem of a combination, pointing to the value in the list of the axis that it names, or to the axis.

    One that names none points to all axes.
    """
    named = next((pointer for pointer in settings if problem.pointer.startswith(pointer)), None)
    if named is not None:
        at = child(at, named)
        if isinstance(over[named], list):
            at = f"{at}/{over[named].index(settings[named])}"
    where = ", ".join(f"{pointer} {echo(value)!a}" for pointer, value in settings.items())
    return replace(problem, pointer=at, detail=f"With {where}: {problem.detail}", suggestion=None)
