// @ts-check
// Numbers and dates as people read them, in the report and in the example app: a true minus, and a dash for what is not
// defined. backtester/report/written.py writes the same in Python; tests/support/formats.json holds the two together.

export const MINUS = "−";
export const DASH = "—";
export const SPACE = "\u00a0"; // a figure and its unit stay on one line
export const MONTHS = /** @type {const} */ (["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]);

/** @typedef {number | null | undefined} Maybe */

/** @type {Map<number, Intl.NumberFormat>} */
const forms = new Map(); // made once each: making one takes longer than using it

/** @param {number} digits */
function form(digits) {
  let found = forms.get(digits);
  if (!found) {
    found = new Intl.NumberFormat("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    forms.set(digits, found);
  }
  return found;
}

/** @type {(value: Maybe) => value is number} */
const defined = (value) => typeof value === "number" && Number.isFinite(value);

/**
 * 1,234.50, with a true minus; no minus before what rounds to zero.
 * @param {Maybe} value
 * @param {number} [digits]
 */
export function plain(value, digits = 2) {
  if (!defined(value)) return DASH;
  const text = form(digits).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

/**
 * 12.3 %; from a thousand percent on without a decimal, and with two where one would leave nothing.
 * @param {Maybe} value
 * @param {number} [digits]
 */
export function percent(value, digits) {
  if (!defined(value)) return DASH;
  const size = Math.abs(value);
  const kept = digits ?? (size >= 9.9995 ? 0 : size >= 0.00005 && size < 0.0005 ? 2 : 1);
  return `${plain(100 * value, kept)}${SPACE}%`;
}

/**
 * +12.3 %: a change, with its sign.
 * @param {Maybe} value
 */
export const change = (value) => (defined(value) && value > 0 ? "+" : "") + percent(value);

/**
 * 0.05 %: two decimals, for single sessions.
 * @param {Maybe} value
 */
export const finePercent = (value) => percent(value, 2);

/**
 * 64.3 %; above 99 % or under 1 % for what is nearly certain: an estimate of a chance is never certain.
 * @param {Maybe} value
 */
export function probability(value) {
  if (!defined(value)) return DASH;
  if (value > 0.99) return `above${SPACE}${percent(0.99, 0)}`;
  return value < 0.01 ? `under${SPACE}${percent(0.01, 0)}` : percent(value);
}

/**
 * $12,345; cents below a thousand, four digits below one.
 * @param {Maybe} value
 */
export function money(value) {
  if (!defined(value)) return DASH;
  const size = Math.abs(value);
  return dollars(value, size >= 1000 || size === 0 ? 0 : size >= 1 ? 2 : 4);
}

/**
 * $1,234.50: two decimals whatever the size, for columns of money.
 * @param {Maybe} value
 */
export const cents = (value) => (defined(value) ? dollars(value, 2) : DASH);

/**
 * @param {number} value
 * @param {number} digits
 */
function dollars(value, digits) {
  const text = plain(value, digits);
  return text.startsWith(MINUS) ? `${MINUS}$${text.slice(1)}` : `$${text}`;
}

const SIZES = /** @type {const} */ ([[1e12, "tn"], [1e9, "bn"], [1e6, "m"], [1e3, "k"], [1, ""]]);

/**
 * $1.2m, in three digits or as many as are asked for.
 * @param {Maybe} value
 * @param {number} [digits]
 */
export function shortMoney(value, digits = 3) {
  if (!defined(value)) return DASH;
  const size = Number(Math.abs(value).toPrecision(digits)); // first: 999,999 is $1m
  const [unit, name] = SIZES.find(([least]) => size >= least) ?? [1, ""];
  return `${value < 0 ? MINUS : ""}$${Number((size / unit).toPrecision(digits))}${name}`;
}

/**
 * 0.74.
 * @param {Maybe} value
 */
export const ratio = (value) => plain(value, 2);

/**
 * 7,048.
 * @param {Maybe} value
 */
export const count = (value) => plain(value, 0);

/**
 * "1 trade", "7,048 trades".
 * @param {number} value
 * @param {string} one
 */
export const counted = (value, one) => `${count(value)} ${one}${value === 1 ? "" : "s"}`;

/**
 * 3,007 days (8.2 y): the years beside them from one year on.
 * @param {Maybe} value
 */
export function days(value) {
  if (!defined(value)) return DASH;
  const whole = `${count(value)}${SPACE}${value === 1 ? "day" : "days"}`;
  return value < 365 ? whole : `${whole}${SPACE}(${plain(value / 365.25, 1)}${SPACE}y)`;
}

/**
 * 3.1e−16: for residuals.
 * @param {Maybe} value
 */
export function tiny(value) {
  if (!defined(value)) return DASH;
  if (value === 0) return "0";
  const text = Math.abs(value).toExponential(1).replace("e-", `e${MINUS}`).replace("e+", "e");
  return value < 0 ? MINUS + text : text;
}

/**
 * A number of shares: up to four digits after the point, none that says nothing.
 * @param {Maybe} value
 */
export function amount(value) {
  if (!defined(value)) return DASH;
  const text = plain(value, Math.abs(value) >= 10000 ? 0 : 4);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/**
 * 9 Mar 2009 for 2009-03-09, Mar 2009 for 2009-03; what is no date, as it is.
 * @param {string | null | undefined} iso
 */
export function day(iso) {
  if (!iso) return DASH;
  const found = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(iso);
  const month = found && MONTHS[Number(found[2]) - 1];
  if (!found || !month) return iso;
  return [found[3] ? String(Number(found[3])) : "", month, found[1]].filter(Boolean).join(SPACE);
}

/**
 * 3 Jan 2005 to 9 Mar 2009; of one day its date.
 * @param {string | null | undefined} first
 * @param {string | null | undefined} last
 */
export const span = (first, last) => (first === last ? day(last) : `${day(first)} to ${day(last)}`);

/**
 * gain, loss, or nothing for what is written as zero.
 * @param {Maybe} value
 * @param {string} text
 * @returns {"gain" | "loss" | ""}
 */
export const tone = (value, text) => (defined(value) && /[1-9]/.test(text) ? (value > 0 ? "gain" : "loss") : "");

/** @type {Record<string, (value: Maybe) => string>} */
const BY_UNIT = {
  currency: money,
  "currency per share": money,
  fraction: (value) => percent(value),
  "fraction per year": (value) => percent(value),
  probability,
  ratio,
  number: ratio,
  days,
  sessions: count,
  shares: amount,
};

/**
 * A number as its schema's x-unit has it written; one without a unit with two decimals.
 * @param {Maybe} value
 * @param {string | undefined} unit
 */
export const byUnit = (value, unit) => (BY_UNIT[unit ?? ""] ?? ratio)(value);

/**
 * A value of an indicator: in per cent where its name says that it is a fraction.
 * @param {string} name
 * @param {Maybe} value
 */
export const indicator = (name, value) =>
  /return|volatility|weight|drawdown|momentum|deviation|share/.test(name)
    ? percent(value, 2)
    : plain(value, defined(value) && Math.abs(value) < 100 ? 4 : 2);

/**
 * "a, b and c".
 * @param {readonly string[]} words
 */
export function listed(words, last = "and") {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1)}`;
}
