/** The bootstrap's intervals, where the run was asked for them: what stands beside the figure itself. */
import type {BacktestResult} from 'backtest-runner'
import {byUnit, percent} from '@/lib/format'
import {say} from '@/lib/shared'
import {at, numberAt, said} from './lookup'

/** The level of the intervals. */
export const confidenceOf = (result: BacktestResult): number =>
  numberAt(result, ['request', 'analysis', 'trust', 'confidence']) ?? 0.95

/** The same in words. */
export function levelOf(result: BacktestResult): string {
  const level = confidenceOf(result)
  return percent(level, Math.round(1000 * level) % 10 ? 1 : 0)
}

/** The interval of a metric; null where there is none. */
export function intervalOf(result: BacktestResult, key: string): readonly [number, number] | null {
  const found = at(result, ['analysis', 'trust', 'bootstrap', key])
  if (!Array.isArray(found)) return null
  const [low, high] = found as (number | null)[]
  return typeof low === 'number' && typeof high === 'number' ? [low, high] : null
}

/** `95 % interval 0.29 to 1.24`; empty where there is none. */
export function intervalInWords(result: BacktestResult, key: string): string {
  const interval = intervalOf(result, key)
  if (interval === null) return ''
  const [low, high] = interval.map((value) => byUnit(value, said(['metrics', key]).unit))
  return say('interval', {level: levelOf(result), low: low ?? '', high: high ?? ''})
}
