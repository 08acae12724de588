"""The first screen: a sentence about the run, the warnings, and six figures."""

from __future__ import annotations

from typing import Any

from backtester.report import shared, written
from backtester.report.lookup import Result
from backtester.report.parameters import in_words
from backtester.report.shapes import Cell, Column, Table, Tile

DAGGER = "\u2020"
_COSTS = {
    "commission_bps": "{} bps commission",
    "commission_fixed": "${} a trade",
    "commission_per_share": "${} a share",
    "commission_minimum": "at least ${} a trade",
    "slippage_bps": "{} bps slippage",
}
_OFTEN = {"semiannually": "every half-year", "annually": "yearly"}


def title(result: Result) -> str:
    """Return the page's name: strategy, holdings, years."""
    symbols = result.symbols
    held = ", ".join(symbols) if len(symbols) <= 3 else f"{len(symbols)} holdings"
    start, end = (str(result.at("period", "effective", key))[:4] for key in ("start", "end"))
    years = start if start == end else f"{start}–{end}"
    return f"{strategy(result)}: {held}, {years}"


def strategy(result: Result) -> str:
    """Return the strategy's title; for a plug-in its name, since a document must not load code."""
    from backtester.contract.schemas import built_in_strategies, strategy_schema

    name = str(result.request.get("strategy"))
    return str(strategy_schema(name).get("title", name)) if name in built_in_strategies() else name


def sentence(result: Result) -> str:
    """Return the sentence about the run: strategy, holdings, period, rebalancing, costs, benchmark."""
    period = written.span(*(str(result.at("period", "effective", key)) for key in ("start", "end")))
    parts = [f"{strategy(result)}{_settings(result)} on {held(result)}, {period}"]
    parts.append(_rebalancing(result))
    capital = result.request.get("initial_capital")
    flows = result.request.get("cash_flows") or []
    if isinstance(capital, (int, float)):
        parts.append(f"from {written.money(capital)}" + (" with cash flows" if flows else ""))
    parts.append(_costs(result))
    benchmark = result.request.get("benchmark")
    if benchmark:
        parts.append(f"against {benchmark.get('name') if isinstance(benchmark, dict) else result.called(benchmark)}")
    return ", ".join(part for part in parts if part) + "."


def _settings(result: Result) -> str:
    """Return the strategy's parameters, in parentheses."""
    from backtester.contract.schemas import built_in_strategies, strategy_schema

    name = str(result.request.get("strategy"))
    known = strategy_schema(name).get("properties", {}) if name in built_in_strategies() else {}
    said = in_words(result.request.get("parameters") or {}, known)
    return f" ({', '.join(said)})" if said else ""


def held(result: Result) -> str:
    """Return the holdings' symbols, of many the first."""
    names = result.symbols
    most: int = shared.of("most_named")
    if len(names) <= most:
        return ", ".join(names)
    shown = most - 2
    return f"{len(names)} holdings ({', '.join(names[:shown])} and {len(names) - shown} more)"


def _rebalancing(result: Result) -> str:
    """Return when it is rebalanced: at dates, whenever a band is broken, or at the dates on which one is."""
    often = str((result.request.get("parameters") or {}).get("rebalance_frequency", ""))
    rules = result.request.get("rebalancing") or {}
    has_bands = any(rules.get(key) is not None for key in ("absolute_band", "relative_band"))
    anytime = has_bands and rules.get("bands_checked") != "at_frequency"
    if often in ("", "never"):
        return "rebalanced by bands alone" if anytime else "never rebalanced" if often else ""
    offset = rules.get("offset_sessions") or 0
    later = f" ({written.counted(offset, 'session')} later)" if offset else ""
    bands = " and by bands" if anytime else " if a weight is outside its band" if has_bands else ""
    return f"rebalanced {_OFTEN.get(often, often)}{later}{bands}"


def _costs(result: Result) -> str:
    costs = result.request.get("costs")
    if not isinstance(costs, dict):
        return ""
    said = [
        form.format(f"{costs[key]:,g}")
        for key, form in _COSTS.items()
        if isinstance(costs.get(key), (int, float)) and costs[key]
    ]
    ratio = costs.get("expense_ratio")
    if isinstance(ratio, (int, float)) and ratio:
        said.append(f"{written.fine_percent(ratio)} expenses a year")
    return written.listed(said) or "without costs"


def warnings(result: Result) -> list[dict[str, str]]:
    """Return what to beware of, warnings first: the document's, and a period other than the one asked for."""
    found = [
        {key: str(each.get(key, "")) for key in ("code", "severity", "detail", "symbol")}
        for each in result.at("warnings") or []
        if isinstance(each, dict)
    ]
    codes = {each["code"] for each in found}
    asked, run = result.at("period", "requested") or {}, result.at("period", "effective") or {}
    late = _days_apart(asked.get("start"), run.get("start")) > 7 and "START_DELAYED" not in codes
    early = _days_apart(run.get("end"), asked.get("end")) > 7 and not codes & {"END_CLIPPED", "PORTFOLIO_DEPLETED"}
    if late or early:
        limit = result.at("period", "limited_by")
        why = shared.say("period_why", symbol=str(limit)) if late and limit else ""
        detail = shared.say("period", run=_span(run), why=why, asked=_span(asked))
        found.append({"code": "PERIOD", "severity": "info", "detail": detail, "symbol": ""})
    return sorted([*found, *_chosen(result)], key=lambda each: each["severity"] != "warning")


_FEW = 0.05  # of the settings: a place so high in the ranking is chosen with hindsight


