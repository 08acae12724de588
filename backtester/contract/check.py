"""Checks a decoded document: RequestError with every problem, or the request with every default. Imports no numpy.

The supervising process checks while the child process imports numpy.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from backtester.contract.alternatives import one_of
from backtester.contract.defaults import fill
from backtester.contract.inline_prices import is_date
from backtester.contract.no_effect import without_effect
from backtester.contract.problems import MAX_PROBLEMS, document_order, from_validation_error
from backtester.contract.rules import allocation_total, holding_symbols, likely_allocations, rule_problems
from backtester.contract.schemas import (
    built_in_strategies,
    plug_ins,
    resolved_schema,
    strategy_schema,
    without_bulk_items,
)
from backtester.contract.symbols import symbols_in
from backtester.model.errors import Problem, RequestError, RunWarning, did_you_mean, echo, invalid_at, nearest
from backtester.model.record import Record, replace

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_EXACT = 1e-9


class CheckedRequest(Record):
    """A valid and complete request, with its limits and warnings."""

    request: dict[str, Any]  # every default filled in, symbols upper-cased, without request_id
    request_id: str | None
    timeout_seconds: float | None  # None where the request has none
    memory_mb: int | None
    warnings: tuple[RunWarning, ...]


def check(document: Any, *, csv_available: bool, load_plug_ins: bool = True) -> CheckedRequest:
    """Check a decoded document against the schemas and the rules between its parts.

    load_plug_ins: False leaves the parameters of a plug-in strategy as they are, to be completed where its code
    may run (`complete_plug_in`); the supervising process never runs plug-ins.
    RequestError VALIDATION_FAILED or UNKNOWN_STRATEGY with every problem, in document order.
    """
    if isinstance(document, dict) and isinstance(document.get("success"), bool):
        raise _a_result(document)
    schema = resolved_schema("request")
    problems = [*_schema_problems(document, schema)]
    unknown = False
    strategy_parameters: dict[str, Any] = {}
    if isinstance(document, dict):
        strategy = document.get("strategy")
        signals: list[tuple[str, str]] = []
        if isinstance(strategy, str) and strategy:
            unknown = strategy not in built_in_strategies() and strategy not in plug_ins()
            if unknown:
                problems.append(_unknown_strategy(strategy))
            elif load_plug_ins or strategy in built_in_strategies():
                strategy_parameters = strategy_schema(strategy)
                problems += _parameter_problems(strategy, document.get("parameters", {}), document)
                signals = [*_signals(strategy_parameters, document.get("parameters", {}))]
        problems += rule_problems(document, signals, csv_available=csv_available)
    if problems:
        likely = likely_allocations(document) if isinstance(document, dict) else {}
        problems = [replace(p, suggestion=likely[p.pointer]) if p.pointer in likely else p for p in problems]
        raise _invalid(problems, document, unknown=unknown)
    return _finish(document, schema, strategy_parameters)


def prepare() -> None:
    """Import jsonschema and build the validators, for a process that waits for its request."""
    _request_validator()
    for strategy in built_in_strategies():
        _parameters_validator(strategy)


def complete_plug_in(checked: CheckedRequest) -> CheckedRequest:
    """Check and complete the parameters of a plug-in strategy, which `check` leaves as they are."""
    strategy = checked.request["strategy"]
    if strategy in built_in_strategies():
        return checked
    problems = [*_parameter_problems(strategy, checked.request["parameters"], checked.request)]
    if problems:
        raise _invalid(problems, checked.request, unknown=False)
    held = len(checked.request["holdings"])
    parameters = _filled(strategy_schema(strategy), checked.request["parameters"], held=held)
    return replace(checked, request={**checked.request, "parameters": parameters})


def assume_valid(document: Any) -> CheckedRequest | None:
    """Return the result of `check` for a valid document, for speculative execution; None where it is not known early.

    Nothing is checked: the caller must discard the run unless `check` returns the same.
    """
    if document.get("limits") or document["strategy"] not in built_in_strategies():
        return None
    return _finish(document, resolved_schema("request"), strategy_schema(document["strategy"]))


def _parameter_problems(strategy: str, parameters: Any, document: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(parameters, dict):
        return
    held = {symbol for _, symbol in holding_symbols(document)}
    if strategy == "rules":
        from backtester.contract import rule_trees  # only trees need it

        yield from rule_trees.problems(parameters, held, lambda: _schema_problems_of(strategy, parameters))
        return
    yield from _schema_problems_of(strategy, parameters)
    for pointer, symbol, kind in symbols_in(strategy_schema(strategy), parameters, "/parameters"):
        if kind == "holding" and symbol not in held:
            suggestion = nearest(symbol, sorted(held))
            detail = f"{echo(symbol)!a} is not one of the holdings{did_you_mean(suggestion)}"
            yield Problem(pointer=pointer, code="NOT_A_HOLDING", received=echo(symbol), has_received=True,
                          suggestion=suggestion, detail=detail)  # fmt: skip


def _schema_problems_of(strategy: str, parameters: dict[str, Any]) -> Iterator[Problem]:
    for error in itertools.islice(_parameters_validator(strategy).iter_errors(parameters), 10 * MAX_PROBLEMS):
        yield from from_validation_error(error, "/parameters")


def _signals(schema: dict[str, Any], parameters: Any) -> Iterator[tuple[str, str]]:
    for pointer, symbol, kind in symbols_in(schema, parameters, "/parameters"):
        if kind == "any":
            yield pointer, symbol


def _a_result(document: dict[str, Any]) -> RequestError:
    """Return the error of a document that a run has written, in place of a problem for each of its keys."""
    kind = "a result" if document["success"] else "an error document"
    fix = " Its request is in `request`." if isinstance(document.get("request"), dict) else ""
    return invalid_at("", "UNEXPECTED", f"This is {kind}, not a request.{fix}")


def _invalid(problems: list[Problem], document: Any, *, unknown: bool) -> RequestError:
    distinct = {(problem.pointer, problem.code): problem for problem in reversed(problems)}
    ordered = sorted(distinct.values(), key=document_order(document))
    count = len(ordered)
    detail = "1 problem" if count == 1 else f"{count} problems"
    if count > MAX_PROBLEMS:
        detail += f". The first {MAX_PROBLEMS} are listed."
    if unknown and count == 1:
        detail = ordered[0].detail
    code = "UNKNOWN_STRATEGY" if unknown else "VALIDATION_FAILED"
    return RequestError(code, detail, problems=tuple(ordered[:MAX_PROBLEMS]))


@functools.cache
def _request_validator() -> Validator:
    return _validator(without_bulk_items(resolved_schema("request")))


@functools.cache
def _parameters_validator(strategy: str) -> Validator:
    return _validator(strategy_schema(strategy))


def _validator(schema: dict[str, Any]) -> Validator:
    from jsonschema import FormatChecker  # seventy milliseconds

    formats = FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or is_date(value))
    made: Validator = _bounded_validator()(schema, format_checker=formats)
    return made


@functools.cache
def _bounded_validator() -> type[Validator]:
    """Return jsonschema's validator that looks at no more items and keys than the schema allows.

    A hostile document costs no more than a large valid one: `uniqueItems` alone would compare each item with each.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    keywords = Draft202012Validator.VALIDATORS
    bounded = ("items", "uniqueItems", "additionalProperties", "propertyNames")
    extended: Callable[..., type[Validator]] = extend
    return extended(Draft202012Validator, {"oneOf": one_of, **{name: _bounded(keywords[name]) for name in bounded}})


