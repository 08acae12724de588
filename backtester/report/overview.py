"""The first screen: a sentence about the run, the warnings, and six figures."""

from __future__ import annotations

from typing import Any

from backtester.report import written
from backtester.report.lookup import Result
from backtester.report.parameters import in_words
from backtester.report.shapes import Cell, Column, Table, Tile

_MOST_NAMED = 6
_DAGGER = "\u2020"
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
    start, end = (written.date(str(result.at("period", "effective", key))) for key in ("start", "end"))
    parts = [f"{strategy(result)}{_settings(result)} on {held(result)}, {start} to {end}"]
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
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    shown = _MOST_NAMED - 2
    return f"{len(names)} holdings ({', '.join(names[:shown])} and {len(names) - shown} more)"


def _rebalancing(result: Result) -> str:
    often = str((result.request.get("parameters") or {}).get("rebalance_frequency", ""))
    rules = result.request.get("rebalancing") or {}
    bands = [rules.get(key) for key in ("absolute_band", "relative_band") if rules.get(key) is not None]
    if often in ("", "never"):
        return "rebalanced by bands alone" if bands else "never rebalanced" if often else ""
    return f"rebalanced {_OFTEN.get(often, often)}" + (" and by bands" if bands else "")


def _costs(result: Result) -> str:
    costs = result.request.get("costs") or {}
    said = [
        form.format(f"{costs[key]:,g}")
        for key, form in _COSTS.items()
        if isinstance(costs.get(key), (int, float)) and costs[key]
    ]
    ratio = costs.get("expense_ratio")
    if isinstance(ratio, (int, float)) and ratio:
        said.append(f"{written.fine_percent(ratio)} expenses a year")
    if not costs:
        return ""
    return " and ".join((", ".join(said[:-1]), said[-1])) if len(said) > 1 else (said or ["without costs"])[0]


def warnings(result: Result) -> list[dict[str, str]]:
    """Return the document's warnings, then a notice where the period differs from the requested one."""
    found = [
        {key: str(each.get(key, "")) for key in ("code", "severity", "detail", "symbol")}
        for each in result.at("warnings") or []
        if isinstance(each, dict)
    ]
    codes = {each["code"] for each in found}
    asked, run = result.at("period", "requested") or {}, result.at("period", "effective") or {}
    late = _days_apart(asked.get("start"), run.get("start")) > 7 and "START_DELAYED" not in codes
    early = _days_apart(run.get("end"), asked.get("end")) > 7 and "END_CLIPPED" not in codes
    if late or early:
        detail = f"The run covers {_span(run)}, not {_span(asked)}."
        found.append({"code": "PERIOD", "severity": "info", "detail": detail, "symbol": ""})
    return [*found, *_chosen(result)]


_FEW = 0.05  # of the settings: a place so high in the ranking is chosen with hindsight


def _chosen(result: Result) -> list[dict[str, str]]:
    """Return the warning that the setting is among the best of many that were tried."""
    runs, place = result.at("analysis", "sweep", "runs") or 0, None
    if runs > 1:
        from backtester.report import sweep_map  # most results have no sweep

        asked = sweep_map.asked_index(result)
        place = None if asked is None else sweep_map.rank(result, asked)
    if place is not None and place <= max(1, _FEW * runs):
        which = "the best" if place == 1 else f"number {place}"
        detail = f"This setting is {which} of {written.count(runs)} that were tried, seen with hindsight."
    elif (trials := result.at("request", "analysis", "trust", "trials") or 1) > 1:
        detail = f"This setting was chosen among {written.count(trials)}, as the request says."
    else:
        return []
    detail = f"{detail} Expect less than these figures."
    return [{"code": "BEST_OF_MANY", "severity": "warning", "detail": detail, "symbol": ""}]


def _span(period: dict[str, Any]) -> str:
    return f"{written.date(str(period.get('start')))} to {written.date(str(period.get('end')))}"


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
    capital = result.request.get("initial_capital")
    origin = f"from {written.money(capital)}" if isinstance(capital, (int, float)) else ""
    paid = result.at("metrics", "net_contributions")
    if origin and paid:
        origin += f" and {written.money(abs(paid))} " + ("paid in" if paid > 0 else "taken out")
        # fractions of the value take out, or pay in, another amount of the benchmark
        alike = written.money(result.at("benchmark", "metrics", "net_contributions") or 0) == written.money(paid)
        origin = f"both {origin}" if alike else origin
    made = [_tile(result, "final_value", origin)]
    made += [_tile(result, key) for key in ("cagr", "max_drawdown", "annual_volatility", "sharpe_ratio")]
    if result.at("metrics", "cagr") is None:
        made[1] = _tile(result, "total_return")
    return [*made, _extreme_tile(result)]


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
    are, them = ("is", "it") if len(found) == 1 else ("are", "them")
    names = ", ".join(map(result.named, found))
    return (
        f"{_DAGGER} {names} {are} counted without dividends, the portfolio with them. "
        f"An investor in {them} earned more than this comparison shows."
    )


def _tile(result: Result, key: str, beside: str = "") -> Tile:
    cell = result.cell("metrics", key, tone=key in ("cagr", "total_return"))
    if result.benchmark:
        other = result.cell("benchmark", "metrics", key).text
        mark = _DAGGER if dividend_note(result) else ""
        beside = f"{result.benchmark}{mark} {other}" + (f", {beside}" if beside else "")
    if interval := _interval_words(result, key):
        beside = f"{beside}; {interval}" if beside else interval
    return Tile(result.title("metrics", key), cell, beside, result.meaning("metrics", key))


def _interval_words(result: Result, key: str) -> str:
    if not result.at("analysis", "trust"):
        return ""
    from backtester.report.luck import interval_words  # most results have no such test

    return interval_words(result, key)


def _extreme_tile(result: Result) -> Tile:
    best, worst = (result.at("tables", "extremes", key) for key in ("best_year", "worst_year"))
    if any(not isinstance(each, dict) or not {"year", "return"} <= set(each) for each in (best, worst)):
        return _tile(result, "worst_day")
    years = result.at("tables", "annual_returns", "years") or []
    market = result.at("tables", "annual_returns", "benchmark") or []
    same = dict(zip(years, market, strict=False))
    text = " / ".join(written.percent(each["return"]) for each in (best, worst))
    when = f"{best['year']} / {worst['year']}"
    if same.get(best["year"]) is not None and same.get(worst["year"]) is not None and result.benchmark:
        others = " / ".join(written.percent(same[each["year"]]) for each in (best, worst))
        when += f"; {result.benchmark} then {others}"
    return Tile("Best and worst year", Cell(text), when, result.meaning("tables", "extremes", "best_year"))


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
