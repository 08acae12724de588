'use client'

import {useMemo, useState} from 'react'
import {columnsOf, csv} from '@/lib/export-csv'
import {fileName, saveFile} from '@/lib/export-file'
import {day, finePercent, money, percent} from '@/lib/format'
import {DataTable, type TableRow} from './DataTable'
import {benchmarkOf} from './lookup'
import {Button} from './parts'
import type {Run} from './run'
import ui from './ui.module.css'

const FEW = 60

/** The sessions as a table, a year at a time, and as a file. */
export function SeriesData({runs}: {runs: readonly Run[]}) {
  const [id, setId] = useState(runs[0]?.id)
  const run = runs.find((each) => each.id === id) ?? runs[0]
  const years = useMemo(
    () => [...new Set((run?.result.series?.dates ?? []).map((date) => date.slice(0, 4)))].reverse(),
    [run],
  )
  const [wanted, setYear] = useState<string | null>(null)
  if (!run?.result.series) return null
  const {series, benchmark} = run.result
  const year = series.dates.length < FEW ? '' : wanted && years.includes(wanted) ? wanted : (years[0] ?? '')

  const market = benchmark?.series
  const columns = [
    {label: 'Session', text: true},
    {label: 'Value'},
    {label: 'Return'},
    {label: 'Drawdown'},
    ...(series.cash_flows ? [{label: 'Cash flow'}] : []),
    ...(market ? [{label: benchmarkOf(run.result) ?? 'Benchmark'}, {label: 'Return'}, {label: 'Drawdown'}] : []),
  ]
  const rows: TableRow[] = series.dates.flatMap((date, n) =>
    date.startsWith(year)
      ? [
          {
            key: date,
            cells: [
              day(date),
              money(series.portfolio_value[n]),
              finePercent(series.returns[n]),
              percent(series.drawdown[n]),
              ...(series.cash_flows ? [money(series.cash_flows[n])] : []),
              ...(market
                ? [money(market.portfolio_value[n]), finePercent(market.returns[n]), percent(market.drawdown[n])]
                : []),
            ],
          },
        ]
      : [],
  )
  return (
    <>
      <div className={ui.controls}>
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
        {year && (
          <label>
            Year{' '}
            <select className={ui.select} value={year} onChange={(event) => setYear(event.target.value)}>
              {years.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
        )}
        <Button onClick={() => saveFile(fileName(run.name, 'series.csv'), csv(columnsOf(run.result, 'series')))}>
          All as CSV
        </Button>
      </div>
      <DataTable caption={`Sessions${year ? ` of ${year}` : ''}`} heading={false} tall columns={columns} rows={rows} />
    </>
  )
}
