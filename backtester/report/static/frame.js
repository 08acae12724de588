// Shared by all charts: the theme's colours, the frame, and redrawing when either changes.
const charts = [];
const CONFIG = { displayModeBar: false, doubleClick: false, showTips: false, responsive: false, scrollZoom: false };
const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const PRINT_WIDTH = 690; // px of an A4 page between its margins
const PRINT_HEIGHT = 300, PRINT_FIRST = 480; // the first chart shares its page with the summary alone
let printing = false;

function palette() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue("--" + name).trim();
  const names = ["page", "raised", "text", "muted", "line", "strong", "grid", "bench", "other", "cash", "accent"];
  const colours = Object.fromEntries(names.map((name) => [name, of(name)]));
  colours.series = [1, 2, 3, 4, 5, 6].map((n) => of("s" + n));
  return colours;
}

function frame(colours, width, height, more) {
  return {
    width, height, autosize: false, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
    font: { family: FONT, size: 12, color: colours.muted }, margin: { l: 52, r: 16, t: 8, b: 24 }, separators: ".,",
    hoverlabel: { bgcolor: colours.raised, bordercolor: colours.strong, font: { color: colours.text, size: 12, family: FONT } },
    dragmode: false, ...more,
  };
}

const xAxis = (colours, more) => ({
  showgrid: false, zeroline: false, linecolor: colours.strong, tickcolor: colours.strong, ticks: "outside", ticklen: 4,
  fixedrange: true, automargin: false, ...more,
});
const yAxis = (colours, more) => ({
  gridcolor: colours.grid, zeroline: true, zerolinecolor: colours.strong, zerolinewidth: 1, fixedrange: true, ticks: "outside", ticklen: 6, tickcolor: "rgba(0,0,0,0)", ...more,
});

// Ticks at 1, 2 or 5 times a power of ten.
function niceTicks(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((n) => n * power >= raw) * power;
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(n * step);
  return { ticks, step };
}
function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const marks = decades > 3.5 ? [1] : decades > 1.8 ? [1, 3] : decades > 1.1 ? [1, 2, 5] : decades > 0.5 ? [1, 2, 3, 5, 7] : null;
  if (!marks) return niceTicks(low, high, 5).ticks.filter((tick) => tick > 0);
  const ticks = [];
  for (let n = Math.floor(Math.log10(low)); n <= Math.log10(high); n++)
    for (const mark of marks) if (mark * 10 ** n >= low && mark * 10 ** n <= high) ticks.push(mark * 10 ** n);
  return ticks;
}
function percentTicks(low, high, most) {
  const { ticks, step } = niceTicks(low, high, most);
  const digits = Math.max(0, Math.ceil(-Math.log10(step * 100) - 1e-9));
  return { tickvals: ticks, ticktext: ticks.map((tick) => percent(tick, digits)) };
}
function extent(columns, from = 0, to = Infinity) {
  let low = Infinity, high = -Infinity;
  for (const column of columns)
    for (let n = from; n < Math.min(to, column.length); n++) {
      const value = column[n];
      if (value === null || value === undefined) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? [low, high] : [0, 1];
}

// Names at the ends of lines: two that would touch are moved apart. ends: {text, colour, y: px from the top}.
function spread(ends) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  for (let n = 1; n < sorted.length; n++) {
    const gap = 15 - (sorted[n].y - sorted[n - 1].y);
    if (gap > 0) { sorted[n - 1].y -= gap / 2; sorted[n].y += gap / 2; }
  }
  return ends;
}

function addChart(key, draw) {
  const element = document.getElementById("chart-" + key);
  if (!element) return null;
  const chart = { key, element, draw, width: 0 };
  charts.push(chart);
  return chart;
}
function redraw(chart) {
  const half = chart.element.closest(".two") ? (PRINT_WIDTH - 20) / 2 : PRINT_WIDTH;
  chart.width = printing ? half : Math.floor(chart.element.clientWidth);
  if (chart.width < 50) return;
  const height = Number(chart.element.dataset.height);
  const { data, layout } = chart.draw(palette(), chart.width, printing ? Math.min(height, chart.key === "growth" ? PRINT_FIRST : PRINT_HEIGHT) : height);
  Plotly.react(chart.element, data, layout, CONFIG);
  chart.element.dataset.drawn = "true";
}
const redrawAll = () => charts.forEach(redraw);

function watchCharts() {
  const observer = new ResizeObserver((entries) => {
    if (printing) return;
    requestAnimationFrame(() => printing || entries.forEach(({ target }) => {
      const chart = charts.find(({ element }) => element === target);
      if (chart && Math.floor(target.clientWidth) !== chart.width) redraw(chart);
    }));
  });
  charts.forEach(({ element }) => observer.observe(element));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  const print = (on) => {
    if (on === printing) return;
    printing = on;
    document.documentElement.classList.toggle("printing", on);
    redrawAll();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
}
