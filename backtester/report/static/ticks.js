// @ts-check
// Where an axis has its marks, and what stands beside them, in the report and in the example app. Times are seconds since
// 1970, UTC. backtester/report/analysis/axes.py has the same for static drawings; tests/support/ticks.json holds the two
// together.
import { MONTHS, percent, shortMoney } from "./format.js";

/**
 * Without the dust of binary fractions, and without a minus before zero.
 * @param {number} value
 */
const round = (value) => Number(value.toPrecision(12)) + 0;

/**
 * Marks at 1, 2 or 5 times a power of ten.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function niceTicks(low, high, most) {
  const raw = (high - low) / most || 1;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = ([1, 2, 5, 10].find((n) => n * power >= raw * (1 - 1e-9)) ?? 10) * power;
  /** @type {number[]} */
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) ticks.push(round(n * step));
  return { ticks, step };
}

/**
 * Marks of a logarithmic axis: fewer in each decade the more decades there are.
 * @param {number} low
 * @param {number} high
 */
export function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const marks = decades > 3.5 ? [1] : decades > 1.8 ? [1, 3] : decades > 1.1 ? [1, 2, 5] : decades > 0.5 ? [1, 2, 3, 5, 7] : null;
  if (!marks) return niceTicks(low, high, 5).ticks.filter((tick) => tick > 0);
  /** @type {number[]} */
  const ticks = [];
  for (let n = Math.floor(Math.log10(low)); n <= Math.log10(high); n++)
    for (const mark of marks) {
      const tick = round(mark * 10 ** n);
      if (tick >= low && tick <= high) ticks.push(tick);
    }
  return ticks;
}

/**
 * How many decimals a step of an axis needs.
 * @param {number} step
 */
export const decimals = (step) => Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));

/**
 * Percent as written beside marks: as many decimals as the step needs.
 * @param {readonly number[]} ticks
 */
export function percentLabels(ticks) {
  const step = ticks.length > 1 ? Math.abs((ticks[1] ?? 0) - (ticks[0] ?? 0)) : 0.01;
  return ticks.map((tick) => percent(round(tick), decimals(100 * step)));
}

/**
 * Money as written beside marks, in full: in three digits $10,010 and $10,020 would both be $10k.
 * @param {readonly number[]} ticks
 */
export const moneyLabels = (ticks) => ticks.map((tick) => shortMoney(tick, 12));

/**
 * Whether money is drawn on a logarithmic scale: where its highest value is more than four times its lowest.
 * @param {number} low
 * @param {number} high
 */
export const isLogarithmic = (low, high) => low > 0 && high / low > 4;

/**
 * The ends of an axis of values: room above and below; a flat line stands in the middle.
 * @param {number} low
 * @param {number} high
 * @param {boolean} [log]
 * @returns {[number, number]}
 */
export function valueRange(low, high, log = false) {
  if (log) {
    const pad = high / low > 1.0001 ? (high / low) ** 0.04 : 1.1;
    return [low / pad, high * pad];
  }
  const pad = (high - low) * 0.04 || Math.abs(high) * 0.1 || 1;
  return [low - pad, high + pad];
}

/**
 * The ends of an axis of returns: zero is a part of it, with room beyond what lies above and below.
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
export function returnRange(low, high) {
  const [from, to] = [Math.min(low, 0), Math.max(high, 0)];
  const pad = (to - from || 0.1) * 0.05;
  return [from < 0 ? from - pad : 0, to > 0 || from === 0 ? to + pad : 0];
}

/**
 * The ends of an axis of drawdowns, from below the deepest to zero.
 * @param {number} deepest
 * @returns {[number, number]}
 */
export const drawdownRange = (deepest) => [Math.min(deepest, -0.01) * 1.06, 0];

const DAY = 86400;
const MONTH_STEPS = [1, 2, 3, 6];
const YEAR_STEPS = [1, 2, 5, 10, 20, 50];
const DAY_STEPS = [1, 2, 5, 10, 15];

/**
 * Marks of a time axis: years, months or days, whichever leave at most so many.
 * @param {number} low
 * @param {number} high
 * @param {number} most
 */
export function timeTicks(low, high, most) {
  const start = new Date(low * 1000);
  const span = (high - low) / DAY;
  const years = YEAR_STEPS.find((step) => span / 365.25 / step <= most) ?? 100;
  const months = MONTH_STEPS.find((step) => span / 30.44 / step <= most);
  const days = DAY_STEPS.find((step) => span / step <= most);
  /** @type {number[]} */
  const ticks = [];
  /** @type {string[]} */
  const labels = [];
  /** @type {(time: number, label: string) => void} */
  const add = (time, label) => {
    if (time < low || time > high) return;
    ticks.push(time);
    labels.push(label);
  };
  if (days !== undefined) {
    for (let n = Math.ceil(low / DAY); n * DAY <= high; n++) {
      const date = new Date(n * DAY * 1000);
      const past = date.getUTCDate() - 1;
      // From the first of the month on; none so late that the next month's first would touch it.
      if (days === 1 || (past % days === 0 && past + 1 + days / 2 <= 31)) add(n * DAY, `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`);
    }
    return { ticks, labels };
  }
  const step = months ?? 12 * years;
  const first = start.getUTCFullYear() * 12 + start.getUTCMonth();
  for (let n = Math.floor(first / step) * step; ; n += step) {
    const time = Date.UTC(Math.floor(n / 12), n % 12, 1) / 1000;
    if (time > high) break;
    add(time, n % 12 === 0 || step >= 12 ? String(Math.floor(n / 12)) : (MONTHS[n % 12] ?? ""));
  }
  return { ticks, labels };
}

/**
 * Names at the ends of lines: two that would touch are moved apart, in place of none. Positions in px from the top.
 * @param {readonly number[]} places
 * @param {number} gap
 * @param {number} top
 * @param {number} bottom
 */
export function spread(places, gap, top, bottom) {
  const order = places.map((_, n) => n).sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0));
  const moved = [...places];
  let last = top - gap;
  for (const n of order) {
    last = Math.max(moved[n] ?? 0, last + gap);
    moved[n] = last;
  }
  let next = bottom + gap;
  for (const n of [...order].reverse()) {
    next = Math.min(moved[n] ?? 0, next - gap);
    moved[n] = next;
  }
  return moved;
}
