'use client'

import {csv} from '@/lib/export-csv'
import {saveFile} from '@/lib/export-file'
import {day, percent} from '@/lib/format'
import type {RollingCurve} from '../charts/RollingChart'
import {DataTable} from './DataTable'
import {written} from './lookup'
import {Button} from './parts'

interface Props {
  dates: readonly string[]
  curves: readonly RollingCurve[]
  years: number
}

/** The windows of one length, the latest first. */
export function RollingData({dates, curves, years}: Props) {
  const rows = dates.map((date, n) => ({
    key: date,
    values: [date, ...curves.map(({values}) => values[n])],
    cells: () => [day(date), ...curves.map(({values}) => written(values[n], percent))],
  }))
  const save = () => {
    const columns = {
      window_end: dates,
      ...Object.fromEntries(
        curves.map(({name, values}, n) => [
          curves.findIndex((each) => each.name === name) < n ? `${name} (${n + 1})` : name,
          values,
        ]),
      ),
    }
    saveFile(`rolling-${years}y.csv`, csv(columns))
  }
  return (
    <DataTable
      caption={`Windows of ${years} years`}
      heading={false}
      sortable
      sorted={LATEST}
      unit="window"
      controls={<Button onClick={save}>All as CSV</Button>}
      narrow
      columns={[{label: 'Ends', text: true}, ...curves.map(({name}) => ({label: name}))]}
      rows={rows}
    />
  )
}

const LATEST = {column: 0, down: true}
