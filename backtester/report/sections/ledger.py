"""The page's decisions, trades, provenance, and the metrics with their definitions."""

from __future__ import annotations

from typing import Any

from backtester.report import shared, written
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Column, Table

MOST = 200  # trades from either end
_LAST_DECISIONS = 24


def metrics_table(result: Result) -> Table | None:
    """Return the metrics in groups, with the benchmark's, those of months, and the schema's definitions."""
    metrics: dict[str, Any] = result.at("metrics") or {}
    groups: dict[str, list[str]] = dict(shared.of("metric_groups"))
    grouped = {key for keys in groups.values() for key in keys}
    groups["Other"] = [key for key in metrics if key not in grouped]
    monthly = bool(result.at("metrics_monthly"))
    rows: list[list[Cell]] = []
    for name, keys in groups.items():
        shown = [key for key in keys if key in metrics and _is_shown(result, key)]
        if name == "Against the benchmark" and not result.request.get("benchmark"):
            continue
        if shown:
            rows += [[Cell(name, "group")], *(_metric_row(result, key, monthly=monthly) for key in shown)]
    head = _metric_head(result, monthly=monthly)
    return Table(shared.of("sections")["metrics"]["short"], head, rows, classes="metrics") if rows else None


def _is_shown(result: Result, key: str) -> bool:
    """Return whether a metric is shown: those about cash flows only where there are any."""
    if key == "money_weighted_return":
        return bool(result.request.get("cash_flows"))
    return key not in shared.of("metrics_hidden_at_zero") or bool(result.at("metrics", key))


def _metric_head(result: Result, *, monthly: bool) -> list[Column]:
    head = [Column("Metric", "text"), Column("Portfolio")]
    head += [Column(str(result.benchmark))] if result.benchmark else []
    head += [Column("Monthly", tip=result.meaning("metrics_monthly"))] if monthly else []
    return [*head, Column("Definition", "text definition")]


def _metric_row(result: Result, key: str, *, monthly: bool) -> list[Cell]:
    how = written.fine_percent if key in shared.of("metrics_of_a_session") else None
    row = [Cell(result.title("metrics", key)), result.cell("metrics", key, how=how)]
    if result.benchmark:
        row.append(_or_blank(result, "benchmark", "metrics", key, how=how))
    if monthly:
        row.append(_or_blank(result, "metrics_monthly", key, how=how))
    return [*row, Cell(result.meaning("metrics", key), "definition")]


def _or_blank(result: Result, *path: str, how: Any) -> Cell:
    parent = result.at(*path[:-1]) or {}
    return result.cell(*path, how=how) if path[-1] in parent else Cell("")


def trades_table(result: Result) -> Table | None:
    """Return the first and the last trades, with the number left out between them."""
    trades = result.at("trades")
    if not trades:
        return None
    rows = list(range(len(trades)))
    if len(rows) > 2 * MOST:
        rows = rows[:MOST] + rows[-MOST:]
    reasons = any(each.get("reason", "rebalance") != "rebalance" for each in trades)
    made = [_trade_row(result, n, reasons=reasons) for n in rows]
    missing = len(trades) - len(rows)
    note = ""
    if missing:
        gap = f"{written.count(missing)} trades are left out here; trades.csv has all {written.count(len(trades))}."
        made.insert(MOST, [Cell(gap, "gap"), *(Cell("") for _ in made[0][1:])])
        note = f"The first {MOST} and the last {MOST}. {gap}"
    keys = ("date", "symbol", "side", "units", "price", "value", "commission", "slippage")
    head = [
        Column(result.title("trades", 0, key), "text" if key in keys[:3] else "", result.meaning("trades", 0, key))
        for key in (*keys, *["reason"] * reasons)
    ]
    return Table("Trades", head, made, note, "scroll")


