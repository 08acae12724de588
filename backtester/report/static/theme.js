// The theme before the first paint: the earlier choice, or else the system's preference.
(() => {
  let chosen = null;
  try { chosen = localStorage.getItem("backtest-report-theme"); } catch { /* storage may be switched off */ }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  document.documentElement.classList.add("scripted");
})();
