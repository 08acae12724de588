// Theme switch, explanations, copy button; then the document and Plotly are unpacked and the charts drawn.
const root = document.documentElement;

function themeSwitch() {
  const inputs = document.querySelectorAll("input[name=theme]");
  inputs.forEach((input) => {
    input.checked = input.value === (root.dataset.theme ?? "auto");
    input.addEventListener("change", () => {
      if (input.value === "auto") delete root.dataset.theme;
      else root.dataset.theme = input.value;
      try {
        if (input.value === "auto") localStorage.removeItem("backtest-report-theme");
        else localStorage.setItem("backtest-report-theme", input.value);
      } catch { /* then it is not remembered */ }
      redrawAll();
    });
  });
}

function explanations() {
  const tip = document.getElementById("tip");
  const hide = () => { tip.hidden = true; document.querySelectorAll("[aria-describedby=tip]").forEach((each) => each.removeAttribute("aria-describedby")); };
  const show = (event) => {
    const target = event.target.closest?.("[data-tip]");
    if (!target) return hide();
    tip.replaceChildren(...target.dataset.tip.split("\n").map((text, n) => make("span", text, n ? { class: "exact" } : {})));
    tip.hidden = false;
    target.setAttribute("aria-describedby", "tip");
    const box = target.getBoundingClientRect(), size = tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, root.clientWidth - size.width - 8));
    const below = box.bottom + 6 + size.height < innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${below ? box.bottom + 6 : Math.max(8, box.top - size.height - 6)}px`;
  };
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("focusout", hide);
  document.addEventListener("scroll", hide, { passive: true, capture: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

function copyButton() {
  const said = document.getElementById("copied"), source = document.getElementById("request");
  document.getElementById("copy").addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(source.textContent);
      said.textContent = "Copied.";
    } catch {
      getSelection().selectAllChildren(source);
      said.textContent = "The request is selected. Copy it with Ctrl or \u2318 + C.";
    }
  });
}

async function unpack(id) {
  const text = atob(document.getElementById(id).textContent), bytes = new Uint8Array(text.length);
  for (let n = 0; n < text.length; n++) bytes[n] = text.charCodeAt(n);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

async function start() {
  themeSwitch();
  explanations();
  copyButton();
  const raw = await unpack("document");
  const result = JSON.parse(raw);
  offerData(result, raw);
  const openDecision = decisionViewer(result);
  const library = make("script", await unpack("library"));
  document.head.append(library);
  if (result.series?.dates?.length) growthChart(result, openDecision);
  weightsChart(result);
  yearsChart(result);
  rollingChart(result);
  contributionCharts(result);
  for (const chart of charts.filter((each) => !each.width)) {
    await new Promise((go) => setTimeout(go)); // the page stays alive between two charts
    redraw(chart);
  }
  watchCharts();
  root.dataset.ready = "true";
}

start().catch((error) => {
  const said = document.getElementById("no-charts");
  said.classList.remove("unseen");
  said.textContent = `This browser cannot draw the charts (${error.message}). The tables are complete.`;
});
