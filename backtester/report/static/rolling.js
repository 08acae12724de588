// The annualised return of every window, by its last month.
function rollingChart(result) {
  const windows = (result.tables?.rolling_returns ?? []).filter((each) => each.dates.length);
  if (!windows.length) return;
  let shown = windows[0];
  const chart = addChart("rolling", (colours, width, height) => {
    const curves = [{ name: "Portfolio", values: shown.portfolio, colour: colours.series[0], thick: 1.8, ink: colours.text }];
    if (shown.benchmark) curves.unshift({ name: benchmarkName(result), values: shown.benchmark, colour: colours.bench, thick: 1.2, ink: colours.muted });
    const [low, high] = extent(curves.map((curve) => curve.values));
    const range = returnRange(low, high);
    const margin = { l: 52, r: 76, t: 8, b: 24 }, inner = height - margin.t - margin.b;
    const ends = spread(curves.map((curve) => inner * (1 - ((curve.values.at(-1) ?? 0) - range[0]) / (range[1] - range[0]))), 15, 0, inner);
    const data = curves.map((curve) => ({
      x: shown.dates, y: curve.values, mode: shown.dates.length < 3 ? "lines+markers" : "lines", line: { color: curve.colour, width: curve.thick }, name: literal(curve.name),
      customdata: curve.values.map((value) => percent(value)), hovertemplate: "%{customdata} a year",
    }));
    const layout = frame(colours, width, height, {
      margin, hovermode: "x unified", xaxis: xAxis(colours, { type: "date", hoverformat: "%b %Y", ...dateTicks(shown.dates[0], shown.dates.at(-1), width - margin.l - margin.r) }), yaxis: yAxis(colours, { range, ...percentTicks(...range, 5) }),
      annotations: curves.map((curve, n) => ({
        text: curve.name === "Portfolio" ? "<b>Portfolio</b>" : short(curve.name), xref: "paper", yref: "paper", x: 1, xanchor: "left", xshift: 4, y: 1 - ends[n] / inner, yanchor: "middle",
        showarrow: false, font: { size: 12, color: curve.ink },
      })),
    });
    return { data, layout };
  });
  const buttons = document.getElementById("windows");
  if (!chart || !buttons) return;
  for (const window of windows) {
    const button = make("button", `${window.years}${SPACE}year${window.years === 1 ? "" : "s"}`, { type: "button", "aria-pressed": String(window === shown) });
    button.addEventListener("click", () => {
      shown = window;
      buttons.querySelectorAll("button").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
      redraw(chart);
    });
    buttons.append(button);
  }
}
