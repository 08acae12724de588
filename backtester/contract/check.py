"""Checks a decoded document: RequestError with every problem, or the request with every default. Imports no numpy.

The validators that are made of the schemas (`validators/`) are asked first: they take a millisecond, and importing
jsonschema takes fifty. jsonschema is asked about what they do not accept, and has the last word.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

from backtester.contract.defaults import fill
from backtester.contract.no_effect import without_effect
from backtester.contract.rules import allocation_total, holding_symbols, likely_allocations, rule_problems
from backtester.contract.schemas import built_in_strategies, plug_ins, request_schema, strategy_schema
from backtester.contract.symbols import symbols_in
from backtester.model.errors import Problem, RequestError, RunWarning, did_you_mean, echo, invalid_at, nearest
from backtester.model.record import Record, replace

_EXACT = 1e-9


class CheckedRequest(Record):
    """A valid and complete request, with its limits and warnings."""

    request: dict[str, Any]  # every default filled in, symbols upper-cased, without request_id
    request_id: str | None
    timeout_seconds: float | None  # None where the request has none
    memory_mb: int | None
    warnings: tuple[RunWarning, ...]
    document: dict[str, Any] | None = None  # as it came, where variations are made of it: without its questions, prices


def check(document: Any, *, csv_available: bool, load_plug_ins: bool = True) -> CheckedRequest:
    """Check a decoded document against the schemas and the rules between its parts.

    load_plug_ins: False leaves the parameters of a plug-in strategy as they are, to be completed where its code
    may run (`complete_plug_in`); the supervising process never runs plug-ins.
    RequestError VALIDATION_FAILED or UNKNOWN_STRATEGY with every problem, in document order.
    """
    if isinstance(document, dict) and isinstance(document.get("success"), bool):
        raise _a_result(document)
    look: Callable[[Any], list[Problem]] = functools.partial(
        _problems, csv_available=csv_available, load_plug_ins=load_plug_ins
    )
    problems = look(document)
    if isinstance(document, dict) and ("compare" in document or "analysis" in document):
        from backtester.contract.variations.variation_rules import variation_problems  # most requests have none

        complete_base = functools.partial(_complete_request, document, load_plug_ins=load_plug_ins)
        problems += variation_problems(document, problems, check=look, complete=complete_base)
    if problems:
        raise _invalid(problems, document)
    return complete(document, load_plug_ins=load_plug_ins)


def complete(document: dict[str, Any], *, load_plug_ins: bool = False) -> CheckedRequest:
    """Return a document that is known to be valid with its defaults and the warnings. load_plug_ins: as in `check`."""
    strategy = document["strategy"]
    known = load_plug_ins or strategy in built_in_strategies()
    schema = request_schema(analysis="analysis" in document)
    return _finish(document, schema, strategy_schema(strategy) if known else {})


def complete_plug_in(checked: CheckedRequest) -> CheckedRequest:
    """Check and complete the parameters of a plug-in strategy, which `check` leaves as they are."""
    strategy = checked.request["strategy"]
    if strategy in built_in_strategies():
        return checked
    problems = [*_parameter_problems(strategy, checked.request["parameters"], checked.request)]
    if problems:
        raise _invalid(problems, checked.request)
    held = len(checked.request["holdings"])
    parameters = _filled(strategy_schema(strategy), checked.request["parameters"], held=held)
    return replace(checked, request={**checked.request, "parameters": parameters})


def _schema_problems(value: Any, strategy: str | None = None) -> Iterator[Problem]:
    """Yield what jsonschema finds in a request, or in the parameters of a strategy."""
    if not accepts(value, strategy):
        from backtester.contract.refusal import schema_problems  # fifty milliseconds

        yield from schema_problems(value, strategy)


def accepts(value: Any, strategy: str | None = None) -> bool:
    """Return whether a request, or the parameters of a strategy, are valid beyond doubt. A plug-in's never are."""
    if strategy is not None and strategy not in built_in_strategies():
        return False
    parts = {strategy or "request": value}
    if strategy is None and isinstance(value, dict) and "analysis" in value:  # a third of the schema, which few need
        parts = {
            "request": {key: part for key, part in value.items() if key != "analysis"},
            "analysis": value["analysis"],
        }
    try:
        for name, part in parts.items():
            __import__(f"backtester.contract.validators.valid_{name}", fromlist=["validate"]).validate(part)
    except (ValueError, TypeError, RecursionError, ImportError):  # the last: it has not been made yet
        return False
    return True


def _complete_request(document: dict[str, Any], *, load_plug_ins: bool) -> dict[str, Any]:
    return complete(document, load_plug_ins=load_plug_ins).request


def _problems(document: Any, *, csv_available: bool, load_plug_ins: bool) -> list[Problem]:
    """Return the problems of a document, without those of its variations."""
    problems = [*_schema_problems(document)]
    if not isinstance(document, dict):
        return problems
    strategy, parameters = document.get("strategy"), document.get("parameters", {})
    signals: list[tuple[str, str]] = []
    if isinstance(strategy, str) and strategy:
        if strategy not in built_in_strategies() and strategy not in plug_ins():
            problems.append(_unknown_strategy(strategy))
        elif load_plug_ins or strategy in built_in_strategies():
            problems += _parameter_problems(strategy, parameters, document)
            signals = [*_signals(strategy_schema(strategy), parameters)]
    problems += rule_problems(document, signals, csv_available=csv_available)
    likely = likely_allocations(document) if problems else {}
    return [replace(p, suggestion=likely[p.pointer]) if p.pointer in likely else p for p in problems]


