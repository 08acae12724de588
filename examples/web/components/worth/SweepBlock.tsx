'use client'

import {useContext, useState} from 'react'
import {count} from '@/lib/format'
import type {JsonObject} from '@/lib/schema/types'
import {settingAt, settingTitle, settingValue} from '@/lib/settings-in-words'
import {SHARED} from '@/lib/shared'
import type {SortValue} from '@/lib/sorted'
import {askedIndex, placesOf, type Sweep, settingsOf} from '@/lib/sweep-grid'
import {DataTable, type TableRow} from '../result/DataTable'
import {meaningOf, titleOf, written} from '../result/lookup'
import {Block, Disclosure, Note} from '../result/parts'
import type {Run} from '../result/run'
import ui from '../result/ui.module.css'
import {markSays, metricText, QUESTIONS, sweepFacts} from './answers'
import {Facts} from './Facts'
import {HeatMap} from './HeatMap'
import {RunSettingContext} from './run-setting'
import styles from './worth.module.css'

/** How every setting did, the best of them, and how much of its lead is the luck of choosing. */
export function SweepBlock({run, sweep}: {run: Run; sweep: Sweep}) {
  const {result} = run
  const request = result.request as unknown as JsonObject
  const asked = askedIndex(sweep.axes, request)
  return (
    <Block title={QUESTIONS.sweep}>
      <p className={styles.verdict}>{sweep.overfitting.statement}</p>
      <Facts
        facts={sweepFacts(result, sweep)}
        more={
          sweep.best !== null &&
          asked !== sweep.best.index && <RunBest id={run.id} sweep={sweep} index={sweep.best.index} />
        }
      />
      <ChosenMap run={run} sweep={sweep} asked={asked} />
      <Note>
        {markSays(sweep)} Stronger blue is above the middle of all settings, stronger orange below it. The result on
        this page stays that of the setting that was asked for.
        {sweep.left_out > 0 && ` ${count(sweep.left_out)} combinations were left out.`}
        {sweep.failed.length > 0 && ` ${count(sweep.failed.length)} gave no result.`}
      </Note>
      <Disclosure summary="Show the data">{() => <Ranking sweep={sweep} request={request} asked={asked} />}</Disclosure>
    </Block>
  )
}

function RunBest({id, sweep, index}: {id: string; sweep: Sweep; index: number}) {
  const run = useContext(RunSettingContext)
  if (run === null) return null
  return (
    <button type="button" className="link-button" onClick={() => run(id, settingsOf(index, sweep.axes))}>
      Run it
    </button>
  )
}

/** The heat map, with what it shows to choose. */
function ChosenMap({run, sweep, asked}: {run: Run; sweep: Sweep; asked: number | null}) {
  const {axes, metrics, rank_by, best} = sweep
  const request = run.result.request as unknown as JsonObject
  const [metric, setMetric] = useState<string>(rank_by)
  const [[first, second], setPair] = useState<readonly [number, number]>([0, 1])
  const [places, setPlaces] = useState<readonly number[]>(() => placesOf(best?.index ?? asked ?? 0, axes))
  const several = axes.length > 1
  const shown = metric in metrics ? metric : rank_by
  const rest = axes.map((_, n) => n).filter((n) => n !== first && n !== second)
  const name = (n: number) => settingTitle(axes[n]?.pointer ?? '', request)
  const other = (wanted: number, own: number) => (wanted === own ? axes.findIndex((_, n) => n !== wanted) : own)
  return (
    <div className={styles.map}>
      <div className={ui.controls}>
        <Select
          label="Metric"
          value={shown}
          onChange={setMetric}
          options={Object.keys(metrics).map((key) => [key, titleOf(['metrics', key])])}
        />
        {axes.length > 2 && (
          <>
            <Select
              label="Down"
              value={String(first)}
              onChange={(n) => setPair([Number(n), other(Number(n), second)])}
              options={axes.map((_, n) => [String(n), name(n)])}
            />
            <Select
              label="Across"
              value={String(second)}
              onChange={(n) => setPair([other(Number(n), first), Number(n)])}
              options={axes.map((_, n) => [String(n), name(n)])}
            />
          </>
        )}
        {several &&
          rest.map((n) => (
            <Select
              key={n}
              label={name(n)}
              value={String(places[n])}
              onChange={(place) => setPlaces(places.map((own, axis) => (axis === n ? Number(place) : own)))}
              options={(axes[n]?.values ?? []).map((value, place) => [
                String(place),
                settingValue(value, settingAt(axes[n]?.pointer ?? '', request)),
              ])}
            />
          ))}
      </div>
      <HeatMap
        id={run.id}
        sweep={sweep}
        request={request}
        column={metrics[shown] ?? []}
        write={(value) => metricText(shown, value)}
        caption={`${titleOf(['metrics', shown])} by ${several ? `${name(first)} and ${name(second)}` : name(0)}`}
        down={several ? first : null}
        across={several ? second : 0}
        places={places}
        asked={asked}
      />
    </div>
  )
}

interface SelectProps {
  readonly label: string
  readonly value: string
  readonly options: readonly (readonly [string, string])[]
  readonly onChange: (value: string) => void
}

const Select = ({label, value, options, onChange}: SelectProps) => (
  <label>
    {label}
    <select className={ui.select} value={value} onChange={(event) => onChange(event.target.value)}>
      {options.map(([key, words]) => (
        <option key={key} value={key}>
          {words}
        </option>
      ))}
    </select>
  </label>
)

function Ranking({sweep, request, asked}: {sweep: Sweep; request: JsonObject; asked: number | null}) {
  const {axes, metrics, rank_by} = sweep
  const column = metrics[rank_by] ?? []
  const order = column
    .map((_, index) => index)
    .filter((index) => column[index] != null)
    .sort((a, b) => (column[b] ?? 0) - (column[a] ?? 0) || a - b)
  const keys = [rank_by, ...SHARED.measures.filter((key) => key !== rank_by && key in metrics)]
  const rows: TableRow[] = order.map((index, n) => ({
    key: String(index),
    className: index === asked ? 'strong' : undefined,
    values: [
      n,
      ...settingsOf(index, axes).map(([, value]) => sortable(value)),
      ...keys.map((key) => metrics[key]?.[index]),
    ],
    cells: () => [
      count(n + 1),
      ...settingsOf(index, axes).map(([pointer, value]) => settingValue(value, settingAt(pointer, request))),
      ...keys.map((key) => written(metrics[key]?.[index], (value) => metricText(key, value))),
    ],
  }))
  return (
    <DataTable
      caption={`The settings by ${titleOf(['metrics', rank_by])}`}
      heading={false}
      sortable
      unit="setting"
      columns={[
        {label: 'Rank', text: true},
        ...axes.map(({pointer}) => ({label: settingTitle(pointer, request)})),
        ...keys.map((key) => ({label: titleOf(['metrics', key]), tip: meaningOf(['metrics', key])})),
      ]}
      rows={rows}
      note={asked === null ? undefined : 'In bold: as asked.'}
    />
  )
}

/** A setting's value as a column is sorted by it. */
const sortable = (value: unknown): SortValue => (typeof value === 'number' ? value : JSON.stringify(value))
