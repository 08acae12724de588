// Years, and each holding's part of profit and risk, as bars.
function yearsChart(result) {
  const annual = result.tables?.annual_returns;
  if (!annual?.years?.length) return;
  const pair = annual.benchmark ? 2 : 1;
  addChart("years", (colours, width, height) => {
    const bars = (values, colour, name) => ({
      type: "bar", x: annual.years, y: values, name, marker: { color: colour, opacity: annual.complete.map((whole) => (whole ? 1 : 0.45)) },
      customdata: values.map((value) => percent(value)), hovertemplate: `%{x} ${literal(name)}: %{customdata}<extra></extra>`,
    });
    const [low, high] = extent([annual.portfolio, annual.benchmark ?? []]);
    // Figures stand on the bars where there is room for them.
    const room = (width - 70) / (annual.years.length * pair) > 58, spare = (room ? 0.13 : 0.04) * (Math.max(high, 0) - Math.min(low, 0));
    const range = [Math.min(low - (low < 0 ? spare : 0), 0), Math.max(high + (high > 0 ? spare : 0), 0)];
    const data = [bars(annual.portfolio, colours.series[0], "Portfolio")];
    if (annual.benchmark) data.push(bars(annual.benchmark, colours.bench, benchmarkName(result)));
    if (room) data.forEach((trace) => Object.assign(trace, { text: trace.customdata, textposition: "outside", cliponaxis: false, constraintext: "none", textangle: 0, textfont: { size: 12, color: colours.muted } }));
    const every = Math.ceil(annual.years.length / Math.max(1, (width - 70) / 44));
    const layout = frame(colours, width, height, {
      barmode: "group", bargap: annual.years.length < 5 ? 0.6 : 0.28, bargroupgap: 0, hovermode: "closest",
      xaxis: xAxis(colours, { tickvals: annual.years.filter((_, n) => (annual.years.length - 1 - n) % every === 0), tickformat: "d", ticks: "", linecolor: "rgba(0,0,0,0)" }),
      yaxis: yAxis(colours, { range, ...percentTicks(...range, 5) }),
    });
    return { data, layout };
  });
}

function contributionCharts(result) {
  const profit = result.attribution?.profit, risk = result.attribution?.risk;
  const by = profit?.symbols ?? risk?.symbols ?? {};
  const size = (symbol) => Math.abs(by[symbol] ?? 0);
  const chosen = Object.keys(by).sort((a, b) => size(b) - size(a)).slice(0, SHARED.most_bars).sort((a, b) => (by[b] ?? 0) - (by[a] ?? 0));
  const rest = Object.keys(by).filter((symbol) => !chosen.includes(symbol));
  function rows(part, left, name) {
    const found = chosen.map((symbol) => [symbol, part.symbols[symbol] ?? null]);
    if (rest.length) found.push([rest.length === 1 ? rest[0] : `${rest.length} others`, rest.reduce((sum, symbol) => sum + (part.symbols[symbol] ?? 0), 0)]);
    if (Math.abs(left ?? 0) > 1e-9 * Math.abs(part.total ?? 1)) found.push([name, left]);
    return found;
  }
  if (profit) contribution("profit", rows(profit, profit.interest, "Interest"), money);
  if (risk) contribution("risk", rows(risk, risk.other, "Interest"), (value) => percent(value, 2));
}
function contribution(key, rows, write) {
  addChart(key, (colours, width, height) => {
    const [low, high] = extent([rows.map(([, value]) => value)]).map((value, n) => (n ? Math.max(value, 0) : Math.min(value, 0)));
    const texts = rows.map(([, value]) => write(value));
    const left = Math.min(130, 22 + 7.2 * Math.max(...rows.map(([name]) => Math.min(name.length, 14))));
    const room = 14 + 7.2 * Math.max(...texts.map((text) => text.length));
    const inner = Math.max(60, width - left - 16 - room * (low < 0 ? 2 : 1));
    const unit = (high - low || 1) / inner;
    const places = rows.map((_, n) => n);
    const data = [{
      type: "bar", orientation: "h", y: places, x: rows.map(([, value]) => value), text: texts, textposition: "outside", cliponaxis: false, constraintext: "none",
      textfont: { size: 12, color: colours.text }, hoverinfo: "none", marker: { color: rows.map(([, value]) => colours.series[value < 0 ? 5 : 0]) },
    }];
    const layout = frame(colours, width, height, {
      bargap: 0.3, hovermode: false, margin: { l: left, r: 16, t: 4, b: 4 },
      xaxis: xAxis(colours, { range: [low < 0 ? low - room * unit : 0, high + room * unit], visible: false }),
      yaxis: { tickvals: places, ticktext: rows.map(([name]) => literal(name.length > 14 ? name.slice(0, 13) + "\u2026" : name)), range: [rows.length - 0.4, -0.6], fixedrange: true, showgrid: false, zeroline: false, ticks: "outside", ticklen: 8, tickcolor: "rgba(0,0,0,0)" },
      shapes: [{ type: "line", xref: "x", yref: "paper", x0: 0, x1: 0, y0: 0, y1: 1, line: { color: colours.strong, width: 1 } }],
    });
    return { data, layout };
  });
}