def _chosen(result: Result) -> list[dict[str, str]]:
    """Return the warning that the setting is among the best of many that were tried."""
    runs, distinct = (result.at("analysis", "sweep", key) or 0 for key in ("runs", "distinct"))
    place = None
    if distinct > 1:
        from backtester.report.analysis import sweep_grid  # most results have no sweep

        asked = sweep_grid.asked_index(result)
        place = None if asked is None else sweep_grid.ranked(result, asked)
    if place is not None and place <= max(1, _FEW * runs):
        which = "the best" if place == 1 else f"number {place}"
        detail = shared.say("best_of_many", place=which, runs=written.count(runs))
    elif (trials := result.at("request", "analysis", "trust", "trials") or 1) > 1:
        detail = shared.say("chosen_among", trials=written.count(trials))
    else:
        return []
    return [{"code": "BEST_OF_MANY", "severity": "warning", "detail": detail, "symbol": ""}]


def _span(period: dict[str, Any]) -> str:
    return written.span(str(period.get("start")), str(period.get("end")))


def _days_apart(first: Any, last: Any) -> int:
    from datetime import date

    try:
        return (date.fromisoformat(str(last)) - date.fromisoformat(str(first))).days
    except ValueError:
        return 0


def tiles(result: Result) -> list[Tile]:
    """Return the six headline figures, each with the benchmark's beside it."""
    if result.left_out("metrics"):
        return []
    # Under a year there is no CAGR; what there is instead is the return.
    instead = {"cagr": "total_return"} if result.at("metrics", "cagr") is None else {}
    return [_tile(result, instead.get(key, key)) for key in shared.of("tiles")]


def dividend_note(result: Result) -> str:
    """Return the meaning of the mark at the benchmark's figures: its prices leave dividends out; empty without one."""
    warned = {
        str(each.get("symbol"))
        for each in result.at("warnings") or []
        if isinstance(each, dict) and each.get("code") == "UNADJUSTED_PRICES"
    }
    asked = result.request.get("benchmark") or {}
    held = [{"symbol": asked}] if isinstance(asked, str) else asked.get("holdings") or []
    found = [str(each.get("symbol")) for each in held if each.get("symbol") in warned]
    if not found or warned.issuperset(result.symbols):
        return ""
    names = ", ".join(map(result.named, found))
    return shared.say("without_dividends" if len(found) == 1 else "all_without_dividends", symbols=names)


def benchmark_notes(result: Result) -> list[str]:
    """Return what differs between the benchmark's figures and the portfolio's beside them."""
    paid = result.at("benchmark", "metrics", "net_contributions")
    shares = any(flow.get("fraction") is not None for flow in result.request.get("cash_flows") or [])
    own = result.benchmark and paid and shares
    note = shared.say("own_fractions", market=str(result.benchmark), sum=_moved(paid)) if own else ""
    return [each for each in (dividend_note(result), note) if each]


def _tile(result: Result, key: str) -> Tile:
    cell = result.cell("metrics", key, tone=key in ("cagr", "total_return"))
    title, meaning = result.title("metrics", key), result.meaning("metrics", key)
    return Tile(title, cell, _beside(result, key), meaning, _interval(result, key))


def _beside(result: Result, key: str) -> str:
    said = []
    if result.benchmark and key in (result.at("benchmark", "metrics") or {}):
        mark = DAGGER if dividend_note(result) else ""
        other = result.cell("benchmark", "metrics", key).text
        said.append(f"{result.benchmark}{mark}{written.SPACE}{other}")
    capital = result.request.get("initial_capital")
    if key == "final_value" and isinstance(capital, (int, float)):
        said.append(_origin(result, written.money(capital)))
    if key == "total_costs" and result.at("metrics", "turnover_per_year") is not None:
        said.append(f"turnover {result.cell('metrics', 'turnover_per_year').text} a{written.SPACE}year")
    return ", ".join(said)


def _origin(result: Result, capital: str) -> str:
    paid = result.at("metrics", "net_contributions")
    if not paid:
        return f"from{written.SPACE}{capital}"
    # Fractions of the value take out, or pay in, another amount of the benchmark.
    alike = written.money(result.at("benchmark", "metrics", "net_contributions") or 0) == written.money(paid)
    return f"{'both ' if alike else ''}from{written.SPACE}{capital} and {_moved(paid)}"


def _moved(paid: float) -> str:
    return f"{written.money(abs(paid))} {'paid in' if paid > 0 else 'taken out'}"


def _interval(result: Result, key: str) -> str:
    if not result.at("analysis", "trust"):
        return ""
    from backtester.report.analysis import says  # most results have no such test

    return says.interval(result, key)


def holdings_asked(result: Result) -> Table:
    """Return the holdings and allocations of the request."""
    cash = (result.request.get("cash") or {}).get("allocation")
    rows = [
        [Cell(str(each.get("symbol"))), _share(each.get("allocation")), _share(each.get("expense_ratio"), 2)]
        for each in result.request.get("holdings") or []
    ]
    if isinstance(cash, (int, float)) and cash:
        rows.append([Cell("Cash"), _share(cash), Cell("")])
    columns = [Column("Holding", "text"), Column("Allocation"), Column("Expense ratio")]
    if not any(row[2].text for row in rows):
        columns, rows = columns[:2], [row[:2] for row in rows]
    return Table("Holdings of the request", columns, rows)


def _share(value: Any, digits: int = 1) -> Cell:
    return Cell(written.percent(value, digits) if isinstance(value, (int, float)) else "")
