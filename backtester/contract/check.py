"""A document to a finished request: every problem at once, or every default filled in. No numpy here.

`check` is what the supervising process does while the working process imports numpy.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from backtester.contract.defaults import fill
from backtester.contract.inline import check_inline_prices, is_date
from backtester.contract.problems import MAX_PROBLEMS, document_order, from_validation_error
from backtester.contract.schemas import (
    built_in_strategies,
    plug_ins,
    resolved_schema,
    strategy_schema,
    without_bulk_items,
)
from backtester.errors import Problem, RequestError, RunWarning, did_you_mean, echo, nearest
from backtester.noun import Noun, replace

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

SUM_TOLERANCE = 0.005
_EXACT = 1e-9
MAX_HOLDINGS = 500


class CheckedRequest(Noun):
    """A request that is valid and complete, and what was noticed on the way."""

    request: dict[str, Any]  # every default filled in, symbols upper-cased, without request_id
    request_id: str | None
    timeout_seconds: float | None  # None where the caller named none
    memory_mb: int | None
    warnings: tuple[RunWarning, ...]


def check(document: Any, *, csv_available: bool, load_plug_ins: bool = True) -> CheckedRequest:
    """Check a decoded document against the schemas and the rules between its parts.

    load_plug_ins: False leaves the parameters of a plug-in strategy as they are, to be completed where its code
    may run (`complete_plug_in`); the supervising process runs nobody else's code.
    RequestError VALIDATION_FAILED or UNKNOWN_STRATEGY with every problem, in document order.
    """
    schema = resolved_schema("request")
    problems = [*_schema_problems(document, schema)]
    unknown = False
    strategy_parameters: dict[str, Any] = {}
    if isinstance(document, dict):
        problems += _rule_problems(document, csv_available=csv_available)
        strategy = document.get("strategy")
        if isinstance(strategy, str) and strategy:
            unknown = strategy not in built_in_strategies() and strategy not in plug_ins()
            if unknown:
                problems.append(_unknown_strategy(strategy))
            elif load_plug_ins or strategy in built_in_strategies():
                strategy_parameters = strategy_schema(strategy)
                problems += _parameter_problems(strategy, document.get("parameters", {}))
    if problems:
        raise _invalid(problems, document, unknown=unknown)
    return _finish(document, schema, strategy_parameters)


def complete_plug_in(checked: CheckedRequest) -> CheckedRequest:
    """Check and complete the parameters of a plug-in strategy, which `check` left alone."""
    strategy = checked.request["strategy"]
    if strategy in built_in_strategies():
        return checked
    problems = [*_parameter_problems(strategy, checked.request["parameters"])]
    if problems:
        raise _invalid(problems, checked.request, unknown=False)
    parameters = fill(strategy_schema(strategy), checked.request["parameters"])
    return replace(checked, request={**checked.request, "parameters": parameters})


def assume_valid(document: Any) -> CheckedRequest | None:
    """Return what `check` will return if the document is valid, or None where that is not worth guessing.

    Nothing is checked: the caller must not act on it before `check` has returned the same.
    """
    if document.get("limits") or document["strategy"] not in built_in_strategies():
        return None
    return _finish(document, resolved_schema("request"), strategy_schema(document["strategy"]))


def _parameter_problems(strategy: str, parameters: Any) -> Iterator[Problem]:
    if isinstance(parameters, dict):
        for error in _parameters_validator(strategy).iter_errors(parameters):
            yield from from_validation_error(error, "/parameters")


def _invalid(problems: list[Problem], document: Any, *, unknown: bool) -> RequestError:
    distinct = {(problem.pointer, problem.code): problem for problem in reversed(problems)}
    ordered = sorted(distinct.values(), key=document_order(document))
    count = len(ordered)
    detail = "1 problem" if count == 1 else f"{count} problems"
    if count > MAX_PROBLEMS:
        detail += f"; the first {MAX_PROBLEMS} are listed"
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
    from jsonschema import Draft202012Validator, FormatChecker  # seventy milliseconds: only who checks pays

    formats = FormatChecker(formats=())
    formats.checks("date")(lambda value: not isinstance(value, str) or is_date(value))
    return Draft202012Validator(schema, format_checker=formats)


def _schema_problems(document: Any, schema: dict[str, Any]) -> Iterator[Problem]:
    """Yield what the schema finds.

    Of too many holdings only the first 500 are looked at: a hostile document costs no more than a large honest one.
    """
    if isinstance(document, dict) and isinstance(document.get("holdings"), list):
        holdings = document["holdings"]
        if len(holdings) > MAX_HOLDINGS:
            detail = f"must have at most {MAX_HOLDINGS} holdings, has {len(holdings)}"
            yield Problem(
                pointer="/holdings", code="OUT_OF_RANGE", detail=detail, received=echo(holdings), has_received=True
            )
            document = {**document, "holdings": holdings[:MAX_HOLDINGS]}
    for count, error in enumerate(_request_validator().iter_errors(document)):
        if count >= 10 * MAX_PROBLEMS:
            return
        yield from from_validation_error(error)


def _unknown_strategy(name: str) -> Problem:
    known = (*built_in_strategies(), *plug_ins())
    suggestion = nearest(name, known)
    return Problem(
        pointer="/strategy", code="UNKNOWN_STRATEGY", received=echo(name), has_received=True, suggestion=suggestion,
        detail=f"there is no strategy {echo(name)!a}{did_you_mean(suggestion)} Known: {', '.join(known)}"
        if suggestion else f"there is no strategy {echo(name)!a}; known: {', '.join(known)}",
    )  # fmt: skip


def _rule_problems(document: dict[str, Any], *, csv_available: bool) -> Iterator[Problem]:
    """Yield what no schema can say: sums, order, and what the parts need of one another."""
    yield from _date_problems(document)
    symbols = [*_holding_symbols(document)]
    first: dict[str, int] = {}
    for index, symbol in symbols:
        if symbol in first:
            yield Problem(pointer=f"/holdings/{index}/symbol", code="DUPLICATE_SYMBOL", received=echo(symbol),
                          has_received=True, detail=f"{echo(symbol)!a} is holding {first[symbol]} already")  # fmt: skip
        first.setdefault(symbol, index)
    total = allocation_total(document)
    if total is not None and SUM_TOLERANCE < abs(total - 1) < float("inf"):
        yield _wrong_sum(document, total)
    yield from _data_problems(document, first, csv_available=csv_available)


def _date_problems(document: dict[str, Any]) -> Iterator[Problem]:
    start, end = document.get("start_date"), document.get("end_date")
    if isinstance(start, str) and isinstance(end, str) and is_date(start) and is_date(end) and start > end:
        yield Problem(pointer="/end_date", code="DATE_ORDER", received=end, has_received=True,
                      detail=f"end_date lies before start_date ({start})")  # fmt: skip


def _holding_symbols(document: dict[str, Any]) -> Iterator[tuple[int, str]]:
    holdings = document.get("holdings")
    for index, holding in enumerate(holdings[:MAX_HOLDINGS] if isinstance(holdings, list) else ()):
        if isinstance(holding, dict) and isinstance(holding.get("symbol"), str):
            yield index, holding["symbol"].upper()


def allocation_total(document: dict[str, Any]) -> float | None:
    """Return the sum of the allocations and the cash allocation; None when any of them is no number."""
    holdings, cash = document.get("holdings"), document.get("cash", {})
    if not isinstance(holdings, list) or not holdings or not isinstance(cash, dict):
        return None
    values = [holding.get("allocation") if isinstance(holding, dict) else None for holding in holdings]
    values.append(cash.get("allocation", 0))
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    try:
        return float(sum(numbers)) if len(numbers) == len(values) else None
    except OverflowError:  # integers beyond a double; each is out of range by itself
        return None


def _wrong_sum(document: dict[str, Any], total: float) -> Problem:
    near_percent = abs(total - 100) <= 100 * SUM_TOLERANCE
    if near_percent:
        fix = "they look like percentages: divide each by 100"
    elif total == 0:
        fix = "give at least one holding a share"
    elif total < 0:
        fix = "shares cannot be negative"
    else:
        fix = f"divide each by {total:.10g}, or set cash.allocation to what is meant to stay in cash"
    suggestion: Any = None
    if total > 0:
        shares = [holding["allocation"] / total for holding in document["holdings"][:20]]
        suggestion = [round(share, 10) for share in shares] if len(document["holdings"]) <= 20 else None
    return Problem(pointer="/holdings", code="ALLOCATION_SUM", received=total, has_received=True, suggestion=suggestion,
                   detail=f"the allocations (with cash.allocation) sum to {total:.10g}, not 1; {fix}")  # fmt: skip


def _data_problems(document: dict[str, Any], holdings: dict[str, int], *, csv_available: bool) -> Iterator[Problem]:
    data = document.get("data", {})
    if not isinstance(data, dict):
        return
    source = data.get("source", "auto")
    if source == "csv" and not csv_available:
        yield Problem(pointer="/data/source", code="SOURCE_NOT_AVAILABLE", received="csv", has_received=True,
                      detail="the operator named no folder of CSV files (BACKTEST_CSV_DIR)")  # fmt: skip
    if source == "inline" and "prices" not in data:
        yield Problem(pointer="/data/prices", code="REQUIRED", detail="source inline needs data.prices")
    elif source in ("auto", "bundled", "yahoo", "csv") and "prices" in data:
        yield Problem(pointer="/data/prices", code="UNEXPECTED", suggestion="inline",
                      detail="data.prices are only read with data.source inline")  # fmt: skip
    elif source == "inline" and _well_shaped(data["prices"]):
        wanted = {symbol: f"/holdings/{index}/symbol" for symbol, index in holdings.items()}
        if isinstance(document.get("benchmark"), str):
            wanted.setdefault(document["benchmark"].upper(), "/benchmark")
        execution = document.get("execution", {})
        needs_open = isinstance(execution, dict) and execution.get("timing") == "next_open"
        yield from check_inline_prices(data["prices"], wanted, needs_open=needs_open)


def _well_shaped(prices: Any) -> bool:
    if not isinstance(prices, dict) or not isinstance(prices.get("dates"), list):
        return False
    blocks = [prices.get("close"), prices.get("open", {})]
    if not all(isinstance(block, dict) for block in blocks):
        return False
    return all(isinstance(column, list) for block in blocks for column in block.values())


def _finish(document: dict[str, Any], schema: dict[str, Any], parameters: dict[str, Any]) -> CheckedRequest:
    request = fill(schema, document)
    request["parameters"] = fill(parameters, request["parameters"])
    for holding in request["holdings"]:
        holding["symbol"] = holding["symbol"].upper()
    if request["benchmark"] is not None:
        request["benchmark"] = request["benchmark"].upper()
    warnings = []
    total = allocation_total(document)
    if total is not None and abs(total - 1) > _EXACT:
        detail = f"the allocations sum to {total:.10g} and were scaled to 1"
        warnings.append(RunWarning(code="ALLOCATIONS_NORMALISED", detail=detail, pointer="/holdings"))
    limits = document.get("limits", {})
    return CheckedRequest(
        request=request,
        request_id=request.pop("request_id", None),
        timeout_seconds=limits.get("timeout_seconds"),
        memory_mb=limits.get("memory_mb"),
        warnings=tuple(warnings),
    )
