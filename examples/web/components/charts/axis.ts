/** Value axes of the charts that `Plot` draws: where they end, and their marks. */
import {extent, seconds} from '@/lib/chart-data'
import {
  decimals,
  isLogarithmic,
  logTicks,
  moneyLabels,
  niceTicks,
  percentLabels,
  returnRange,
  timeTicks,
  valueRange,
} from '@/lib/chart-ticks'
import {plain} from '@/lib/format'
import type {Mark} from './Plot'

interface ValueAxis {
  low: number
  high: number
  ticks: Mark[]
  log?: boolean
}

type Column = readonly (number | null | undefined)[]

/** `zero`: the axis reaches it. */
export function percentAxis(columns: readonly Column[], zero = false): ValueAxis {
  const [low, high] = (zero ? returnRange : valueRange)(...(extent(columns) ?? [0, 1]))
  const {ticks} = niceTicks(low, high, 5)
  const labels = percentLabels(ticks)
  return {low, high, ticks: ticks.map((at, n) => ({at, label: labels[n] ?? ''}))}
}

export function ratioAxis(columns: readonly Column[]): ValueAxis {
  const [low, high] = valueRange(...(extent(columns) ?? [0, 1]))
  const {ticks, step} = niceTicks(low, high, 5)
  return {low, high, ticks: ticks.map((at) => ({at, label: plain(at, decimals(step))}))}
}

/** Amounts, on a logarithmic scale where they are of very different sizes. */
export function moneyAxis(columns: readonly Column[], write = moneyLabels): ValueAxis {
  const ends = extent(columns) ?? [1, 10]
  const log = isLogarithmic(...ends)
  const [low, high] = valueRange(...ends, log)
  const ticks = log ? logTicks(low, high) : niceTicks(low, high, 5).ticks
  const labels = write(ticks)
  return {low, high, log, ticks: ticks.map((at, n) => ({at, label: labels[n] ?? ''}))}
}

/** Dates, as seconds, from the first to the last. */
export function dateAxis(dates: readonly string[]): {low: number; high: number; ticks: (most: number) => Mark[]} {
  const [low, high] = [seconds(dates[0] ?? '1970-01-01'), seconds(dates.at(-1) ?? '1970-01-02')]
  return {
    low,
    high,
    ticks: (most) => {
      const {ticks, labels} = timeTicks(low, high, most)
      return ticks.map((at, n) => ({at, label: labels[n] ?? ''}))
    },
  }
}
