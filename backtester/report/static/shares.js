// The weights that were held, with the targets as marks; the targets alone where the document has no more. Stacked, or rows.
const MOST_LAYERS = 8, MOST_ROWS = 24, ROW = 20, APART = 24; // APART: px from a mark to the next one that is drawn

// The largest holdings on the whole, the rest together, and cash. As layersOf of the example app, in order and colours.
function layersOf({ symbols, cash }, most) {
  const sum = (symbol) => symbols[symbol].reduce((all, value) => all + (value ?? 0), 0);
  const sums = new Map(Object.keys(symbols).map((symbol) => [symbol, sum(symbol)]));
  const order = [...sums.keys()].filter((symbol) => sums.get(symbol) > 0).sort((a, b) => sums.get(b) - sums.get(a));
  const few = order.length > most + 1 ? order.slice(0, most) : order, rest = order.slice(few.length);
  const of = (names) => cash.map((_, n) => names.reduce((all, symbol) => all + (symbols[symbol][n] ?? 0), 0));
  const layers = few.map((symbol, n) => ({ name: symbol, symbols: [symbol], values: of([symbol]), place: n }));
  if (rest.length) layers.push({ name: `${rest.length} others`, symbols: rest, values: of(rest), place: "other" });
  if (cash.some((share) => share > 0.0005)) layers.push({ name: "Cash", symbols: [], values: cash.map((share) => share ?? 0), place: "cash" });
  return layers;
}
// The seventh colour is the first, paler.
function layerColour(place) {
  if (typeof place !== "number") return `var(--${place})`;
  const own = `var(--s${(place % 6) + 1})`;
  return place < 6 ? own : `color-mix(in srgb, ${own} 50%, var(--page))`;
}
function paler(colour, page) {
  const part = (text, n) => parseInt(text.slice(1 + 2 * n, 3 + 2 * n), 16);
  return `rgb(${[0, 1, 2].map((n) => Math.round((part(colour, n) + part(page, n)) / 2)).join(", ")})`;
}
function layerFill(place, colours) {
  if (typeof place !== "number") return colours[place];
  return place < 6 ? colours.series[place] : paler(colours.series[place % 6], colours.page);
}

const targetOf = (layer, targets, n) =>
  layer.place === "cash" ? targets.cash[n] : layer.symbols.reduce((all, symbol) => all + (targets.symbols[symbol]?.[n] ?? 0), 0);

// Where the rebalances wanted the edges of the areas. Marks that would touch the one before are left out.
function targetMarks(layers, targets, range, width) {
  const time = (date) => Date.parse(date), [from, to] = range.map(time);
  const x = [], y = [];
  let before = -Infinity;
  targets.dates.forEach((date, n) => {
    const place = ((time(date) - from) / (to - from || 1)) * width;
    if (place < 0 || place > width || place - before < APART) return;
    before = place;
    let edge = 0;
    for (const layer of layers) {
      const wanted = targetOf(layer, targets, n);
      edge += wanted;
      if (wanted > 0 && edge < 1 - 1e-9) { x.push(date); y.push(edge); }
    }
  });
  return { x, y };
}

function weightsChart(result) {
  const held = result.held_weights, targets = result.weights, shown = held ?? targets;
  if (!shown || shown.dates.length < 2) return;
  const end = result.period.effective.end;
  const dates = end > shown.dates.at(-1) ? [...shown.dates, end] : shown.dates; // the last targets hold to the end
  const toEnd = (column) => (dates.length > column.length ? [...column, column.at(-1)] : column);
  const layers = layersOf(shown, MOST_LAYERS), marked = held && targets?.dates.length > 0;
  const latest = marked ? dates.map((date) => targets.dates.filter((each) => each <= date).length - 1) : [];
  const said = (layer) => (value, n) => percent(value) + (latest[n] >= 0 ? ` (target ${percent(targetOf(layer, targets, latest[n]))})` : "");

  let view = "stack";
  const chart = addChart("weights", (colours, width, height) => {
    const { effective } = result.period, range = [effective.start, effective.end];
    const margin = { ...timeMargin(width), t: 8, b: 24 }, inner = width - margin.l - margin.r;
    const x = xAxis(colours, { type: "date", range, ...dateTicks(...range, inner), hoverformat: "%d %b %Y" });
    if (view === "rows") return strips(colours, width, height, { margin, xaxis: x });
    const line = { shape: "hv", width: targets?.dates.length > 150 ? 0 : 0.5, color: colours.page };
    const data = layers.map((layer) => ({
      x: dates, y: toEnd(layer.values), mode: "lines", stackgroup: "all", line, fillcolor: layerFill(layer.place, colours), name: literal(layer.name),
      customdata: toEnd(layer.values).map(said(layer)), hovertemplate: "%{customdata}",
    }));
    if (marked) {
      const marks = targetMarks(layers, targets, range, inner);
      const trace = (size, line, color) => ({ ...marks, mode: "markers", hoverinfo: "skip", marker: { symbol: "line-ew-open", size, color, line: { width: line, color } } });
      data.push(trace(7.5, 4, colours.page), trace(6, 2, colours.text)); // with a rim, to stand out from any two colours
    }
    const layout = frame(colours, width, height, {
      hovermode: "x unified", margin, xaxis: x, yaxis: yAxis(colours, { range: [0, 1.0001], ...percentTicks(0, 1, 4) }),
    });
    return { data, layout };
  });
  if (!chart) return;

  // A row for each holding, darker where its weight is higher: readable even with many trades.
  const rows = layersOf(shown, MOST_ROWS);
  const edges = dates.length > shown.dates.length ? dates : [...dates, end];
  function strips(colours, width, height, place) {
    const [, most] = extent(rows.map(({ values }) => values));
    const data = [{
      type: "heatmap", x: edges, y: rows.map((_, n) => n), z: rows.map(({ values }) => values), zmin: 0, zmax: most, ygap: 3, showscale: false,
      colorscale: [[0, colours.raised], [1, colours.series[0]]], hovertemplate: "%{text}, %{x|%b %Y}: %{z:.1%}<extra></extra>",
      text: rows.map(({ name, values }) => values.map(() => literal(name))),
    }];
    const layout = frame(colours, width, height, {
      hovermode: "closest", ...place,
      yaxis: yAxis(colours, {
        range: [rows.length - 0.5, -0.5], side: "right", showgrid: false, zeroline: false, tickvals: rows.map((_, n) => n),
        ticktext: rows.map(({ name }) => literal(name.length > 9 ? name.slice(0, 8) + "\u2026" : name)),
      }),
    });
    return { data, layout };
  }

  const legend = make("ul", null, { class: "legend" });
  const entry = (name, background) => {
    const item = make("li"), mark = make("i");
    mark.style.background = background;
    item.append(mark, name);
    legend.append(item);
    return mark;
  };
  for (const layer of layers) entry(layer.name, layerColour(layer.place));
  if (marked) Object.assign(entry("Target at a rebalance", "var(--text)").style, { height: "2px", verticalAlign: "middle" });
  chart.element.closest("figure").querySelector("figcaption").append(legend);
  const buttons = document.querySelectorAll("[data-view]"), height = chart.element.dataset.height;
  function press() {
    legend.hidden = view !== "stack";
    chart.element.dataset.height = view === "rows" ? 40 + ROW * rows.length : height;
    chart.element.style.minHeight = `${chart.element.dataset.height}px`;
    buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.view === view)));
  }
  buttons.forEach((button) => button.addEventListener("click", () => { view = button.dataset.view; press(); redraw(chart); }));
  press();
}
