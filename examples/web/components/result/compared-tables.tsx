'use client'

import type {BacktestResult} from 'backtest-runner'
import {day, percent} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {benchmarkOf, figure, type Path, whyNull, written} from './lookup'
import type {Run} from './run'

/** The run whose benchmark stands for all; none where they have different ones. */
function shared(runs: readonly Run[]): BacktestResult | null {
  const symbols = new Set(runs.map(({result}) => benchmarkOf(result)))
  return symbols.size === 1 ? (runs.find(({result}) => result.benchmark)?.result ?? null) : null
}

const columnsFor = (first: string, runs: readonly Run[], market: BacktestResult | null) => [
  {label: first, text: true},
  ...runs.map(({name}) => ({label: name})),
  ...(market?.benchmark ? [{label: benchmarkOf(market) ?? 'Benchmark'}] : []),
]

const coloured = (result: BacktestResult, path: Path): TableCell => figure(result, path, percent, true)
const missing = (why: string): TableCell => ({text: '—', why})

/** Trailing returns of runs that end on the same day, side by side. */
export function ComparedTrailing({runs}: {runs: readonly Run[]}) {
  const market = shared(runs)
  const periods = runs[0]?.result.tables?.trailing_returns.periods ?? []
  const base = ['tables', 'trailing_returns']
  const rows: TableRow[] = periods.map((period, n) => {
    const yearly = runs.some(({result}) => result.tables?.trailing_returns.annualised?.[n])
    const label = period === 'inception' ? 'Since inception' : period
    return {
      key: period,
      cells: [
        yearly ? `${label}, a year` : label,
        ...runs.map(({result}) => coloured(result, [...base, 'portfolio', n])),
        ...(market
          ? [
              market.tables?.trailing_returns.benchmark
                ? coloured(market, [...base, 'benchmark', n])
                : missing(whyNull(market, base)),
            ]
          : []),
      ],
    }
  })
  const starts = new Set(runs.map(({result}) => result.period.effective.start))
  const note =
    starts.size > 1 ? 'The runs begin on different days: since inception is of different periods.' : undefined
  return (
    <DataTable
      caption={SHARED.captions.trailing}
      sortable
      columns={columnsFor('Back from the end', runs, market)}
      rows={rows}
      note={note}
    />
  )
}

/** The crises that lie inside any of the runs' periods. */
export function ComparedStress({runs}: {runs: readonly Run[]}) {
  const market = shared(runs)
  const crises = new Map(
    runs.flatMap(({result}) => (result.tables?.stress_periods ?? []).map((each) => [each.name, each] as const)),
  )
  if (!crises.size) return null
  const order = [...crises.values()].sort((a, b) => a.start.localeCompare(b.start))
  const outside = 'Not wholly inside the period of the run.'
  const cellOf = (result: BacktestResult, name: string, column: string): TableCell => {
    const n = result.tables?.stress_periods.findIndex((each) => each.name === name) ?? -1
    return n < 0 ? missing(outside) : coloured(result, ['tables', 'stress_periods', n, column])
  }
  // The benchmark's figure of a crisis is in any run that has it.
  const benchmark = (name: string): TableCell => {
    const having = runs.find(({result}) =>
      result.tables?.stress_periods.some((each) => each.name === name && each.benchmark !== null),
    )
    return having ? cellOf(having.result, name, 'benchmark') : missing(outside)
  }
  const rows: TableRow[] = order.map(({name, start, end}) => ({
    key: name,
    cells: [
      name,
      ...runs.map(({result}) => cellOf(result, name, 'portfolio')),
      ...(market ? [benchmark(name)] : []),
      written(start, day),
      written(end, day),
    ],
  }))
  const columns = [...columnsFor('Crisis', runs, market), {label: 'From'}, {label: 'To'}]
  return (
    <DataTable
      caption={SHARED.captions.stress}
      sortable
      columns={columns}
      rows={rows}
      note={SHARED.captions.stress_note}
    />
  )
}
