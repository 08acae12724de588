// Numbers as people read them, and texts as Plotly must get them.
const MINUS = "\u2212", DASH = "\u2014", SPACE = "\u00a0";
const FORMS = {}; // of so many digits: made once, since making one takes longer than using it
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function number(value, digits) {
  if (value === null || value === undefined) return DASH;
  const text = (FORMS[digits] ??= new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}
const percent = (value, digits = 1) =>
  value === null || value === undefined ? DASH : number(100 * value, Math.abs(value) >= 9.9995 ? 0 : digits) + SPACE + "%";
function money(value) {
  if (value === null || value === undefined) return DASH;
  const size = Math.abs(value);
  const text = number(size, size >= 1000 || size === 0 ? 0 : size >= 1 ? 2 : 4);
  return (value < 0 ? MINUS : "") + "$" + text;
}
function shortMoney(value) {
  const size = Math.abs(value);
  const [unit, name] = [[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"], [1, ""]].find(([u]) => size >= u) ?? [1, ""];
  return (value < 0 ? MINUS : "") + "$" + Number((size / unit).toPrecision(3)) + name;
}
function day(iso) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso ?? "");
  return found ? `${Number(found[3])}${SPACE}${MONTHS[found[2] - 1]}${SPACE}${found[1]}` : iso ?? DASH;
}
// What people call the benchmark: the name of its symbol, or of its portfolio.
function benchmarkName({ benchmark, data }) {
  return data?.symbols?.[benchmark?.symbol]?.name ?? benchmark?.symbol ?? benchmark?.name ?? "Benchmark";
}
// Plotly interprets HTML and %{...} in every text: texts of the document are escaped.
const literal = (text) =>
  String(text).replace(/[&<>{}]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", "{": "&#123;", "}": "&#125;" })[c]);
const short = (text) => literal(text.length > 9 ? text.slice(0, 8) + "\u2026" : text);

function make(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text !== undefined && text !== null) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
