'use client'

import {count, percent} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {benchmarkOf, figure, meaningOf, type Path, titleOf, written} from './lookup'
import {Absent} from './parts'
import type {Run} from './run'

/** Best, worst and average of the windows, the benchmark's below each. */
export function RollingTable({run: {result}}: {run: Run}) {
  const windows = result.tables?.rolling_returns ?? []
  if (!windows.some(({dates}) => dates.length))
    return <Absent>Rolling returns need a whole year: no window fits into the period.</Absent>
  const benchmark = benchmarkOf(result)
  const summary = (base: Path): TableCell[] => [
    ...['worst', 'average', 'best'].map((key) => figure(result, [...base, key], percent, true)),
    figure(result, [...base, 'share_positive'], percent),
  ]
  const rows: TableRow[] = windows.flatMap(({years, dates, benchmark_summary}, n): TableRow[] => {
    if (!dates.length) return []
    const base = ['tables', 'rolling_returns', n]
    const label = years === 1 ? '1 year' : `${years} years`
    const own: TableRow = {key: label, cells: [label, written(dates.length, count), ...summary(base)]}
    if (!benchmark || !benchmark_summary) return [own]
    return [
      own,
      {
        key: `${label} b`,
        className: 'other',
        cells: [`${label}, ${benchmark}`, '', ...summary([...base, 'benchmark_summary'])],
      },
    ]
  })
  const columns = [
    {label: 'Window', text: true},
    {label: 'Windows'},
    ...['worst', 'average', 'best', 'share_positive'].map((key) => ({
      label: titleOf(['tables', 'rolling_returns', 0, key]),
      tip: meaningOf(['tables', 'rolling_returns', 0, key]),
    })),
  ]
  return <DataTable caption={SHARED.captions.rolling} sortable columns={columns} rows={rows} />
}
