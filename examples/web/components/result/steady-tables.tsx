'use client'

import {count, day, days, percent} from '@/lib/format'
import {SHARED, say} from '@/lib/shared'
import {DataTable, type TableCell, type TableColumn, type TableRow} from './DataTable'
import {at, benchmarkOf, type Figure, figure, meaningOf, numberAt, type Path, titleOf, whyNull} from './lookup'
import type {Run} from './run'

const coloured = (run: Run, path: Path): Figure => figure(run.result, path, percent, true)
const column = (path: Path, text = false): TableColumn => ({label: titleOf(path), tip: meaningOf(path), text})

/** The date at a path; `absent` is what null means. */
function dateAt(run: Run, path: Path, absent?: string): Figure {
  const value = at(run.result, path)
  return typeof value === 'string' ? {text: day(value), value} : {text: '—', why: absent ?? whyNull(run.result, path)}
}

export function DrawdownsTable({run}: {run: Run}) {
  const falls = run.result.tables?.drawdowns ?? []
  if (!falls.length) return null
  const open = say('not_recovered')
  const rows: TableRow[] = falls.map((_, n) => {
    const base = ['tables', 'drawdowns', n]
    const up = figure(run.result, [...base, 'days_to_recovery'], count)
    return {
      cells: [
        dateAt(run, [...base, 'peak']),
        coloured(run, [...base, 'depth']),
        dateAt(run, [...base, 'trough']),
        figure(run.result, [...base, 'days_to_trough'], count),
        dateAt(run, [...base, 'recovery'], open),
        up.why ? {...up, why: open} : up,
        figure(run.result, [...base, 'days'], days),
      ],
    }
  })
  const keys = ['peak', 'depth', 'trough', 'days_to_trough', 'recovery', 'days_to_recovery', 'days']
  const columns = keys.map((key) => column(['tables', 'drawdowns', 0, key], key === 'peak'))
  return (
    <DataTable
      caption={SHARED.captions.falls}
      sortable
      columns={columns}
      rows={rows}
      note={SHARED.captions.falls_note}
    />
  )
}

export function TrailingTable({run}: {run: Run}) {
  const trailing = run.result.tables?.trailing_returns
  if (!trailing?.periods.length) return null
  const benchmark = trailing.benchmark ? benchmarkOf(run.result) : null
  const base = ['tables', 'trailing_returns']
  const rows: TableRow[] = trailing.periods.map((period, n) => {
    const label = period === 'inception' ? 'Since inception' : period
    const own: TableCell[] = [coloured(run, [...base, 'portfolio', n])]
    if (benchmark) own.push(coloured(run, [...base, 'benchmark', n]))
    return {
      key: period,
      cells: [
        trailing.annualised?.[n] ? `${label}, a year` : label,
        ...own,
        dateAt(run, [...base, 'start', n], whyNull(run.result, [...base, 'portfolio', n])),
      ],
    }
  })
  const columns = [
    {label: 'Back from the end', text: true},
    {label: 'Portfolio'},
    ...(benchmark ? [{label: benchmark}] : []),
    {label: 'From the close of', tip: meaningOf([...base, 'start'])},
  ]
  return <DataTable caption={SHARED.captions.trailing} sortable columns={columns} rows={rows} />
}

export function StressTable({run}: {run: Run}) {
  const crises = run.result.tables?.stress_periods ?? []
  if (!crises.length) return null
  const benchmark = crises.some((each) => each.benchmark !== null) ? benchmarkOf(run.result) : null
  const rows: TableRow[] = crises.map(({name}, n) => {
    const base = ['tables', 'stress_periods', n]
    return {
      key: name,
      cells: [
        name,
        coloured(run, [...base, 'portfolio']),
        ...(benchmark ? [coloured(run, [...base, 'benchmark'])] : []),
        coloured(run, [...base, 'max_drawdown']),
        dateAt(run, [...base, 'start']),
        dateAt(run, [...base, 'end']),
      ],
    }
  })
  const columns = [
    {label: 'Crisis', text: true},
    {label: 'Portfolio'},
    ...(benchmark ? [{label: benchmark}] : []),
    column(['tables', 'stress_periods', 0, 'max_drawdown']),
    {label: 'From'},
    {label: 'To'},
  ]
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

export function ExtremesTable({run}: {run: Run}) {
  if (!run.result.tables?.extremes) return null
  const base = ['tables', 'extremes']
  const units = [
    ['day', 'date'],
    ['month', 'month'],
    ['year', 'year'],
  ] as const
  const rows: TableRow[] = units.map(([unit, key]) => {
    const sides = ['best', 'worst'].flatMap((side): TableCell[] => {
      const path = [...base, `${side}_${unit}`]
      const when = at(run.result, [...path, key])
      return [coloured(run, [...path, 'return']), when === undefined ? '' : day(String(when))]
    })
    const share: Path = unit === 'day' ? ['metrics', 'win_rate'] : [...base, `positive_${unit}s`]
    const positive = unit === 'day' && numberAt(run.result, share) === null ? '' : figure(run.result, share, percent)
    return {key: unit, cells: [unit.charAt(0).toUpperCase() + unit.slice(1), ...sides, positive]}
  })
  const columns = [
    {label: 'Of a', text: true},
    {label: 'Best'},
    {label: 'When'},
    {label: 'Worst'},
    {label: 'When'},
    {label: 'Above zero'},
  ]
  return (
    <DataTable caption={SHARED.captions.extremes} columns={columns} rows={rows} note={SHARED.captions.extremes_note} />
  )
}
