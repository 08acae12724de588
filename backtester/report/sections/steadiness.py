"""Returns over time: years, months, rolling windows, drawdowns, trailing returns, crises, extremes."""

from __future__ import annotations

from typing import Any

from backtester.report import shared, written
from backtester.report.lookup import Result
from backtester.report.shapes import Cell, Chart, Column, Table


def years_chart(result: Result) -> Chart | None:
    """Return the chart of the years, when there are several."""
    years = result.at("tables", "annual_returns", "years")
    if not years or len(years) < 2:  # a single year is in the table of months
        return None
    complete = result.at("tables", "annual_returns", "complete") or []
    cut = [str(year) for year, whole in zip(years, complete, strict=False) if not whole]
    note = f"Paler: not a whole year ({', '.join(cut)})." if cut else ""
    returns = [value for value in result.at("tables", "annual_returns", "portfolio") or [] if value is not None]
    above = sum(value > 0 for value in returns)
    said = f"Bar chart of the return of each year from {years[0]} to {years[-1]}; {above} of {len(returns)} above zero."
    against = f", with {result.benchmark} in grey" if result.at("tables", "annual_returns", "benchmark") else ""
    return Chart("years", f"Return of each year{against}", said, note, 300)


def months_table(result: Result) -> Table | None:
    """Return the heat map: a row for each year, its months, and the year itself."""
    months = result.at("tables", "monthly_returns", "months")
    if not months:
        return None
    by_month = {month: n for n, month in enumerate(months)}
    annual = result.at("tables", "annual_returns", "years") or []
    market = bool(result.benchmark and result.at("tables", "annual_returns", "benchmark"))
    rows = []
    for year in sorted({str(month)[:4] for month in months}, reverse=True):
        row = [Cell(year)]
        for month in range(1, 13):
            at = by_month.get(f"{year}-{month:02}")
            row.append(_shade(result, at) if at is not None else Cell("", "none"))
        at = annual.index(int(year)) if year.isdigit() and int(year) in annual else None
        shown = ("portfolio", "benchmark")[: 1 + market]
        row += [_heat(result, "annual_returns", column, at) if at is not None else Cell("") for column in shown]
        rows.append(row)
    columns = [Column("Year", "text"), *(Column(month) for month in written.MONTHS), Column("Year", "total")]
    if market:
        columns.append(Column(str(result.benchmark), "total"))
    return Table(shared.caption("months"), columns, rows, shared.caption("months_note"), "heat")


def _shade(result: Result, at: int) -> Cell:
    cell = _heat(result, "monthly_returns", "portfolio", at)
    value = result.at("tables", "monthly_returns", "portfolio", at)
    if value is None:
        return cell
    shade = sum(abs(value) >= limit for limit in shared.of("month_shades"))
    side = "up" if value > 0 else "down"
    return cell._replace(classes=f"{side}{shade}" if written.plain(100 * value, 1) != "0.0" else "up0")


def _heat(result: Result, table: str, column: str, at: int) -> Cell:
    """Return the return of a month or a year, in brackets where the period has only a part of it."""
    classes = "total" if table == "annual_returns" else ""
    cell = result.cell("tables", table, column, at, how=lambda value: written.plain(100 * value, 1))
    partial = result.at("tables", table, "complete", at) is False and not cell.why
    return cell._replace(text=f"({cell.text})" if partial else cell.text, classes=classes)


def rolling_chart(result: Result) -> Chart | None:
    """Return the chart of the rolling windows, when there is one."""
    fitting = [window for window in result.at("tables", "rolling_returns") or [] if window.get("dates")]
    if not fitting:
        return None
    years = [str(window.get("years")) for window in fitting]
    lengths = written.listed(years, "or")
    said = f"Line chart of the annualised return of every window of {lengths} years, by the month it ends in."
    for window in fitting[:1]:
        best, worst = (written.percent(window.get(key) or 0) for key in ("best", "worst"))
        said += f" Windows of {window.get('years')} year: between {worst} and {best}."
    return Chart("rolling", "Rolling returns: what each window had made a year, by its last month", said, height=300)


def rolling_table(result: Result) -> Table | None:
    """Return best, worst and average of the windows, the benchmark's below each."""
    windows = result.at("tables", "rolling_returns") or []
    rows = []
    for n, window in enumerate(windows):
        if not window.get("dates"):
            continue
        years, base = window.get("years"), ("tables", "rolling_returns", n)
        label = f"{years} year" if years == 1 else f"{years} years"
        rows.append([Cell(label), Cell(written.count(len(window["dates"]))), *_summary(result, *base)])
        if result.benchmark and window.get("benchmark_summary"):
            rows.append([Cell(f"{label}, {result.benchmark}", "other"), Cell("")])
            rows[-1] += _summary(result, *base, "benchmark_summary")
    keys = ("worst", "average", "best", "share_positive")
    columns = [Column("Window", "text"), Column("Windows")]
    columns += [_column(result, "rolling_returns", 0, key) for key in keys]
    return Table(shared.caption("rolling"), columns, rows) if rows else None


