/** What is seen of a curve between two places: its change since the first, its falls, and the figures of that span. */

type Column = readonly (number | null)[]

/** Since the first place with a value: 1 there, 1.1 after ten per cent more; null outside and where there is none. */
export function since(growth: Column, from: number, to: number): (number | null)[] {
  let base: number | null = null
  return growth.map((value, n) => {
    if (n < from || n > to || value === null) return null
    base ??= value
    return value / base
  })
}

/** The fall from the highest value so far. */
export function fallsOf(values: Column): (number | null)[] {
  let peak = 0
  return values.map((value) => {
    if (value === null) return null
    peak = Math.max(peak, value)
    return value / peak - 1
  })
}

export interface SpanFigures {
  readonly total: number | null
  /** Null under one year. */
  readonly yearly: number | null
  /** Null for fewer than two returns, and where they are not of every session. */
  readonly volatility: number | null
  readonly deepest: number | null
}

const DAY = 86400
const YEAR_DAYS = 365.25

/**
 * The figures from the first to the last value that is seen, as the metrics define them. `returns` are of each session,
 * null where some are left out; `times` in seconds; `perYear` sessions.
 */
export function spanFigures(
  times: readonly number[],
  changes: Column,
  returns: Column | null,
  perYear: number,
): SpanFigures {
  const first = changes.findIndex((value) => value !== null)
  const last = changes.findLastIndex((value) => value !== null)
  if (first < 0 || last <= first) return {total: null, yearly: null, volatility: null, deepest: null}
  const factor = changes[last] ?? 1
  const days = ((times[last] ?? 0) - (times[first] ?? 0)) / DAY
  const known = (returns ?? []).slice(first + 1, last + 1).filter((value) => value !== null)
  return {
    total: factor - 1,
    yearly: days >= 365 ? factor ** (YEAR_DAYS / days) - 1 : null,
    volatility: known.length > 1 ? deviation(known) * Math.sqrt(perYear) : null,
    deepest: fallsOf(changes).reduce<number>((least, value) => Math.min(least, value ?? 0), 0),
  }
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** A range of a column's places half or twice as wide around a place, within the column; null for all of it. */
export function zoomedPlaces(
  [from, to]: readonly [number, number],
  around: number,
  times: number,
  last: number,
): readonly [number, number] | null {
  const least = 5 // as many steps stay
  const width = Math.max(Math.min(least, last), Math.round((to - from) * times))
  if (width >= last) return null
  const share = to > from ? (around - from) / (to - from) : 0.5
  const start = Math.max(0, Math.min(last - width, Math.round(around - share * width)))
  return [start, start + width]
}
