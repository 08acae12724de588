// @ts-check
// RFC 4180, for the report and the example app.

/** @typedef {string | number | boolean | null | undefined} Field */

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe before it; ^GSPC is none.
 * @param {Field} value
 */
function field(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
  const raw = String(value);
  const text = /^[=+\-@\t\r]/.test(raw) ? `'${raw}` : raw;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {Record<string, readonly Field[]>} columns */
export function csv(columns) {
  const names = Object.keys(columns);
  const length = Math.max(0, ...names.map((name) => columns[name]?.length ?? 0));
  const lines = [names.map(field).join(",")];
  for (let n = 0; n < length; n++) lines.push(names.map((name) => field(columns[name]?.[n])).join(","));
  return `${lines.join("\r\n")}\r\n`;
}
