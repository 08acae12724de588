'use client'

import {useState} from 'react'
import {columnsOf, csv, type Download} from '@/lib/export-csv'
import {fileName, saveFile} from '@/lib/export-file'
import {counted, day, percent} from '@/lib/format'
import {DataTable, type TableCell, type TableColumn} from './DataTable'
import {Pages, usePages} from './Pages'
import {Button, Choices} from './parts'
import type {Run} from './run'
import ui from './ui.module.css'

/** The weights that were held, session by session, or the targets of every rebalance; the latest first. */
export function WeightsData({run}: {run: Run}) {
  const {held_weights: held, weights} = run.result
  const [wanted, choose] = useState<'held' | 'targets'>('held')
  const view = held && (wanted === 'held' || !weights) ? 'held' : 'targets'
  return (
    <>
      {held && weights && (
        <div className={ui.controls}>
          <Choices
            label="Weights"
            value={view}
            onChange={choose}
            choices={[
              {value: 'held', label: 'Held'},
              {value: 'targets', label: 'Targets'},
            ]}
          />
        </div>
      )}
      {view === 'held' && held && (
        <Weights
          key="held"
          run={run}
          of={held}
          file="held_weights"
          caption="Weights held, the latest first"
          what={counted(held.dates.length, 'session')}
          columns={[{label: 'Session', text: true}]}
          cells={() => []}
        />
      )}
      {view === 'targets' && weights && (
        <Weights
          key="targets"
          run={run}
          of={weights}
          file="weights"
          caption="Target weights, the latest first"
          what={counted(weights.dates.length, 'rebalance')}
          columns={[{label: 'Executed', text: true}, {label: 'Decided'}, {label: 'Trigger', text: true}]}
          cells={(at) => [day(weights.decided?.[at]), weights.triggers?.[at] ?? '']}
        />
      )}
    </>
  )
}

interface WeightsProps {
  run: Run
  of: {
    dates: readonly string[]
    symbols: Readonly<Record<string, readonly (number | null)[]>>
    cash: readonly (number | null)[]
  }
  file: Download
  caption: string
  what: string
  /** Those before the weights; the first is the date. */
  columns: readonly TableColumn[]
  /** What stands in them beside the date. */
  cells: (at: number) => readonly TableCell[]
}

function Weights({run, of: {dates, symbols, cash}, file, caption, what, columns, cells}: WeightsProps) {
  const pages = usePages(dates.length)
  const names = Object.keys(symbols)
  const rows = Array.from({length: pages.to - pages.from}, (_, n) => {
    const at = dates.length - 1 - pages.from - n
    const shares = [...names.map((name) => percent(symbols[name]?.[at])), percent(cash[at])]
    return {key: dates[at] ?? '', cells: [day(dates[at]), ...cells(at), ...shares]}
  })
  return (
    <>
      <div className={ui.controls}>
        <Pages pages={pages} what={what} />
        <Button onClick={() => saveFile(fileName(run.name, `${file}.csv`), csv(columnsOf(run.result, file)))}>
          All as CSV
        </Button>
      </div>
      <DataTable
        caption={caption}
        heading={false}
        tall
        columns={[...columns, ...names.map((label) => ({label})), {label: 'Cash'}]}
        rows={rows}
      />
    </>
  )
}