def _trade_row(result: Result, n: int, *, reasons: bool) -> list[Cell]:
    each, base = result.at("trades", n), ("trades", n)
    row = [result.date(*base, "date"), Cell(str(each.get("symbol")), "text"), Cell(str(each.get("side")), "text")]
    row += [result.cell(*base, key) for key in ("units", "price")]
    row += [result.cell(*base, key, how=written.cents) for key in ("value", "commission", "slippage")]
    return row + [Cell(str(each.get("reason", "")).replace("_", " "), "text")] * reasons


def trades_summary(result: Result) -> str:
    """Count the trades."""
    trades = result.at("trades") or []
    buys = sum(each.get("side") == "buy" for each in trades)
    if not trades:
        return "The period has no trades."
    days = written.counted(len({each.get("date") for each in trades}), "day")
    return (
        f"{written.counted(len(trades), 'trade')} on {days}: "
        f"{written.count(buys)} bought, {written.count(len(trades) - buys)} sold."
    )


def decisions_table(result: Result) -> Table | None:
    """Return the last decisions with date, trigger and weights. The page's script shows any of them in full."""
    executed = result.at("decisions", "executed")
    if not executed:
        return None
    shown = range(len(executed))[-_LAST_DECISIONS:]
    rows = [
        [
            result.date("decisions", "decided", n, absent="there was no session before the first"),
            result.date("decisions", "executed", n),
            Cell(str(result.at("decisions", "trigger", n)), "text"),
            Cell(_chosen(result, n), "text wrap"),
        ]
        for n in reversed(shown)
    ]
    left = len(executed) - len(rows)
    note = f"The last {len(rows)}, the latest first; the list above and decisions.csv have {written.count(left)} more."
    head = [Column("Decided at the close of", "text"), Column("Filled", ""), Column("Trigger", "text")]
    return Table("The last decisions", [*head, Column("Chosen", "text")], rows, note if left else "The latest first.")


def _chosen(result: Result, n: int) -> str:
    weights = {symbol: column[n] for symbol, column in (result.at("decisions", "weights") or {}).items()}
    chosen = sorted((s for s in weights if weights[s]), key=lambda symbol: -weights[symbol])
    said = [f"{symbol}{written.SPACE}{written.percent(weights[symbol])}" for symbol in chosen]
    cash = result.at("decisions", "cash", n)
    return ", ".join([*said, f"cash{written.SPACE}{written.percent(cash)}"] if cash else said)


def provenance_table(result: Result) -> Table:
    """Return the provenance of each symbol's prices, with their digests."""
    base = ("data", "symbols")
    rows = []
    for symbol in result.at(*base) or {}:
        row = [result.symbol_cell(symbol), Cell(str(result.at(*base, symbol, "source") or ""), "text")]
        row += [result.date(*base, symbol, key) for key in ("first", "last")]
        row.append(result.cell(*base, symbol, "sessions", how=written.count))
        rows.append([*row, Cell(str(result.at(*base, symbol, "digest") or ""), "mono")])
    head = [Column("Symbol", "text"), Column("Source", "text"), Column("First"), Column("Last"), Column("Sessions")]
    note = result.meaning("data", "symbols")
    return Table(shared.caption("prices"), [*head, Column("Digest", "text")], rows, note)


def facts(result: Result) -> list[tuple[str, Cell, str]]:
    """Return the facts that identify the run: name, figure, meaning."""
    engine = f"{result.at('engine', 'name')} {result.at('engine', 'version')}"
    found = [
        (result.title("result_id"), Cell(str(result.at("result_id")), "mono"), result.meaning("result_id")),
        (result.title("engine"), Cell(engine), ""),
    ]
    if result.at("request_id") is not None:
        found.insert(0, ("Request id", Cell(str(result.at("request_id"))), result.meaning("request_id")))
    for key in result.at("audit") or {}:
        title, meaning = result.title("audit", key), result.meaning("audit", key)
        found.append((title, result.cell("audit", key, how=written.tiny), meaning))
    spent = result.at("timing_ms", "total")
    if spent is not None:
        found.append(("Time taken", Cell(f"{written.count(spent)}{written.SPACE}ms"), ""))
    return found
