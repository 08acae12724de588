'use client'

import type {BacktestResult} from 'backtest-runner'
import {useContext, useState} from 'react'
import {byUnit, count, percent, ratio} from '@/lib/format'
import type {JsonObject} from '@/lib/schema/types'
import {patchInWords, settingAt, settingTitle, settingValue} from '@/lib/settings-in-words'
import type {SortValue} from '@/lib/sorted'
import {askedIndex, placesOf, rankOf, type Sweep, settingsOf} from '@/lib/sweep-grid'
import {DataTable, type TableRow} from '../result/DataTable'
import {figure, meaningOf, type Path, said, titleOf, written} from '../result/lookup'
import {Block, Disclosure, Note} from '../result/parts'
import type {Run} from '../result/run'
import ui from '../result/ui.module.css'
import {type Fact, Facts} from './Facts'
import {HeatMap} from './HeatMap'
import {RunSettingContext} from './run-setting'
import styles from './worth.module.css'

const OVERFITTING: Path = ['analysis', 'sweep', 'overfitting']

/** How every setting did, the best of them, and how much of its lead is the luck of choosing. */
export function SweepBlock({run, sweep}: {run: Run; sweep: Sweep}) {
  const {result} = run
  const request = result.request as unknown as JsonObject
  const asked = askedIndex(sweep.axes, request)
  const tried = sweep.overfitting.trials
  return (
    <Block title={`Do other settings do better? ${count(sweep.runs)} were tried`}>
      <p className={styles.verdict}>{sweep.overfitting.statement}</p>
      <Facts facts={[...bestFacts(run, sweep, asked), ...overfittingFacts(result, sweep)]} />
      <ChosenMap run={run} sweep={sweep} asked={asked} />
      <Note>
        ★ is the best of {count(tried)}, chosen with hindsight: expect less of it. Stronger blue is above the middle of
        all settings, stronger orange below it. The result on this page stays that of the setting that was asked for.
        {sweep.left_out > 0 && ` ${count(sweep.left_out)} combinations were left out.`}
        {sweep.failed.length > 0 && ` ${count(sweep.failed.length)} gave no result.`}
      </Note>
      <Disclosure summary="Show the data">{() => <Ranking sweep={sweep} request={request} asked={asked} />}</Disclosure>
    </Block>
  )
}

function bestFacts({id, result}: Run, sweep: Sweep, asked: number | null): Fact[] {
  const {rank_by, best} = sweep
  const column = sweep.metrics[rank_by] ?? []
  const request = result.request as unknown as JsonObject
  const write = (value: number) => byUnit(value, said(['metrics', rank_by]).unit)
  const show = (value: number | null | undefined) =>
    value == null ? {text: '—', why: 'Not defined.'} : {text: write(value)}
  const title = titleOf(['metrics', rank_by])
  const rank = asked === null ? null : rankOf(asked, column)
  return [
    {
      label: `${title} of the best of ${count(sweep.runs)}`,
      tip: meaningOf(['metrics', rank_by]),
      figure: best === null ? {text: '—', why: 'No setting could be ranked.'} : show(column[best.index]),
      words: best !== null && (
        <>
          {patchInWords(best.patch as JsonObject, request)}{' '}
          {asked !== best.index && <RunBest id={id} sweep={sweep} index={best.index} />}
        </>
      ),
    },
    {
      label: `${title} as asked`,
      figure: show(
        asked === null ? (result.metrics as Record<string, number | null> | undefined)?.[rank_by] : column[asked],
      ),
      words: rank === null ? 'not among the settings that were tried' : `rank ${count(rank)} of ${count(sweep.runs)}`,
    },
    {
      label: `${title} next to the best`,
      figure: show(best?.neighbours_mean),
      words: 'the mean of its neighbours, one step away; far below the best, it is a peak and not a plateau',
    },
  ]
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

function overfittingFacts(result: BacktestResult, sweep: Sweep): Fact[] {
  const {trials, pbo} = sweep.overfitting
  const one = (key: string, how?: (value: number) => string) => ({
    label: titleOf([...OVERFITTING, key]),
    tip: meaningOf([...OVERFITTING, key]),
    figure: figure(result, [...OVERFITTING, key], how),
  })
  return [
    {
      ...one('dsr'),
      words: `the probability that the best is more than the luck of ${count(trials)} tries; below ${percent(0.95, 0)} it may be that luck`,
    },
    {
      ...one('pbo'),
      words:
        pbo === null
          ? 'the history is too short to tell'
          : `in so many splits of the history the best of one half was in the lower half on the other; ${percent(0.5, 0)} is a coin toss`,
    },
    {
      ...one('expected_max_sharpe', ratio),
      words: `the Sharpe ratio that the best of ${count(trials)} worthless settings would show`,
    },
  ]
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
        write={(value) => byUnit(value, said(['metrics', shown]).unit)}
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
  const keys = [
    rank_by,
    ...['cagr', 'annual_volatility', 'sharpe_ratio', 'max_drawdown'].filter((key) => key !== rank_by && key in metrics),
  ]
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
      ...keys.map((key) => written(metrics[key]?.[index], (value) => byUnit(value, said(['metrics', key]).unit))),
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