def _summary(result: Result, *base: str | int) -> list[Cell]:
    cells = [result.cell(*base, key, how=written.percent, tone=True) for key in ("worst", "average", "best")]
    return [*cells, result.cell(*base, "share_positive", how=written.percent)]


def _column(result: Result, *path: str | int, label: str = "", classes: str = "") -> Column:
    return Column(label or result.title("tables", *path), classes, result.meaning("tables", *path))


def drawdowns_table(result: Result) -> Table | None:
    """Return the deepest drawdowns of the document."""
    episodes = result.at("tables", "drawdowns")
    if not episodes:
        return None
    rows = []
    for n in range(len(episodes)):
        base = ("tables", "drawdowns", n)
        open_end = shared.say("not_recovered")
        rows.append([
            result.date(*base, "peak"),
            result.cell(*base, "depth", how=written.percent, tone=True),
            result.date(*base, "trough"),
            result.cell(*base, "days_to_trough", how=written.count),
            result.date(*base, "recovery", absent=open_end),
            _days_up(result, *base),
            result.cell(*base, "days", how=written.days),
        ])  # fmt: skip
    keys = ("peak", "depth", "trough", "days_to_trough", "recovery", "days_to_recovery", "days")
    columns = [_column(result, "drawdowns", 0, key, classes="text" if key == "peak" else "") for key in keys]
    return Table(shared.caption("falls"), columns, rows, shared.caption("falls_note"))


def _days_up(result: Result, *base: str | int) -> Cell:
    cell = result.cell(*base, "days_to_recovery", how=written.count)
    return cell._replace(why=shared.say("not_recovered")) if cell.why else cell


def trailing_table(result: Result) -> Table | None:
    """Return the returns back from the last session."""
    periods = result.at("tables", "trailing_returns", "periods")
    if not periods:
        return None
    base = ("tables", "trailing_returns")
    yearly = result.at(*base, "annualised") or []
    market = bool(result.benchmark and result.at(*base, "benchmark"))
    rows = []
    for n, name in enumerate(periods):
        label = "Since inception" if name == "inception" else str(name)
        if n < len(yearly) and yearly[n]:
            label += ", a year"
        columns = ("portfolio", "benchmark")[: 1 + market]
        row = [result.cell(*base, column, n, how=written.percent, tone=True) for column in columns]
        start = result.date(*base, "start", n, absent=result.why(*base, "portfolio", n))
        rows.append([Cell(label), *row, start])
    head = [Column("Back from the end", "text"), Column("Portfolio"), *_market(result, market)]
    head.append(_column(result, "trailing_returns", "start", label="From the close of"))
    return Table(shared.caption("trailing"), head, rows)


def _market(result: Result, shown: bool) -> list[Column]:
    return [Column(str(result.benchmark))] if shown else []


def stress_table(result: Result) -> Table | None:
    """Return the crises inside the period."""
    crises = result.at("tables", "stress_periods")
    if not crises:
        return None
    market = any(each.get("benchmark") is not None for each in crises)
    rows = []
    for n, each in enumerate(crises):
        base = ("tables", "stress_periods", n)
        shown = [*("portfolio", "benchmark")[: 1 + market], "max_drawdown"]
        row = [result.cell(*base, key, how=written.percent, tone=True) for key in shown]
        rows.append([Cell(str(each.get("name"))), *row, *(result.date(*base, key) for key in ("start", "end"))])
    head = [Column("Crisis", "text"), Column("Portfolio"), *_market(result, market)]
    head += [_column(result, "stress_periods", 0, "max_drawdown"), Column("From"), Column("To")]
    return Table(shared.caption("stress"), head, rows, shared.caption("stress_note"))


def extremes_table(result: Result) -> Table | None:
    """Return the best and the worst day, month and year, and the share above zero."""
    found: dict[str, Any] = result.at("tables", "extremes") or {}
    rows = []
    for unit, key in (("day", "date"), ("month", "month"), ("year", "year")):
        row = [Cell(unit.capitalize())]
        for side in ("best", "worst"):
            base = ("tables", "extremes", f"{side}_{unit}")
            row.append(result.cell(*base, "return", how=written.percent, tone=True))
            row.append(result.date(*base, key))
        if unit == "day":
            row.append(result.cell("metrics", "win_rate", how=written.percent))
        else:
            row.append(result.cell("tables", "extremes", f"positive_{unit}s", how=written.percent))
        rows.append(row)
    head = [Column("Of a", "text"), Column("Best"), Column("When"), Column("Worst"), Column("When")]
    head.append(Column("Above zero"))
    return Table(shared.caption("extremes"), head, rows, shared.caption("extremes_note")) if found else None
