// One decision in full: indicators, score, rank and weight of each holding.
function decisionViewer(result) {
  const select = document.getElementById("decision"), place = document.getElementById("decision-table");
  const decisions = result.decisions;
  if (!select || !decisions?.executed?.length) return null;
  const length = decisions.executed.length, symbols = Object.keys(decisions.weights ?? {});
  decisions.executed.forEach((date, n) => select.append(make("option", day(date), { value: n })));
  const steps = document.querySelectorAll("[data-step]");

  const figure = (name) => (value) => indicator(name, value);
  const label = (name) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");
  function columns() {
    const found = [["Target", decisions.weights, (value) => percent(value)]];
    for (const [name, group] of Object.entries(decisions.seen ?? {})) if (symbols.some((symbol) => group[symbol])) found.push([label(name), group, figure(name)]);
    if (decisions.scores) found.push(["Score", decisions.scores, figure("")]);
    if (decisions.ranks) found.push(["Rank", decisions.ranks, count]);
    return found;
  }
  function show(n) {
    const table = make("table"), head = make("tr"), body = make("tbody"), top = make("thead");
    const shown = columns();
    head.append(make("th", "Holding", { scope: "col" }), ...shown.map(([name]) => make("th", name, { scope: "col" })));
    const target = (symbol) => decisions.weights[symbol]?.[n] ?? 0, rank = (symbol) => decisions.ranks?.[symbol]?.[n] ?? Infinity;
    for (const symbol of [...symbols].sort((a, b) => target(b) - target(a) || rank(a) - rank(b))) {
      const row = make("tr", null, target(symbol) ? { class: "total" } : {});
      row.append(make("th", symbol, { scope: "row" }));
      for (const [, group, write] of shown) {
        const value = group[symbol]?.[n];
        row.append(make("td", write(value)));
      }
      body.append(row);
    }
    if (decisions.cash?.[n]) {
      const row = make("tr", null, { class: "total" });
      row.append(make("th", "Cash", { scope: "row" }), make("td", percent(decisions.cash[n])), ...shown.slice(1).map(() => make("td", "")));
      body.append(row);
    }
    top.append(head);
    table.append(top, body);
    const region = make("div", null, { class: "scroller", tabindex: "0", role: "region", "aria-label": "The decision" });
    region.append(table);
    const whole = Object.entries(decisions.seen ?? {}).filter(([, group]) => group.portfolio).map(([name, group]) => `${label(name).toLowerCase()} ${indicator(name, group.portfolio[n])}`);
    const said = `Decided with the close of ${day(decisions.decided[n])}, filled on ${day(decisions.executed[n])}, ${decisions.trigger?.[n] ?? ""}`;
    place.replaceChildren(make("p", [said, ...whole].join("; ") + ".", { class: "note" }), region);
    select.value = n;
    steps.forEach((button) => { const to = n + Number(button.dataset.step); button.disabled = to < 0 || to >= length; });
  }
  select.addEventListener("change", () => show(Number(select.value)));
  steps.forEach((button) => button.addEventListener("click", () => show(Number(select.value) + Number(button.dataset.step))));
  show(length - 1);
  return (date) => {
    show(Math.max(0, decisions.executed.indexOf(date)));
    document.getElementById("traded").scrollIntoView();
    select.focus({ preventScroll: true });
  };
}
