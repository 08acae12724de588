/** Value axes of the charts that `Plot` draws: where they end, and their marks. */
import {extent, seconds} from '@/lib/chart-data'
import {logTicks, niceTicks, percentLabels, timeTicks} from '@/lib/chart-ticks'
import {plain, shortMoney} from '@/lib/format'
import type {Mark} from './Plot'

interface ValueAxis {
  low: number
  high: number
  ticks: Mark[]
  log?: boolean
}

type Column = readonly (number | null | undefined)[]

/** Room above and below what is drawn; `zero`: the axis reaches it. */
function around(columns: readonly Column[], zero: boolean): [number, number] {
  const [low, high] = extent(columns) ?? [0, 1]
  const pad = (high - low || Math.abs(high) * 0.2 || 1) * 0.08
  return zero
    ? [Math.min(low - (low < 0 ? pad : 0), 0), Math.max(high + (high > 0 ? pad : 0), 0)]
    : [low - pad, high + pad]
}

export function percentAxis(columns: readonly Column[], zero = false): ValueAxis {
  const [low, high] = around(columns, zero)
  const {ticks} = niceTicks(low, high, 5)
  const labels = percentLabels(ticks)
  return {low, high, ticks: ticks.map((at, n) => ({at, label: labels[n] ?? ''}))}
}

export function ratioAxis(columns: readonly Column[]): ValueAxis {
  const [low, high] = around(columns, false)
  const {ticks, step} = niceTicks(low, high, 5)
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9))
  return {low, high, ticks: ticks.map((at) => ({at, label: plain(at, digits)}))}
}

/** Money, on a logarithmic scale where it grew to more than four times. */
export function moneyAxis(columns: readonly Column[]): ValueAxis {
  const [low, high] = extent(columns) ?? [1, 10]
  const log = low > 0 && high / low > 4
  const [from, to] = log ? [low / 1.1, high * 1.1] : around(columns, false)
  const ticks = log ? logTicks(from, to) : niceTicks(from, to, 5).ticks
  return {low: from, high: to, log, ticks: ticks.map((at) => ({at, label: shortMoney(at)}))}
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
