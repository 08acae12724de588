'use client'

import {columnsOf, csv} from '@/lib/export-csv'
import {fileName, saveFile} from '@/lib/export-file'
import {counted, day, percent} from '@/lib/format'
import {DataTable, type TableRow} from './DataTable'
import {Pages, usePages} from './Pages'
import {Button} from './parts'
import type {Run} from './run'
import ui from './ui.module.css'

/** The targets of every rebalance, the latest first. */
export function WeightsData({run}: {run: Run}) {
  const {weights} = run.result
  const total = weights?.dates.length ?? 0
  const pages = usePages(total)
  if (!weights) return null
  const symbols = Object.keys(weights.symbols)
  const rows: TableRow[] = []
  for (let n = pages.from; n < pages.to; n++) {
    const at = total - 1 - n
    const date = weights.dates[at] ?? ''
    rows.push({
      key: date,
      cells: [
        day(date),
        day(weights.decided?.[at]),
        weights.triggers?.[at] ?? '',
        ...symbols.map((symbol) => percent(weights.symbols[symbol]?.[at])),
        percent(weights.cash[at]),
      ],
    })
  }
  const columns = [
    {label: 'Executed', text: true},
    {label: 'Decided'},
    {label: 'Trigger', text: true},
    ...symbols.map((label) => ({label})),
    {label: 'Cash'},
  ]
  return (
    <>
      <div className={ui.controls}>
        <Pages pages={pages} what={counted(total, 'rebalance')} />
        <Button onClick={() => saveFile(fileName(run.name, 'weights.csv'), csv(columnsOf(run.result, 'weights')))}>
          All as CSV
        </Button>
      </div>
      <DataTable caption="Target weights, the latest first" heading={false} tall columns={columns} rows={rows} />
    </>
  )
}
