'use client'

import {MONTHS, plain} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {benchmarkOf, figure, numberAt, type Path} from './lookup'
import type {Run} from './run'
import styles from './table.module.css'

const inPercent = (value: number): string => plain(100 * value, 1)
const inBrackets = (value: number): string => `(${inPercent(value)})`

/** The heat map: a row for each year, its months, and the year itself. */
export function MonthsTable({run: {result}}: {run: Run}) {
  const months = result.tables?.monthly_returns.months ?? []
  if (!months.length) return null
  const at = new Map(months.map((month, n) => [month, n]))
  const annual = result.tables?.annual_returns
  const complete = result.tables?.monthly_returns.complete
  const benchmark = annual?.benchmark ? benchmarkOf(result) : null
  const years = [...new Set(months.map((month) => month.slice(0, 4)))].sort().reverse()

  const rows: TableRow[] = years.map((year) => {
    const cells: TableCell[] = MONTHS.map((_, n) => {
      const found = at.get(`${year}-${String(n + 1).padStart(2, '0')}`)
      if (found === undefined) return ''
      const path: Path = ['tables', 'monthly_returns', 'portfolio', found]
      const how = complete?.[found] === false ? inBrackets : inPercent
      return {...figure(result, path, how), className: styles[shade(numberAt(result, path))]}
    })
    const n = annual?.years.indexOf(Number(year)) ?? -1
    const whole = (column: string): TableCell =>
      n < 0
        ? ''
        : {
            ...figure(
              result,
              ['tables', 'annual_returns', column, n],
              annual?.complete[n] === false ? inBrackets : inPercent,
            ),
            className: styles.strong,
          }
    return {key: year, cells: [year, ...cells, whole('portfolio'), ...(benchmark ? [whole('benchmark')] : [])]}
  })
  const columns = [
    {label: 'Year', text: true},
    ...MONTHS.map((label) => ({label})),
    {label: 'Year', className: styles.strong},
    ...(benchmark ? [{label: benchmark, className: styles.strong}] : []),
  ]
  return (
    <DataTable heat caption={SHARED.captions.months} columns={columns} rows={rows} note={SHARED.captions.months_note} />
  )
}

function shade(value: number | null): string {
  if (value === null) return ''
  if (inPercent(value) === '0.0') return 'up0'
  return `${value > 0 ? 'up' : 'down'}${SHARED.month_shades.filter((limit) => Math.abs(value) >= limit).length}`
}