def _parameter_problems(strategy: str, parameters: Any, document: dict[str, Any]) -> Iterator[Problem]:
    if not isinstance(parameters, dict):
        return
    held = {symbol for _, symbol in holding_symbols(document)}
    if strategy == "rules":
        from backtester.contract import rule_trees  # only trees need it

        yield from rule_trees.problems(parameters, held, lambda: _schema_problems(parameters, strategy))
        return
    yield from _schema_problems(parameters, strategy)
    for pointer, symbol, kind in symbols_in(strategy_schema(strategy), parameters, "/parameters"):
        if kind == "holding" and symbol not in held:
            suggestion = nearest(symbol, sorted(held))
            detail = f"{echo(symbol)!a} is not one of the holdings{did_you_mean(suggestion)}"
            yield Problem(pointer=pointer, code="NOT_A_HOLDING", received=echo(symbol), has_received=True,
                          suggestion=suggestion, detail=detail)  # fmt: skip


def _signals(schema: dict[str, Any], parameters: Any) -> Iterator[tuple[str, str]]:
    for pointer, symbol, kind in symbols_in(schema, parameters, "/parameters"):
        if kind == "any":
            yield pointer, symbol


def _a_result(document: dict[str, Any]) -> RequestError:
    """Return the error of a document that a run has written, in place of a problem for each of its keys."""
    kind = "a result" if document["success"] else "an error document"
    fix = " Its request is in `request`." if isinstance(document.get("request"), dict) else ""
    return invalid_at("", "UNEXPECTED", f"This is {kind}, not a request.{fix}")


def _invalid(problems: list[Problem], document: Any) -> RequestError:
    from backtester.contract.problems import MAX_PROBLEMS, document_order

    distinct = {(problem.pointer, problem.code): problem for problem in reversed(problems)}
    ordered = sorted(distinct.values(), key=document_order(document))
    count = len(ordered)
    detail = "1 problem" if count == 1 else f"{count} problems"
    if count > MAX_PROBLEMS:
        detail += f". The first {MAX_PROBLEMS} are listed."
    unknown = any(problem.pointer == "/strategy" and problem.code == "UNKNOWN_STRATEGY" for problem in ordered)
    if unknown and count == 1:
        detail = ordered[0].detail
    code = "UNKNOWN_STRATEGY" if unknown else "VALIDATION_FAILED"
    return RequestError(code, detail, problems=tuple(ordered[:MAX_PROBLEMS]))


def _unknown_strategy(name: str) -> Problem:
    known = (*built_in_strategies(), *plug_ins())
    suggestion = nearest(name, known)
    return Problem(
        pointer="/strategy", code="UNKNOWN_STRATEGY", received=echo(name), has_received=True, suggestion=suggestion,
        detail=f"There is no strategy {echo(name)!a}{did_you_mean(suggestion)} Known strategies: {', '.join(known)}.",
    )  # fmt: skip


def _filled(schema: dict[str, Any], given: dict[str, Any], *, held: int) -> dict[str, Any]:
    """Return the parameters with their defaults. A default number of holdings is at most the number `held`.

    The caller asked for no number, so it is no clamp to warn of; and the request that a result echoes is the one
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
    benchmark = request["benchmark"]
    if isinstance(benchmark, str):
        request["benchmark"] = benchmark.upper()
    elif benchmark is not None:
        for holding in benchmark["holdings"]:
            holding["symbol"] = holding["symbol"].upper()
    warnings = [*_scaled(document, "/holdings"), *_scaled(benchmark, "/benchmark/holdings")]
    warnings += without_effect(request, parameters)
    limits = document.get("limits", {})
    return CheckedRequest(
        request=request,
        request_id=request.pop("request_id", None),
        timeout_seconds=limits.get("timeout_seconds"),
        memory_mb=limits.get("memory_mb"),
        warnings=tuple(warnings),
        document=_base_of_variations(document),
    )


def _scaled(portfolio: Any, pointer: str) -> Iterator[RunWarning]:
    """Yield the warning of allocations that do not sum to 1 exactly. portfolio: None, or a symbol, has none."""
    total = allocation_total(portfolio) if isinstance(portfolio, dict) else None
    if total is not None and abs(total - 1) > _EXACT:
        detail = f"The allocations sum to {total:.10g}. They were scaled to sum to 1."
        yield RunWarning(code="ALLOCATIONS_NORMALISED", detail=detail, pointer=pointer)


def _base_of_variations(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the variations are made of; None where there are none. The complete request has the prices."""
    if "compare" not in document and "analysis" not in document:
        return None
    base = {key: value for key, value in document.items() if key not in ("compare", "analysis")}
    if "prices" in base.get("data", {}):
        base["data"] = {key: value for key, value in base["data"].items() if key != "prices"}
    return base
