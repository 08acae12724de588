"""The sources of the result: holdings, contributions to profit and risk, correlation, costs."""

from __future__ import annotations

from backtester.report import shared, written
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Chart, Column, Table

_BAR = 26  # px of a bar with its gap
_SHARES = 300  # px of the chart of weights


def growth_chart(result: Result) -> Chart | None:
    """Return the chart of growth and drawdown."""
    dates = result.at("series", "dates")
    if not dates:
        return None
    start, end = written.date(str(dates[0])), written.date(str(dates[-1]))
    first, last = (result.at("series", "portfolio_value", n) for n in (0, len(dates) - 1))
    said = f"Line chart of the portfolio's value, {_money(first)} on {start} and {_money(last)} on {end}"
    market = result.at("benchmark", "series", "portfolio_value")
    if market and result.benchmark:
        said += f"; {result.benchmark} ends at {_money(market[-1])}"
    deepest = result.at("metrics", "max_drawdown")
    if deepest is not None:
        said += f". Below it the drawdown, {written.percent(deepest)} at its deepest"
    title = f"Value of the portfolio and {result.benchmark}" if market else "Value of the portfolio"
    return Chart("growth", f"{title}, with the fall from the peak below", said + ".", _thinned(result), 520)


def _thinned(result: Result) -> str:
    shown, sessions = len(result.at("series", "dates")), result.at("period", "sessions")
    said = []
    if isinstance(sessions, int) and shown < sessions:
        said.append(
            f"Drawn from {written.count(shown)} of {written.count(sessions)} sessions, "
            "the highest, the lowest and the deepest fall among them. Metrics and tables use all sessions."
        )
    if result.at("series", "cash_flows"):
        said.append("Cash flows are part of the value, but not of the drawdown or of any return.")
        said += [f"{result.benchmark} has the same cash flows."] if result.benchmark else []
    return " ".join(said)


def _money(value: float | None) -> str:
    return written.DASH if value is None else written.money(value)


def weights_chart(result: Result) -> Chart | None:
    """Return the chart of the weights that were held; of the targets where the document has those alone."""
    held = result.at("held_weights") is not None
    block = "held_weights" if held else "weights"
    dates, columns = (result.at(block, key) or [] for key in ("dates", "symbols"))
    if len(dates) < 2 or not columns:
        return None
    rebalances = written.count(len(result.at("weights", "dates") or []))
    of = f"the weights of {len(columns)} holdings and cash as they were held" if held else "the target weights"
    span = f"{written.date(str(dates[0]))} to {written.date(str(dates[-1]))}"
    said = f"Stacked areas of {of} from {span}, with the targets of {rebalances} rebalances."
    note = "Between two rebalances the weights drift with the prices."
    if held:
        title = "Weights held, and the targets of the rebalances"
        note = f"{note} Marks that would touch are left out."
    else:
        title = "Target weights at each rebalance"
        note = f"{note} The weights that were held: {result.left_out('held_weights')}"
    return Chart("weights", title, said, note, _SHARES)


def holdings_table(result: Result) -> Table | None:
    """Return the holdings after the last session, the largest first, beside the first and the last target."""
    held = result.at("final_holdings")
    if held is None:
        return None
    order = sorted(range(len(held)), key=lambda n: -(held[n].get("weight") or 0))
    columns = result.at("weights", "symbols") or {}
    if len(result.at("weights", "dates") or []) > 1:
        columns = {}  # the chart shows the targets
    rows = []
    for n in order:
        path, symbol = ("final_holdings", n), str(held[n].get("symbol"))
        row = [result.symbol_cell(symbol)] + [result.cell(*path, key) for key in ("weight", "value", "units", "price")]
        rows.append(row[:1] + _targets(result, "symbols", symbol) * bool(columns) + row[1:])
    for symbol in columns:
        first = _targets(result, "symbols", symbol)
        if first and symbol not in {each.get("symbol") for each in held} and first[0].text != written.percent(0):
            none = [Cell(write(0)) for write in (written.percent, written.money, written.amount)]
            rows.append([result.symbol_cell(symbol), *first, *none, Cell("")])
    cash = [Cell("Cash"), *_targets(result, "cash") * bool(columns)]
    rows.append([*cash, result.cell("final_cash", "weight"), result.cell("final_cash", "value"), Cell(""), Cell("")])
    end = written.date(str(result.at("period", "effective", "end")))
    head = [Column("Holding", "text"), *[Column("First target")] * bool(columns), Column("Weight")]
    keys = ("value", "units", "price")
    base = ("final_holdings", 0)
    head += [Column(result.title(*base, key), "", result.meaning(*base, key)) for key in keys]
    return Table(f"Held at the end, {end}", head, rows)


