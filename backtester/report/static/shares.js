// Target weights over time: as rows of holdings, or stacked.
const MOST_SHARES = 6, MOST_ROWS = 24;
function weightsChart(result) {
  const weights = result.weights;
  if (!weights || weights.dates.length < 2) return;
  const end = result.period.effective.end;
  const dates = end > weights.dates.at(-1) ? [...weights.dates, end] : weights.dates;
  const held = (column) => (dates.length > column.length ? [...column, column.at(-1)] : column);
  const mean = (symbol) => weights.symbols[symbol].reduce((sum, value) => sum + (value ?? 0), 0);
  const order = Object.keys(weights.symbols).sort((a, b) => mean(b) - mean(a));
  const few = order.slice(0, MOST_SHARES), rest = order.slice(MOST_SHARES);
  const layers = few.map((symbol, n) => ({ name: symbol, values: weights.symbols[symbol], colour: (c) => c.series[n], token: `s${n + 1}` }));
  if (rest.length) {
    const values = weights.dates.map((_, n) => rest.reduce((sum, symbol) => sum + (weights.symbols[symbol][n] ?? 0), 0));
    layers.push({ name: rest.length === 1 ? rest[0] : `${rest.length} others`, values, colour: (c) => c.other, token: "other" });
  }
  if (weights.cash?.some((share) => share > 0.0005)) layers.push({ name: "Cash", values: weights.cash, colour: (c) => c.cash, token: "cash" });

  let view = order.length > MOST_SHARES ? "rows" : "stack";
  const chart = addChart("weights", (colours, width, height) => {
    const x = xAxis(colours, { type: "date", range: [dates[0], dates.at(-1)], hoverformat: "%d %b %Y" });
    if (view === "rows") return strips(colours, width, height, x);
    const data = layers.map((layer) => ({
      x: dates, y: held(layer.values), mode: "lines", stackgroup: "all", line: { shape: "hv", width: dates.length > 200 ? 0 : 0.5, color: colours.page },
      fillcolor: layer.colour(colours), name: literal(layer.name), customdata: held(layer.values).map((value) => percent(value)), hovertemplate: "%{customdata}",
    }));
    const layout = frame(colours, width, height, {
      hovermode: "x unified", xaxis: x, yaxis: yAxis(colours, { range: [0, 1.0001], ...percentTicks(0, 1, 4) }),
    });
    return { data, layout };
  });
  if (!chart) return;

  // A row for each holding, darker where its weight is higher: readable even with many trades.
  const rows = order.slice(0, MOST_ROWS).map((symbol) => [symbol, weights.symbols[symbol]]);
  const below = order.slice(MOST_ROWS);
  if (below.length) rows.push([below.length === 1 ? below[0] : `${below.length} others`, weights.dates.map((_, n) => below.reduce((sum, symbol) => sum + (weights.symbols[symbol][n] ?? 0), 0))]);
  if (layers.at(-1).token === "cash") rows.push(["Cash", weights.cash]);
  const edges = dates.length > weights.dates.length ? dates : [...dates, end];
  function strips(colours, width, height, x) {
    const [, most] = extent(rows.map(([, values]) => values));
    const left = Math.min(110, 20 + 7.2 * Math.max(...rows.map(([name]) => Math.min(name.length, 12))));
    const data = [{
      type: "heatmap", x: edges, y: rows.map((_, n) => n), z: rows.map(([, values]) => values), zmin: 0, zmax: most, ygap: 3, showscale: false,
      colorscale: [[0, colours.raised], [1, colours.series[0]]], hovertemplate: "%{text}, %{x|%b %Y}: %{z:.1%}<extra></extra>",
      text: rows.map(([name, values]) => values.map(() => literal(name))),
    }];
    const layout = frame(colours, width, height, {
      hovermode: "closest", margin: { l: left, r: 16, t: 4, b: 24 }, xaxis: x,
      yaxis: yAxis(colours, {
        range: [rows.length - 0.5, -0.5], showgrid: false, zeroline: false, tickvals: rows.map((_, n) => n),
        ticktext: rows.map(([name]) => literal(name.length > 12 ? name.slice(0, 11) + "\u2026" : name)),
      }),
    });
    return { data, layout };
  }

  const legend = make("ul", null, { class: "legend" });
  for (const layer of layers) {
    const entry = make("li"), mark = make("i");
    mark.style.background = `var(--${layer.token})`;
    entry.append(mark, layer.name);
    legend.append(entry);
  }
  chart.element.closest("figure").querySelector("figcaption").append(legend);
  const buttons = document.querySelectorAll("[data-view]");
  function press() {
    legend.hidden = view !== "stack";
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === view)));
  }
  buttons.forEach((button) => button.addEventListener("click", () => { view = button.dataset.view; press(); redraw(chart); }));
  press();
}
