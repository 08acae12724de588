/** Columns as the charts want them: one time axis for several runs, growth without cash flows, shares stacked. */

type Column = readonly (number | null | undefined)[]

/** 2009-03-09 in seconds since 1970, UTC. */
export const seconds = (iso: string): number => Date.parse(`${iso}T00:00:00Z`) / 1000

/** Back to 2009-03-09. */
export const isoDate = (time: number): string => new Date(time * 1000).toISOString().slice(0, 10)

/** The union of several runs' sessions, in order. Runs with the same sessions share them as they are. */
export function unionOfDates(columns: readonly (readonly string[])[]): readonly string[] {
  const [first, ...others] = columns
  if (!first) return []
  const same = (dates: readonly string[]) =>
    dates === first || (dates.length === first.length && dates.every((date, n) => date === first[n]))
  return others.every(same) ? first : [...new Set(columns.flat())].sort()
}

/** A column moved from its own sessions to those of the union: null where it has none. */
export function alignedTo(union: readonly string[], dates: readonly string[], values: Column): (number | null)[] {
  if (union === dates) return values.map((value) => value ?? null)
  const at = new Map(dates.map((date, n) => [date, n]))
  return union.map((date) => {
    const n = at.get(date)
    return n === undefined ? null : (values[n] ?? null)
  })
}

/** Growth of the initial capital at the sessions' returns: time-weighted, cash flows left out. */
export function grown(capital: number, returns: Column): number[] {
  let value = capital
  return returns.map((rate) => (value *= 1 + (rate ?? 0)))
}

/** The lowest and the highest of the columns between two places; null where there is nothing. */
export function extent(columns: readonly Column[], from = 0, to = Infinity): [number, number] | null {
  let low = Infinity
  let high = -Infinity
  for (const column of columns)
    for (let n = Math.max(0, from); n < Math.min(to, column.length); n++) {
      const value = column[n]
      if (value === null || value === undefined) continue
      if (value < low) low = value
      if (value > high) high = value
    }
  return low <= high ? [low, high] : null
}

/** Where a sorted column first reaches a value; its length where it never does. */
export function firstAt<T extends number | string>(sorted: readonly T[], value: T): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] as T) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** The item nearest to a time in a sorted column; -1 for an empty one. */
export function nearest(sorted: readonly number[], time: number): number {
  const after = firstAt(sorted, time)
  const before = after - 1
  if (after >= sorted.length) return before
  if (before < 0) return after
  return time - (sorted[before] ?? 0) <= (sorted[after] ?? 0) - time ? before : after
}

export interface Layer {
  name: string
  /** The holdings that it is of; none for cash. */
  symbols: readonly string[]
  values: number[]
  /** Which of the colours; `other` and `cash` have their own. */
  colour: number | 'other' | 'cash'
}

/** What was held as layers: the largest holdings on the whole, the rest together, and cash. */
export function layersOf(symbols: Readonly<Record<string, Column>>, cash: Column | undefined, most = 8): Layer[] {
  const names = Object.keys(symbols)
  const sums = new Map(
    names.map((name) => [name, (symbols[name] ?? []).reduce<number>((sum, value) => sum + (value ?? 0), 0)]),
  )
  const order = names
    .filter((name) => (sums.get(name) ?? 0) > 0)
    .sort((a, b) => (sums.get(b) ?? 0) - (sums.get(a) ?? 0))
  const few = order.length > most + 1 ? order.slice(0, most) : order // a single one is not called the others
  const rest = order.slice(few.length)
  const layers: Layer[] = few.map((name, n) => ({
    name,
    symbols: [name],
    values: (symbols[name] ?? []).map((value) => value ?? 0),
    colour: n,
  }))
  if (rest.length) {
    const length = symbols[rest[0] ?? '']?.length ?? 0
    const values = Array.from({length}, (_, n) => sumAt(symbols, rest, n))
    layers.push({name: `${rest.length} others`, symbols: rest, values, colour: 'other'})
  }
  if (cash?.some((share) => (share ?? 0) > 0.0005))
    layers.push({name: 'Cash', symbols: [], values: cash.map((share) => share ?? 0), colour: 'cash'})
  return layers
}

const sumAt = (symbols: Readonly<Record<string, Column>>, names: readonly string[], n: number): number =>
  names.reduce((sum, name) => sum + (symbols[name]?.[n] ?? 0), 0)

export interface Targets {
  readonly dates: readonly string[]
  readonly symbols: Readonly<Record<string, Column>>
  readonly cash: Column
}

/** What a rebalance wanted of a layer. */
export const targetOf = ({symbols, colour}: Layer, targets: Targets, n: number): number =>
  colour === 'cash' ? (targets.cash[n] ?? 0) : sumAt(targets.symbols, symbols, n)

/** Running sums of the layers, the last first: each is filled down to zero and covered by those below it. */
export function stacked(layers: readonly Layer[]): number[][] {
  const sums: number[][] = []
  for (const layer of layers) {
    const below = sums.at(-1)
    sums.push(layer.values.map((value, n) => value + (below?.[n] ?? 0)))
  }
  return sums.reverse()
}