def _bounded(keyword: Callable[..., Any]) -> Callable[..., Iterator[Any]]:
    def look(validator: Any, wanted: Any, instance: Any, schema: dict[str, Any]) -> Iterator[Any]:
        if isinstance(instance, list) and len(instance) > schema.get("maxItems", len(instance)):
            instance = instance[: schema["maxItems"]]
        elif isinstance(instance, dict) and len(instance) > schema.get("maxProperties", len(instance)):
            instance = dict(itertools.islice(instance.items(), schema["maxProperties"]))
        yield from keyword(validator, wanted, instance, schema) or ()

    return look


def _schema_problems(document: Any, schema: dict[str, Any]) -> Iterator[Problem]:
    """Yield the problems that the schema finds."""
    for count, error in enumerate(_request_validator().iter_errors(document)):
        if count >= 10 * MAX_PROBLEMS:
            return
        yield from from_validation_error(error)


def _unknown_strategy(name: str) -> Problem:
    known = (*built_in_strategies(), *plug_ins())
    suggestion = nearest(name, known)
    return Problem(
        pointer="/strategy", code="UNKNOWN_STRATEGY", received=echo(name), has_received=True, suggestion=suggestion,
        detail=f"There is no strategy {echo(name)!a}{did_you_mean(suggestion)} Known strategies: {', '.join(known)}.",
    )  # fmt: skip


def _filled(schema: dict[str, Any], given: dict[str, Any], *, held: int) -> dict[str, Any]:
    """Return the parameters with their defaults. A default number of holdings is at most the number `held`.

    Nobody asked for more than there are, so it is no clamp to warn of; and the request that a result echoes is the one
    that ran.
    """
    filled: dict[str, Any] = fill(schema, given)
    for key, sub in schema.get("properties", {}).items():
        if key in filled and key not in given and sub.get("x-unit") == "holdings" and isinstance(filled[key], int):
            filled[key] = min(filled[key], held)
    return filled


def _finish(document: dict[str, Any], schema: dict[str, Any], parameters: dict[str, Any]) -> CheckedRequest:
    request = fill(schema, document)
    request["parameters"] = _filled(parameters, request["parameters"], held=len(request["holdings"]))
    for holding in request["holdings"]:
        holding["symbol"] = holding["symbol"].upper()
    if request["benchmark"] is not None:
        request["benchmark"] = request["benchmark"].upper()
    warnings = []
    total = allocation_total(document)
    if total is not None and abs(total - 1) > _EXACT:
        detail = f"The allocations sum to {total:.10g}. They were scaled to sum to 1."
        warnings.append(RunWarning(code="ALLOCATIONS_NORMALISED", detail=detail, pointer="/holdings"))
    warnings += without_effect(request, parameters)
    limits = document.get("limits", {})
    return CheckedRequest(
        request=request,
        request_id=request.pop("request_id", None),
        timeout_seconds=limits.get("timeout_seconds"),
        memory_mb=limits.get("memory_mb"),
        warnings=tuple(warnings),
    )
