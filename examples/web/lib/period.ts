import type {ListedSymbol} from './schema/types'

/** When every one of some symbols has prices. */
export interface History {
  readonly first: string
  readonly last: string
  /** Whose history begins after the others', or ends before them; null where all agree. */
  readonly beginsWith: string | null
  readonly endsWith: string | null
}

/** The common history of the symbols whose history is known; null where none is, or where they never meet. */
export function commonHistory(
  symbols: readonly string[],
  listed: ReadonlyMap<string, Pick<ListedSymbol, 'symbol' | 'first' | 'last'>>,
): History | null {
  const known = symbols.flatMap((symbol) => listed.get(symbol.toUpperCase()) ?? [])
  const [one] = known
  if (one === undefined) return null
  const begins = known.reduce((latest, next) => (next.first > latest.first ? next : latest), one)
  const ends = known.reduce((earliest, next) => (next.last < earliest.last ? next : earliest), one)
  if (begins.first > ends.last) return null
  return {
    first: begins.first,
    last: ends.last,
    beginsWith: known.some((other) => other.first < begins.first) ? begins.symbol : null,
    endsWith: known.some((other) => other.last > ends.last) ? ends.symbol : null,
  }
}

/** The last so many years of a history, or the whole of it. */
export function lastYears({first, last}: History, years: number | null): {start: string; end: string} {
  if (years === null) return {start: first, end: last}
  const [year = '', month = '01', day = '01'] = last.split('-')
  const start = `${Number(year) - years}-${month}-${month === '02' && day === '29' ? '28' : day}`
  return {start: start > first ? start : first, end: last}
}
