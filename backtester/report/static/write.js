// Texts as Plotly must get them, and elements.

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
