// The numbers behind the charts: as tables that are built when they are opened, and as files.
function columnsOf(result, name) {
  if (name === "series") {
    const columns = { date: result.series.dates, portfolio_value: result.series.portfolio_value, return: result.series.returns, drawdown: result.series.drawdown };
    if (result.series.cash_flows) columns.cash_flow = result.series.cash_flows;
    const market = result.benchmark?.series, called = result.benchmark?.symbol ?? benchmarkName(result);
    if (market) Object.assign(columns, { [`${called} value`]: market.portfolio_value, [`${called} return`]: market.returns, [`${called} drawdown`]: market.drawdown });
    return columns;
  }
  if (name === "weights" || name === "held_weights") {
    const { dates, decided, triggers, symbols, cash } = result[name];
    const columns = { date: dates };
    if (decided) columns.decided = decided;
    if (triggers) columns.trigger = triggers;
    return { ...columns, ...symbols, cash };
  }
  if (name === "trades") {
    const keys = Object.keys(result.trades[0] ?? { date: "" });
    return Object.fromEntries(keys.map((key) => [key, result.trades.map((trade) => trade[key])]));
  }
  if (name === "decisions") return decisionColumns(result.decisions);
  const columns = {};
  for (const { years, dates, portfolio, benchmark } of result.tables.rolling_returns) {
    if (!dates.length) continue;
    columns["date"] ??= dates;
    const at = new Map(dates.map((date, n) => [date, n]));
    const column = (values) => columns.date.map((date) => (at.has(date) ? values[at.get(date)] : null));
    columns[`${years} years`] = column(portfolio);
    if (benchmark) columns[`${years} years, ${benchmarkName(result)}`] = column(benchmark);
  }
  return columns;
}

function decisionColumns(decisions) {
  const columns = { decided: decisions.decided, executed: decisions.executed, trigger: decisions.trigger };
  const add = (prefix, group) => Object.entries(group ?? {}).forEach(([symbol, values]) => { columns[`${prefix} ${symbol}`] = values; });
  Object.entries(decisions.seen ?? {}).forEach(([name, group]) => add(name, group));
  add("score", decisions.scores);
  add("rank", decisions.ranks);
  add("weight", decisions.weights);
  return { ...columns, cash: decisions.cash };
}

function written(name, value) {
  if (value === null || value === undefined) return DASH;
  if (typeof value !== "number") return /^\d{4}-\d\d-\d\d$/.test(value) ? day(value) : value;
  return /value|cash_flow/.test(name) ? money(value) : /return$/.test(name) ? percent(value, 2) : percent(value);
}

// Our own names begin with a capital; symbols stay as they are.
const heading = (name) => (/^[a-z_]+$/.test(name) ? name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ") : name);

// A table of one year's rows; a choice of the year where there is more than one.
function fillTable(details, result) {
  const columns = columnsOf(result, details.dataset.table), names = Object.keys(columns), dates = columns.date ?? [];
  const years = [...new Set(dates.map((date) => date.slice(0, 4)))].reverse();
  const all = details.dataset.table === "rolling" || dates.length < 60;
  const title = details.closest("figure").querySelector("h3").textContent;
  const region = make("div", null, { class: "scroller", tabindex: "0", role: "region", "aria-label": `Data: ${title}` });
  function show(year) {
    const table = make("table"), head = make("tr"), body = make("tbody");
    names.forEach((name) => head.append(make("th", heading(name), { scope: "col" })));
    dates.forEach((date, n) => {
      if (!all && !date.startsWith(year)) return;
      const row = make("tr");
      names.forEach((name, at) => row.append(at ? make("td", written(name, columns[name][n])) : make("th", day(date), { scope: "row" })));
      body.append(row);
    });
    const top = make("thead");
    top.append(head);
    table.append(top, body);
    region.replaceChildren(table);
    region.scrollTop = 0;
  }
  if (!all) {
    const pick = make("label", `Year of ${years.length} `, { class: "pick" }), select = make("select");
    years.forEach((year) => select.append(make("option", year)));
    select.addEventListener("change", () => show(select.value));
    pick.append(select);
    details.append(pick);
  }
  details.append(region);
  show(years[0]);
}

function download(name, text, type) {
  const link = make("a", null, { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function offerData(result, raw) {
  for (const details of document.querySelectorAll("details[data-table]"))
    details.addEventListener("toggle", () => { if (details.open && details.children.length === 1) fillTable(details, result); });
  document.getElementById("downloads").addEventListener("click", (event) => {
    const name = event.target.dataset.download;
    if (name === "result") download("result.json", raw, "application/json");
    else if (name) download(`${name}.csv`, csv(columnsOf(result, name)), "text/csv");
  });
}
