// The theme before the first paint: what was chosen here before, or else what the system prefers.
(() => {
  let kept = null;
  try { kept = localStorage.getItem("backtest-report-theme"); } catch { /* storage may be switched off */ }
  if (kept === "light" || kept === "dark") document.documentElement.dataset.theme = kept;
  document.documentElement.classList.add("scripted");
})();
