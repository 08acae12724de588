/** The grid of a sweep: its columns are in row-major order, the last axis fastest. */
import type {BacktestResult} from 'backtest-runner'
import {pathOf, valueAt} from './pointer'
import type {Json} from './schema/types'
import {SHARED} from './shared'

export type Sweep = NonNullable<NonNullable<BacktestResult['analysis']>['sweep']>
export type Axis = Sweep['axes'][number]

/** The place on each axis of an item of the columns. */
export function placesOf(index: number, axes: readonly Axis[]): number[] {
  const places: number[] = []
  let rest = index
  for (const {values} of [...axes].reverse()) {
    places.unshift(rest % values.length)
    rest = Math.floor(rest / values.length)
  }
  return places
}

export function indexOf(places: readonly number[], axes: readonly Axis[]): number {
  return axes.reduce((index, {values}, n) => index * values.length + (places[n] ?? 0), 0)
}

/**
 * The places of an axis that a heat map with room for so many of them draws: all where there is room; else some at even
 * distances from the first on, and those that are marked (at most two).
 */
export function drawnPlaces(length: number, most: number, marked: readonly number[]): number[] {
  const own = new Set(marked)
  const step = length <= most ? 1 : Math.ceil(length / (most - own.size))
  return Array.from({length}, (_, place) => place).filter((place) => place % step === 0 || own.has(place))
}

/** Those of one axis of a sweep. marked: the places, on each axis, of the settings that are never left out. */
export const drawnOf = (axes: readonly Axis[], axis: number, marked: readonly (readonly number[])[]): number[] =>
  drawnPlaces(
    axes[axis]?.values.length ?? 0,
    SHARED.most_map_values,
    marked.map((places) => places[axis] ?? 0),
  )

/** Where the request as asked stands in the grid; null where its own setting is not among those that were tried. */
export function askedIndex(axes: readonly Axis[], request: unknown): number | null {
  const own = (pointer: string) => valueAt(request as Json, pathOf(pointer)) ?? null
  const places = axes.map(({pointer, values}) => values.indexOf(own(pointer) as string | number | boolean | null))
  const where = (own('/analysis/sweep/where') ?? []) as [string, 'below', string][]
  const tried = where.every(([low, , high]) => Number(own(low)) < Number(own(high)))
  return places.includes(-1) || !tried ? null : indexOf(places, axes)
}

const SAME = 1e-11 // two figures of a document, which have twelve digits, that differ by no more are equal

/**
 * Its place in the ranking, 1 for the best; null for one without a value. Of those that differ in the last digit alone
 * the first is the better one, as `analysis.sweep` chooses the best.
 */
export function rankOf(index: number, column: readonly (number | null | undefined)[]): number | null {
  const own = column[index]
  if (own == null) return null
  const least = SAME * Math.max(1, Math.abs(own))
  return 1 + column.filter((value, n) => value != null && value - own > (n < index ? -least : least)).length
}

/** The value of each setting of an item, by its pointer. */
export function settingsOf(index: number, axes: readonly Axis[]): [string, Json][] {
  const places = placesOf(index, axes)
  return axes.map(({pointer, values}, n) => [pointer, values[places[n] ?? 0] ?? null])
}

/**
 * The shade of each item by its index. Values that are written alike are equal: a digit that is not shown gives no colour.
 */
export function shadesOf(column: readonly (number | null)[], write: (value: number) => string): number[] {
  const known = column.filter((value) => value !== null).sort((a, b) => b - a)
  const lowest = new Map(known.map((value) => [write(value), value]))
  const shown = (value: number) => lowest.get(write(value)) ?? value
  const sorted = known.map(shown).reverse()
  return column.map((value) => (value === null ? 0 : shadeOf(shown(value), sorted)))
}

/** How far a value lies from the middle of all, in shades: −3 the lowest third of those below it, 3 the highest above. */
export function shadeOf(value: number, sorted: readonly number[]): number {
  const [low, high] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
  const middle = sorted[Math.floor(sorted.length / 2)] ?? 0
  const span = value < middle ? middle - low : high - middle
  if (span === 0 || value === middle) return 0
  return Math.sign(value - middle) * Math.max(1, Math.ceil((3 * Math.abs(value - middle)) / span - 1e-9))
}
