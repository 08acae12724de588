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

// Of charts over time: days stand above each other, and names have room beside the plot.
const timeMargin = (width) => ({ l: width < 500 ? 52 : 56, r: width < 500 ? 70 : 76 });

const xAxis = (colours, more) => ({
  showgrid: false, zeroline: false, linecolor: colours.strong, tickcolor: colours.strong, ticks: "outside", ticklen: 4,
  fixedrange: true, automargin: false, ...more,
});
const yAxis = (colours, more) => ({
  gridcolor: colours.grid, zeroline: true, zerolinecolor: colours.strong, zerolinewidth: 1, fixedrange: true, ticks: "outside", ticklen: 6, tickcolor: "rgba(0,0,0,0)", ...more,
});

function percentTicks(low, high, most) {
  const { ticks } = niceTicks(low, high, most);
  return { tickvals: ticks, ticktext: percentLabels(ticks) };
}
function dateTicks(from, to, width) {
  const [low, high] = [from, to].map((iso) => Date.parse(`${iso}T00:00:00Z`) / 1000);
  const { ticks, labels } = timeTicks(low, high, Math.max(2, Math.floor(width / 64)));
  return { tickvals: ticks.map((time) => new Date(time * 1000).toISOString().slice(0, 10)), ticktext: labels };
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
  let chosen;
  const print = (on) => {
    if (on === printing) return;
    printing = on;
    root.classList.toggle("printing", on);
    // Charts are drawn before the medium is paper: the theme is what gives them light colours.
    if (on) chosen = root.dataset.theme;
    if (on) root.dataset.theme = "light";
    else if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    redrawAll();
  };
  addEventListener("beforeprint", () => print(true));
  addEventListener("afterprint", () => print(false));
  matchMedia("print").addEventListener("change", (event) => print(event.matches));
}
