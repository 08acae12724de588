// Value and drawdown over one x axis, with one cross-hair, ranges, a scale, and the values under the cross-hair.
function growthChart(result, openDecision) {
  const series = result.series, dates = series.dates, last = dates.length - 1;
  const market = result.benchmark?.series;
  const curves = [{ name: "Portfolio", values: series.portfolio_value, falls: series.drawdown }];
  if (market) curves.push({ name: benchmarkName(result), values: market.portfolio_value, falls: market.drawdown, market: true });
  const [least, most] = extent(curves.map((curve) => curve.values));
  const state = { from: 0, to: last, log: isLogarithmic(least, most), at: last };
  const coarse = matchMedia("(pointer: coarse)").matches;
  const known = (result.weights?.dates ?? []).filter((date) => date >= dates[0] && date <= dates[last]);

  const chart = addChart("growth", (colours, width, height) => {
    const [low, high] = extent(curves.map((curve) => curve.values), state.from, state.to + 1);
    const [deepest] = extent(curves.map((curve) => curve.falls), state.from, state.to + 1);
    const range = valueRange(low, high, state.log), fall = drawdownRange(deepest);
    const axis = (value) => (state.log ? Math.log10(value) : value);
    const ticks = state.log ? logTicks(...range) : niceTicks(...range, 5).ticks, figures = moneyLabels(ticks);
    const margin = { ...timeMargin(width), t: 10, b: 24 };
    margin.l = Math.max(margin.l, 10 + 7 * Math.max(0, ...figures.map((figure) => figure.length)));
    const inner = height - margin.t - margin.b, top = 0.34;
    const place = (value) => margin.t + inner * (1 - top) * (1 - (axis(value) - axis(range[0])) / (axis(range[1]) - axis(range[0])));
    const colour = (curve) => (curve.market ? colours.bench : colours.series[0]);
    const line = (curve) => ({ color: colour(curve), width: curve.market ? 1.2 : 1.8, simplify: true });
    const mode = last > 0 ? "lines" : "markers"; // one session alone is no line
    const named = curves.filter((curve) => curve.values[state.to] > 0 || !state.log);
    const ends = spread(named.map((curve) => place(curve.values[state.to])), 15, margin.t, margin.t + inner * (1 - top));
    // Marks that touch are hidden until the reader zooms in.
    const inside = known.filter((date) => date >= dates[state.from] && date <= dates[state.to]);
    const rebalances = known.length > 1 && inside.length <= (width - margin.l - margin.r) / 5 ? inside : [];
    const data = [...curves].reverse().flatMap((curve) => [
      { x: dates, y: curve.values, yaxis: "y", mode, marker: { color: colour(curve), size: 7 }, line: line(curve), hoverinfo: "none" },
      {
        x: dates, y: curve.falls, yaxis: "y2", mode, marker: { color: colour(curve), size: 7 }, line: { ...line(curve), width: curve.market ? 1 : 1.4 }, hoverinfo: "none",
        fill: curve.market ? "none" : "tozeroy", fillcolor: colours.series[0] + "2e",
      },
    ]);
    data.push({
      x: rebalances, y: rebalances.map(() => 0.5), yaxis: "y3", mode: "markers", hoverinfo: "none",
      marker: { symbol: "line-ns-open", size: 6, opacity: 0.55, color: colours.muted, line: { width: 1 } },
    });
    const beside = (text, y) => ({
      text, xref: "paper", yref: "paper", x: 1, y, xanchor: "left", yanchor: "middle", showarrow: false, xshift: 4, font: { size: 12, color: colours.muted },
    });
    const annotations = [beside("drawdown", (top - 0.08) / 2)];
    if (rebalances.length) annotations.push(beside(width < 500 ? "rebal." : "rebalances", top - 0.04));
    named.forEach((curve, n) =>
      annotations.push({
        text: curve.market ? short(curve.name) : `<b>${curve.name}</b>`, xref: "paper", yref: "paper", x: 1, xanchor: "left", xshift: 4,
        y: 1 - (ends[n] - margin.t) / inner, yanchor: "middle", showarrow: false, font: { size: 12, color: curve.market ? colours.muted : colours.text },
      }));
    const cross = (n) => ({ type: "line", xref: "x", yref: "paper", x0: dates[n], x1: dates[n], y0: 0, y1: 1, line: { color: colours.strong, width: 1, dash: "dot" } });
    state.cross = cross;
    state.band = [top - 0.02, top - 0.06].map((share) => margin.t + inner * (1 - share));
    const layout = frame(colours, width, height, {
      margin, annotations, hovermode: "x", dragmode: coarse ? false : "zoom", shapes: state.scrubbed ? [cross(state.at)] : [],
      xaxis: xAxis(colours, {
        type: "date", anchor: "y2", range: [dates[state.from], dates[state.to]], ...dateTicks(dates[state.from], dates[state.to], width - margin.l - margin.r), fixedrange: coarse, showspikes: true, spikemode: "across",
        spikesnap: "hovered data", spikethickness: 1, spikecolor: colours.muted, spikedash: "dot", hoverformat: "%d %b %Y",
      }),
      yaxis: yAxis(colours, { domain: [top, 1], type: state.log ? "log" : "linear", range: range.map(axis), tickvals: ticks, ticktext: figures, zeroline: false }),
      yaxis2: yAxis(colours, { domain: [0, top - 0.08], range: fall, ...percentTicks(...fall, 4) }),
      yaxis3: { domain: [top - 0.06, top - 0.02], range: [0, 1], fixedrange: true, visible: false },
    });
    return { data, layout };
  });
  if (!chart) return;

  const readout = document.getElementById("readout"), scrub = document.getElementById("scrub");
  function readOut(n) {
    state.at = n;
    const said = [make("span", day(dates[n]))];
    for (const curve of curves) {
      const entry = make("span"), mark = make("i");
      mark.style.borderColor = `var(--${curve.market ? "bench" : "s1"})`;
      entry.append(mark, make("span", curve.name, { class: "key" }), `${money(curve.values[n])}, ${percent(curve.falls[n])} from its peak`);
      said.push(entry);
    }
    const flow = series.cash_flows?.[n];
    if (flow) said.push(make("span", `${money(flow)} paid ${flow > 0 ? "in" : "out"}`));
    readout.replaceChildren(...said);
    scrub.value = n;
    scrub.setAttribute("aria-valuetext", readout.textContent);
  }
  function show(from, to) {
    state.from = Math.max(0, Math.min(from, last - 1));
    state.to = Math.min(last, Math.max(to, state.from + 1));
    scrub.min = state.from;
    scrub.max = state.to;
    state.scrubbed = false;
    readOut(state.to);
    redraw(chart);
  }
  function indexOf(date) { // the first session on or after it
    let low = 0, high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (dates[middle] < date) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  const dateOf = (point) => String(point.x).slice(0, 10);
  const press = (attribute, value) => document.querySelectorAll(`[data-${attribute}]`).forEach((button) =>
    button.setAttribute("aria-pressed", String(button.dataset[attribute] === value)));
  for (const button of document.querySelectorAll("[data-range]")) {
    const years = parseInt(button.dataset.range, 10);
    const start = years ? `${dates[last].slice(0, 4) - years}${dates[last].slice(4)}` : dates[0];
    button.disabled = Boolean(years) && start <= dates[0];
    button.addEventListener("click", () => { press("range", button.dataset.range); show(indexOf(start), last); });
  }
  for (const button of document.querySelectorAll("[data-scale]")) {
    if (button.dataset.scale === "log") button.disabled = least <= 0;
    button.addEventListener("click", () => { state.log = button.dataset.scale === "log"; press("scale", button.dataset.scale); redraw(chart); });
  }
  press("scale", state.log ? "log" : "linear");
  scrub.addEventListener("input", () => {
    state.scrubbed = true;
    readOut(Number(scrub.value));
    Plotly.relayout(chart.element, { shapes: [state.cross(state.at)] });
  });
  show(0, last);
  const plot = chart.element;
  plot.on("plotly_hover", ({ points }) => { if (points.length) readOut(indexOf(dateOf(points[0]))); });
  plot.on("plotly_unhover", () => { if (!state.scrubbed) readOut(state.to); });
  plot.on("plotly_relayout", (change) => {
    const from = change["xaxis.range[0]"], to = change["xaxis.range[1]"];
    if (!from || !to) return;
    press("range", "");
    show(indexOf(String(from).slice(0, 10)), Math.max(indexOf(String(to).slice(0, 10)), 1));
  });
  // A click on the marks of the rebalances opens the decision that was filled there.
  plot.on("plotly_click", ({ points, event }) => {
    const y = event.clientY - plot.getBoundingClientRect().top, date = points.length ? dateOf(points[0]) : null;
    if (!openDecision || !date || y < state.band[0] - 6 || y > state.band[1] + 6) return;
    openDecision(known.reduce((best, each) => (Math.abs(Date.parse(each) - Date.parse(date)) < Math.abs(Date.parse(best) - Date.parse(date)) ? each : best), known[0]));
  });
  plot.on("plotly_doubleclick", () => { press("range", "Max"); show(0, last); });
}
