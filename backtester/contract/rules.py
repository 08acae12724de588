"""The rules between parts of a request that no schema can express: sums, order, dependencies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeGuard

from backtester.contract.iso_dates import is_date
from backtester.contract.schemas import built_in_sources, plug_ins
from backtester.model.errors import Problem, did_you_mean, echo, nearest
from backtester.model.record import replace

_SUM_TOLERANCE, _ROUNDING = 0.005, 1e-12  # of the whole
MAX_HOLDINGS = 500
MAX_CASH_FLOWS = 20


def rule_problems(
    document: dict[str, Any], signals: list[tuple[str, str]], *, csv_available: bool
) -> Iterator[Problem]:
    """Yield the problems. signals: (pointer, symbol) of the signals in the strategy's parameters."""
    yield from _order_problem(document, "")
    yield from _cash_flow_problems(document)
    yield from _portfolio_problems(document, "/holdings")
    wanted: dict[str, str] = {}
    for index, symbol in holding_symbols(document):
        wanted.setdefault(symbol, f"/holdings/{index}/symbol")
    held = len(wanted)
    benchmark = document.get("benchmark")
    if isinstance(benchmark, str):
        wanted.setdefault(benchmark.upper(), "/benchmark")
    elif isinstance(benchmark, dict):
        yield from _portfolio_problems(benchmark, "/benchmark/holdings")
        for index, symbol in holding_symbols(benchmark):
            wanted.setdefault(symbol, f"/benchmark/holdings/{index}/symbol")
    for pointer, symbol in signals:
        wanted.setdefault(symbol, pointer)
    yield from _data_problems(document, wanted, held=held, csv_available=csv_available)


def _portfolio_problems(portfolio: dict[str, Any], at: str) -> Iterator[Problem]:
    """Yield the problems of the holdings of the request or of its benchmark. at: their pointer."""
    first: dict[str, int] = {}
    for index, symbol in holding_symbols(portfolio):
        if symbol in first:
            detail = f"{echo(symbol)!a} is listed twice, first at {at}/{first[symbol]}."
            yield Problem(pointer=f"{at}/{index}/symbol", code="DUPLICATE_SYMBOL", received=echo(symbol),
                          has_received=True, detail=detail)  # fmt: skip
        first.setdefault(symbol, index)
    total = allocation_total(portfolio)
    if total is not None and not sums_to(1, total) and abs(total) < float("inf"):
        yield replace(_wrong_sum(portfolio, total), pointer=at)


def _order_problem(dated: dict[str, Any], pointer: str) -> Iterator[Problem]:
    start, end = dated.get("start_date"), dated.get("end_date")
    if isinstance(start, str) and isinstance(end, str) and is_date(start) and is_date(end) and start > end:
        yield Problem(pointer=f"{pointer}/end_date", code="DATE_ORDER", received=end, has_received=True,
                      detail=f"end_date is before start_date ({start}). Swap them, or correct one.")  # fmt: skip


def _cash_flow_problems(document: dict[str, Any]) -> Iterator[Problem]:
    flows = document.get("cash_flows")
    for index, flow in enumerate(flows[:MAX_CASH_FLOWS] if isinstance(flows, list) else ()):
        if not isinstance(flow, dict):
            continue
        pointer = f"/cash_flows/{index}"
        yield from _order_problem(flow, pointer)
        if "amount" not in flow and "fraction" not in flow:
            yield Problem(pointer=f"{pointer}/amount", code="REQUIRED", detail="A cash flow needs amount or fraction.")
        if "amount" in flow and "fraction" in flow:
            yield Problem(
                pointer=f"{pointer}/fraction", code="UNEXPECTED", detail="A cash flow has amount or fraction, not both."
            )
        if "fraction" in flow and flow.get("growth_rate", 0) != 0:
            yield Problem(pointer=f"{pointer}/growth_rate", code="UNEXPECTED",
                          detail="A fraction grows with the portfolio. Only an amount has a growth_rate.")  # fmt: skip


