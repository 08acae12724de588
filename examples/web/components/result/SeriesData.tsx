'use client'

import {useState} from 'react'
import {columnsOf, csv} from '@/lib/export-csv'
import {fileName, saveFile} from '@/lib/export-file'
import {day, finePercent, money, percent} from '@/lib/format'
import {DataTable, type TableRow} from './DataTable'
import {benchmarkOf, written} from './lookup'
import {Button} from './parts'
import type {Run} from './run'
import ui from './ui.module.css'

const LATEST = {column: 0, down: true}

/** The sessions as a table, all or those of a year, and as a file. */
export function SeriesData({runs}: {runs: readonly Run[]}) {
  const [id, setId] = useState(runs[0]?.id)
  const [wanted, setYear] = useState('')
  const run = runs.find((each) => each.id === id) ?? runs[0]
  if (!run?.result.series) return null
  const {series, benchmark} = run.result
  const years = [...new Set(series.dates.map((date) => date.slice(0, 4)))].reverse()
  const year = years.includes(wanted) ? wanted : ''
  const market = benchmark?.series
  const shown = [
    {label: 'Value', column: series.portfolio_value, write: money},
    {label: 'Return', column: series.returns, write: finePercent},
    {label: 'Drawdown', column: series.drawdown, write: percent},
    ...(series.cash_flows ? [{label: 'Cash flow', column: series.cash_flows, write: money}] : []),
    ...(market
      ? [
          {label: benchmarkOf(run.result) ?? 'Benchmark', column: market.portfolio_value, write: money},
          {label: 'Return', column: market.returns, write: finePercent},
          {label: 'Drawdown', column: market.drawdown, write: percent},
        ]
      : []),
  ]
  const rows: TableRow[] = series.dates.flatMap((date, n) =>
    date.startsWith(year)
      ? [
          {
            key: date,
            values: [date, ...shown.map(({column}) => column[n])],
            cells: () => [day(date), ...shown.map(({column, write}) => written(column[n], write))],
          },
        ]
      : [],
  )
  return (
    <DataTable
      caption={`Sessions${year && ` of ${year}`}`}
      heading={false}
      sortable
      sorted={LATEST}
      unit="session"
      controls={
        <>
          {runs.length > 1 && (
            <label>
              Run{' '}
              <select className={ui.select} value={run.id} onChange={(event) => setId(event.target.value)}>
                {runs.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
              </select>
            </label>
          )}
          {years.length > 1 && (
            <label>
              Year{' '}
              <select className={ui.select} value={year} onChange={(event) => setYear(event.target.value)}>
                <option value="">all</option>
                {years.map((each) => (
                  <option key={each}>{each}</option>
                ))}
              </select>
            </label>
          )}
          <Button onClick={() => saveFile(fileName(run.name, 'series.csv'), csv(columnsOf(run.result, 'series')))}>
            All as CSV
          </Button>
        </>
      }
      columns={[{label: 'Session', text: true}, ...shown]}
      rows={rows}
    />
  )
}
