import {isObject, type Json, type JsonObject} from './schema/types'
import {parseNumber} from './units'

/** A row as it is being edited: either may still be missing, or be something that was typed and is no number. */
export interface HoldingRow {
  readonly symbol: string
  readonly allocation: Json | undefined
}

/** Ten-thousandths of a per cent: what sums are rounded to, so that 0.1 + 0.2 is 0.3. */
const GRAIN = 1e6
/** Hundredths of a per cent: what Equalise and Normalise round to, so that people can read what they get. */
const NEAT = 1e4

export function holdingsOf(draft: JsonObject): HoldingRow[] {
  const rows = Array.isArray(draft.holdings) ? (draft.holdings as readonly Json[]) : []
  return rows.map((row) => {
    const {symbol, allocation} = isObject(row) ? row : {}
    return {symbol: typeof symbol === 'string' ? symbol : '', allocation}
  })
}

export function symbolsOf(draft: JsonObject): string[] {
  return [
    ...new Set(
      holdingsOf(draft)
        .map(({symbol}) => symbol.toUpperCase())
        .filter(Boolean),
    ),
  ]
}

/** What the allocations come to; what is no number counts as nothing. */
export function sumOf(rows: readonly HoldingRow[]): number {
  return Math.round(rows.reduce((sum, {allocation}) => sum + numeric(allocation), 0) * GRAIN) / GRAIN
}

/** The same part for each, summing to exactly `total`; the last rows take what does not divide. */
export function equalised(count: number, total: number): number[] {
  return apportioned(
    Array.from({length: count}, () => 1),
    total,
  )
}

/** The allocations in their present proportions, summing to exactly `total`. */
export function normalised(rows: readonly HoldingRow[], total: number): number[] {
  const parts = rows.map(({allocation}) => Math.max(0, numeric(allocation)))
  return apportioned(parts.some((part) => part > 0) ? parts : parts.map(() => 1), total)
}

/** Whole grains by the largest remainder, later rows first among equals. */
function apportioned(parts: readonly number[], total: number): number[] {
  const grains = Math.round(total * NEAT)
  const sum = parts.reduce((all, part) => all + part, 0)
  const exact = parts.map((part) => (part / sum) * grains)
  const whole = exact.map(Math.floor)
  const missing = grains - whole.reduce((all, one) => all + one, 0)
  const order = exact
    .map((one, index) => ({index, rest: Math.round((one - Math.floor(one)) * GRAIN)}))
    .sort((a, b) => b.rest - a.rest || b.index - a.index)
  for (const {index} of order.slice(0, missing)) whole[index] = (whole[index] ?? 0) + 1
  return whole.map((one) => one / NEAT)
}

function numeric(value: Json | undefined): number {
  return typeof value === 'number' ? value : 0
}

const PAIR = /^(?=\S*[A-Za-z^])([A-Za-z0-9.^=_&-]{1,20})(?:[\s:=]+([\d.,]+)\s*%?)?$/

/**
 * Holdings in a text that was pasted: `SPY 60, AGG 40`, a column of symbols, two columns of a spreadsheet. Figures are
 * percentages, or fractions where they sum to 1; symbols without any share `total`. Null where it is none of these,
 * or a single symbol, which is an ordinary paste.
 */
export function pastedHoldings(text: string, total: number): {symbol: string; allocation: number}[] | null {
  const pieces = text
    .trim()
    .split(/[\n;]+|,\s+|,(?=[A-Za-z^])/)
    .map((piece) => piece.trim())
    .filter(Boolean)
  const words = pieces.length === 1 ? text.trim().split(/\s+/) : []
  const bare = words.length > 1 && words.every((word) => /^[A-Za-z^][A-Za-z0-9.^=_&-]*$/.test(word))
  const pairs = (bare ? words : pieces).map((piece) => PAIR.exec(piece))
  if (pairs.some((pair) => pair === null) || (pairs.length < 2 && pairs[0]?.[2] === undefined)) return null
  const rows = pairs.map((pair) => ({symbol: (pair?.[1] ?? '').toUpperCase(), figure: parseNumber(pair?.[2] ?? '', 0)}))
  if (rows.every(({figure}) => figure === undefined)) {
    const parts = equalised(rows.length, total)
    return rows.map(({symbol}, index) => ({symbol, allocation: parts[index] ?? 0}))
  }
  const sum = rows.reduce((all, {figure}) => all + (figure ?? 0), 0)
  const scale = sum <= 1.01 ? 0 : 2
  return rows.map(({symbol, figure}) => ({symbol, allocation: parseNumber(String(figure ?? 0), scale) ?? 0}))
}
