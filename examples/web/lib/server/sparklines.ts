import type {BacktestRequest} from 'backtest-runner'
import {withoutDividends} from '@/lib/benchmark'
import {curvePath, logScale} from '@/lib/curve-path'
import {PRESETS, type Preset} from '@/lib/presets'
import {keptPromise} from './kept'
import {run} from './run'

/** A preset's run in miniature: two paths in a box of WIDTH by HEIGHT, and the figures under them. */
export interface Sparkline {
  readonly portfolio: string
  readonly benchmark: string | null
  readonly annualReturn: number | null
  readonly maxDrawdown: number | null
  /** Whether the benchmark is counted without its dividends. */
  readonly withoutDividends: boolean
}

const WIDTH = 120
const HEIGHT = 32
const POINTS = 80

/** The sparkline of every preset, each computed once a process; null where its run failed. */
export function sparklines(): Record<string, Promise<Sparkline | null>> {
  let before: Promise<unknown> = Promise.resolve() // one after the other: a visitor's own run finds a free process
  const entries = PRESETS.map((preset) => {
    const after = before
    const one = keptPromise(`sparkline ${preset.id}`, () => after.then(() => computed(preset))).catch(() => null)
    before = one
    return [preset.id, one] as const
  })
  return Object.fromEntries(entries)
}

async function computed({draft}: Preset): Promise<Sparkline> {
  const output = {include: ['metrics', 'series', 'benchmark'], max_points: POINTS, precision: 6}
  const result = await run({...draft, output} as unknown as BacktestRequest, {})
  const {series, benchmark, metrics} = result
  const dates = series?.dates ?? []
  const own = series?.portfolio_value ?? []
  const others = benchmark?.series.portfolio_value ?? []
  const scale = logScale([...own, ...others], HEIGHT)
  return {
    portfolio: curvePath(dates, own, WIDTH, scale),
    benchmark: others.length > 0 ? curvePath(dates, others, WIDTH, scale) : null,
    annualReturn: metrics?.cagr ?? null,
    maxDrawdown: metrics?.max_drawdown ?? null,
    withoutDividends: withoutDividends(result).length > 0,
  }
}