def holding_symbols(document: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the place and the symbol, upper-cased, of each holding that has one."""
    for index, holding in _objects(document):
        if isinstance(holding.get("symbol"), str):
            yield index, holding["symbol"].upper()


def _objects(document: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    holdings = document.get("holdings")
    for index, holding in enumerate(holdings[:MAX_HOLDINGS] if isinstance(holdings, list) else ()):
        if isinstance(holding, dict):
            yield index, holding


def allocation_total(document: dict[str, Any]) -> float | None:
    """Return the sum of the allocations and the cash allocation; None when any of them is not a number."""
    holdings, cash = document.get("holdings"), document.get("cash", {})
    if not isinstance(holdings, list) or not holdings or not isinstance(cash, dict):
        return None
    values = [holding.get("allocation") if isinstance(holding, dict) else None for holding in holdings]
    values.append(cash.get("allocation", 0))
    numbers = [value for value in values if is_number(value)]
    try:
        return float(sum(numbers)) if len(numbers) == len(values) else None
    except OverflowError:  # integers beyond a double; each is out of range by itself
        return None


def is_number(value: Any) -> TypeGuard[float]:
    """Return whether a value of JSON is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def likely_allocations(document: dict[str, Any]) -> dict[str, float | None]:
    """Return for the pointer of each allocation, and of the cash's, what is likely meant where it is wrong in itself.

    Texts are read as numbers. Only where all together sum to nearly 100 are they percentages; None: it is not clear.
    """
    from backtester.contract.wrong_types import as_number

    given = {f"/holdings/{index}/allocation": holding.get("allocation") for index, holding in _objects(document)}
    cash = document.get("cash")
    given["/cash/allocation"] = cash.get("allocation", 0) if isinstance(cash, dict) else 0
    read = {pointer: as_number(value) if isinstance(value, str) else value for pointer, value in given.items()}
    numbers = {at: value for at, value in read.items() if is_number(value)}
    percent = len(numbers) == len(read) and sums_to(100, sum(numbers.values()))
    likely: dict[str, float | None] = dict.fromkeys(given)
    for pointer, value in numbers.items():
        meant = value / 100 if percent else value
        likely[pointer] = meant if 0 <= meant <= 1 and (percent or isinstance(given[pointer], str)) else None
    return likely


def sums_to(whole: float, total: float) -> bool:
    """Tell whether parts with this total are taken to sum to the whole. The rounding of the sum does not decide."""
    return abs(total - whole) <= (_SUM_TOLERANCE + _ROUNDING) * whole


def _wrong_sum(document: dict[str, Any], total: float) -> Problem:
    shares = [holding["allocation"] for holding in document["holdings"]]
    cash = document.get("cash", {}).get("allocation", 0)
    factor: float | None = None
    if min(*shares, cash) < 0:
        fix = "Allocations cannot be negative."
    elif sums_to(100, total):
        fix, factor = "They look like percentages: divide each by 100.", 0.01
    elif sum(shares) == 0:
        fix = "Give at least one holding a share."
    elif cash >= 1:
        fix = "The cash leaves nothing for the holdings."
    else:
        factor = (1 - cash) / sum(shares)
        fix = f"Scale the holdings' to sum to {1 - cash:.10g}" if cash else f"Divide each by {total:.10g}"
        fix += f", or set cash.allocation to {1 - sum(shares):.10g}." if total < 1 else "."
    suggestion = None if factor is None or len(shares) > 20 else [round(share * factor, 10) for share in shares]
    return Problem(pointer="/holdings", code="ALLOCATION_SUM", received=total, has_received=True, suggestion=suggestion,
                   detail=f"The allocations (with cash.allocation) sum to {total:.10g}, not 1. {fix}")  # fmt: skip


def _data_problems(
    document: dict[str, Any], wanted: dict[str, str], *, held: int, csv_available: bool
) -> Iterator[Problem]:
    """Yield the problems of `data`. wanted: symbol to pointer, the `held` holdings first."""
    data = document.get("data", {})
    if not isinstance(data, dict):
        return
    source = data.get("source", "auto")
    if not isinstance(source, str):
        return  # the wrong type is reported by the schema
    if source not in built_in_sources() and source not in plug_ins("sources"):
        yield _unknown_source(source)
        return
    if source == "csv" and not csv_available:
        yield Problem(pointer="/data/source", code="SOURCE_NOT_AVAILABLE", received="csv", has_received=True,
                      suggestion="inline" if "prices" in data else "auto",
                      detail="`csv` reads the operator's folder of CSV files (BACKTEST_CSV_DIR), and none is set. "
                             "`auto` reads imported files.")  # fmt: skip
    if source == "inline" and "prices" not in data:
        yield Problem(pointer="/data/prices", code="REQUIRED", detail="data.source inline needs data.prices.")
    elif source != "inline" and "prices" in data:
        yield Problem(pointer="/data/source", code="INVALID_CHOICE", suggestion="inline",
                      received=source, has_received="source" in data,
                      detail="data.prices needs data.source inline.")  # fmt: skip
    elif source == "inline" and _well_shaped(data["prices"]):
        from backtester.contract.inline_prices import check_inline_prices

        execution = document.get("execution", {})
        execution = execution if isinstance(execution, dict) else {}
        yield from check_inline_prices(
            data["prices"], wanted, needs_open=execution.get("timing") == "next_open",
            needs_dividends=[*wanted][:held] if execution.get("dividends") == "cash" else [],
        )  # fmt: skip


def _unknown_source(name: str) -> Problem:
    known = (*built_in_sources(), *plug_ins("sources"))
    suggestion = nearest(name, known)
    detail = f"The value must be one of {', '.join(known)}{did_you_mean(suggestion)}"
    return Problem(pointer="/data/source", code="INVALID_CHOICE", received=echo(name), has_received=True,
                   suggestion=suggestion, detail=detail)  # fmt: skip


def _well_shaped(prices: Any) -> bool:
    if not isinstance(prices, dict) or not isinstance(prices.get("dates"), list):
        return False
    blocks = [prices.get("close"), *(prices.get(name, {}) for name in ("open", "dividends", "traded"))]
    if not all(isinstance(block, dict) for block in blocks):
        return False
    return all(isinstance(column, list) for block in blocks for column in block.values())
