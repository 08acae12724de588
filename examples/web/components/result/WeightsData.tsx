'use client'

import {useState} from 'react'
import type {Targets} from '@/lib/chart-data'
import {columnsOf, csv, type Download} from '@/lib/export-csv'
import {fileName, saveFile} from '@/lib/export-file'
import {day, percent} from '@/lib/format'
import type {SortValue} from '@/lib/sorted'
import {DataTable, type TableColumn} from './DataTable'
import {written} from './lookup'
import {Button, Choices} from './parts'
import type {Run} from './run'

/** The weights that were held, session by session, or the targets of every rebalance; the latest first. */
export function WeightsData({run}: {run: Run}) {
  const {held_weights: held, weights} = run.result
  const [wanted, choose] = useState<'held' | 'targets'>('held')
  const view = held && (wanted === 'held' || !weights) ? 'held' : 'targets'
  const choice = held && weights && (
    <Choices
      label="Weights"
      value={view}
      onChange={choose}
      choices={[
        {value: 'held', label: 'Held'},
        {value: 'targets', label: 'Targets'},
      ]}
    />
  )
  if (view === 'held' && held)
    return (
      <Weights
        key="held"
        run={run}
        of={held}
        file="held_weights"
        caption="Weights held"
        unit="session"
        choice={choice}
        columns={[{label: 'Session', text: true}]}
        cells={() => []}
      />
    )
  if (!weights) return null
  return (
    <Weights
      key="targets"
      run={run}
      of={weights}
      file="weights"
      caption="Target weights"
      unit="rebalance"
      choice={choice}
      columns={[{label: 'Executed', text: true}, {label: 'Decided'}, {label: 'Trigger', text: true}]}
      cells={(at) => [weights.decided?.[at], weights.triggers?.[at]]}
    />
  )
}

interface WeightsProps {
  run: Run
  of: Targets
  file: Download
  caption: string
  unit: string
  choice: React.ReactNode
  /** Those before the weights; the first is the date. */
  columns: readonly TableColumn[]
  /** What stands in them beside the date: dates and words. */
  cells: (at: number) => readonly (string | null | undefined)[]
}

const LATEST = {column: 0, down: true}

function Weights({run, of: {dates, symbols, cash}, file, caption, unit, choice, columns, cells}: WeightsProps) {
  const names = Object.keys(symbols)
  const shares = [...names.map((name) => symbols[name] ?? []), cash]
  const rows = dates.map((date, at) => ({
    key: date,
    values: [date, ...cells(at), ...shares.map((column) => column[at])] satisfies SortValue[],
    cells: () => [
      day(date),
      ...cells(at).map((text) => (text ? day(text) : '')),
      ...shares.map((column) => written(column[at], percent)),
    ],
  }))
  return (
    <DataTable
      caption={caption}
      heading={false}
      sortable
      sorted={LATEST}
      unit={unit}
      controls={
        <>
          {choice}
          <Button onClick={() => saveFile(fileName(run.name, `${file}.csv`), csv(columnsOf(run.result, file)))}>
            All as CSV
          </Button>
        </>
      }
      columns={[...columns, ...names.map((label) => ({label})), {label: 'Cash'}]}
      rows={rows}
    />
  )
}