def _targets(result: Result, *path: str) -> list[Cell]:
    values = result.at("weights", *path)
    return [result.cell("weights", *path, 0, how=written.percent)] if values else [Cell("")]


def contribution_charts(result: Result) -> list[Chart]:
    """Return the charts of profit and of risk by holding."""
    made = []
    for key, title, kind in (
        ("profit", shared.caption("profit"), "profit in money"),
        ("risk", shared.caption("risk"), "part of the annual volatility"),
    ):
        symbols = {s: v for s, v in (result.at("attribution", key, "symbols") or {}).items() if v is not None}
        if symbols:
            most, least = max(symbols, key=lambda s: symbols[s]), min(symbols, key=lambda s: symbols[s])
            said = f"Bar chart of the {kind} of {len(symbols)} holdings, from {least} to {most}, the highest."
            made.append(Chart(key, title, said, height=40 + _BAR * _bars(result, key, len(symbols))))
    return made


def _bars(result: Result, key: str, holdings: int) -> int:
    """Return the number of bars that the page's script draws (bars.js): the holdings, `others`, and the rest."""
    left: float = result.at("attribution", key, "interest" if key == "profit" else "other") or 0
    total: float = result.at("attribution", key, "total") or 0
    most: int = shared.of("most_bars")
    return min(holdings, most) + (holdings > most) + (abs(left) > 1e-9 * abs(total))


def contribution_table(result: Result) -> Table | None:
    """Return profit and risk of every holding, the most profitable first."""
    profit, risk = (result.at("attribution", key, "symbols") or {} for key in ("profit", "risk"))
    if not profit and not risk:
        return None
    rows = []
    for symbol in sorted(profit or risk, key=lambda each: -(profit.get(each) or 0)):
        cells = [result.cell("attribution", key, "symbols", symbol, tone=key == "profit") for key in ("profit", "risk")]
        rows.append([result.symbol_cell(symbol), *cells])
    other = [result.cell("attribution", "profit", "interest"), result.cell("attribution", "risk", "other")]
    rows.append([Cell("Interest on cash"), *other])
    rows.append([Cell("Total", "total"), *(result.cell("attribution", key, "total") for key in ("profit", "risk"))])
    base, keys = "attribution", ("profit", "risk")
    head = [Column(result.title(base, key), "", result.meaning(base, key)) for key in keys]
    return Table(shared.caption("contribution"), [Column("Holding", "text"), *head], rows)


def correlation_table(result: Result) -> Table | None:
    """Return the correlation matrix of the holdings."""
    symbols = result.at("attribution", "correlation", "symbols")
    matrix = result.at("attribution", "correlation", "matrix")
    if not symbols or not matrix or len(symbols) < 2:
        return None
    rows = []
    for n, symbol in enumerate(symbols):
        row = [Cell(str(symbol))]
        for m in range(len(symbols)):
            cell = result.cell("attribution", "correlation", "matrix", n, m, how=written.ratio)
            value = result.at("attribution", "correlation", "matrix", n, m)
            row.append(cell._replace(classes="same" if n == m else _shade(value)))
        rows.append(row)
    head = [Column("", "text"), *(Column(str(symbol)) for symbol in symbols)]
    note = result.meaning("attribution", "correlation").split("\n")[0]
    return Table(shared.caption("correlation"), head, rows, note, "heat cor")


def _shade(value: float | None) -> str:
    if value is None:
        return ""
    return f"{'up' if value >= 0 else 'down'}{sum(abs(value) >= limit for limit in shared.of('correlation_shades'))}"


def costs_table(result: Result) -> Table | None:
    """Return the costs of trading and holding."""
    costs = result.at("attribution", "costs")
    if not costs:
        return None
    base = ("attribution", "costs")
    rows = [
        [Cell(result.title(*base, key), "total" if key == "total" else ""), result.cell(*base, key)] for key in costs
    ]
    total, end = costs.get("total"), result.at("metrics", "final_value")
    note = f"{written.percent(total / end)} of the final value." if total and end else ""
    return Table(shared.caption("costs"), [Column("Cost", "text"), Column("Money")], rows, note)
