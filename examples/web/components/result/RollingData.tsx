'use client'

import {csv} from '@/lib/export-csv'
import {saveFile} from '@/lib/export-file'
import {counted, day, percent} from '@/lib/format'
import type {RollingCurve} from '../charts/RollingChart'
import {DataTable} from './DataTable'
import {Pages, usePages} from './Pages'
import {Button} from './parts'
import ui from './ui.module.css'

/** The windows of one length, the latest first. */
export function RollingData({
  dates,
  curves,
  years,
}: {
  dates: readonly string[]
  curves: readonly RollingCurve[]
  years: number
}) {
  const pages = usePages(dates.length)
  const rows = Array.from({length: pages.to - pages.from}, (_, n) => {
    const at = dates.length - 1 - pages.from - n
    return {key: dates[at] ?? '', cells: [day(dates[at]), ...curves.map(({values}) => percent(values[at]))]}
  })
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
    <>
      <div className={ui.controls}>
        <Pages pages={pages} what={counted(dates.length, 'window')} />
        <Button onClick={save}>All as CSV</Button>
      </div>
      <DataTable
        caption={`Windows of ${years} years, the latest first`}
        heading={false}
        tall
        narrow
        columns={[{label: 'Ends', text: true}, ...curves.map(({name}) => ({label: name}))]}
        rows={rows}
      />
    </>
  )
}
