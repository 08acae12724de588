'use client'

import type {BacktestResult} from 'backtest-runner'
import {useContext} from 'react'
import {seconds} from '@/lib/chart-data'
import {byUnit, counted, day, money, percent, plain} from '@/lib/format'
import {pathOf, valueAt} from '@/lib/pointer'
import type {JsonObject} from '@/lib/schema/types'
import {patchedValues, patchInWords} from '@/lib/settings-in-words'
import {dateAxis, moneyAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {Plot} from '../charts/Plot'
import {colourClass, Swatch} from '../charts/Swatch'
import {DataTable, type TableRow} from '../result/DataTable'
import {figure, meaningOf, said, titleOf, whyNull, written} from '../result/lookup'
import {Absent, Block, Disclosure, Note} from '../result/parts'
import type {Run} from '../result/run'
import {RunSettingContext} from './run-setting'
import styles from './worth.module.css'

type Walk = NonNullable<NonNullable<BacktestResult['analysis']>['walk_forward']>

const PATH = ['analysis', 'walk_forward'] as const
const TITLE = 'Would choosing have worked?'
const STRIP = 22
const MOST_COLOURS = 6

/** The choice made again and again on the past, and what it earned over the months after. */
export function WalkForwardBlock({run, walk}: {run: Run; walk: Walk | null}) {
  const {result} = run
  if (walk === null)
    return (
      <Block title={TITLE}>
        <Absent>{whyNull(result, PATH)}</Absent>
      </Block>
    )
  const request = result.request as unknown as JsonObject
  const windows = walk.windows.test_end.length
  const {stability} = walk
  return (
    <Block title={TITLE}>
      <p className={styles.verdict}>{verdictOf(walk)}</p>
      <p className={styles.lead}>
        The tests earned {walk.efficiency === null ? 'an undefined part' : percent(walk.efficiency, 0)} of what the
        training stretches did a year. {counted(stability.settings, 'setting')} in {counted(windows, 'window')}, changed{' '}
        {counted(stability.changes, 'time')}
        {stability.most_chosen_share !== null &&
          stability.most_chosen !== null &&
          stability.settings > 1 &&
          `; ${patchInWords(stability.most_chosen as JsonObject, request)} was chosen most, in ${percent(stability.most_chosen_share, 0)} of the windows`}
        .
      </p>
      <StitchedChart walk={walk} request={request} />
      <Yardsticks result={result} walk={walk} request={request} />
      <Next run={run} walk={walk} request={request} />
      <Disclosure summary={`Show the ${counted(windows, 'window')}`}>
        {() => <Windows walk={walk} request={request} />}
      </Disclosure>
    </Block>
  )
}

function verdictOf({windows, metrics, yardsticks}: Walk): string {
  const span = `From ${day(windows.test_start[0])} to ${day(windows.test_end.at(-1))}`
  const grew = (of: Readonly<Record<string, number | null>>) =>
    of.cagr == null ? `${percent(of.total_return)} in all` : `${percent(of.cagr)} a year`
  return `${span}, choosing the setting on the past alone grew ${grew(metrics)}. As asked: ${grew(yardsticks.as_asked.metrics)}. The best setting in hindsight, which could not be known: ${grew(yardsticks.best_in_hindsight.metrics)}.`
}

/** The curve of one portfolio that moves between the settings; below it, which was held in each window. */
function StitchedChart({walk, request}: {walk: Walk; request: JsonObject}) {
  const {dates, portfolio_value: values} = walk.series
  const {windows} = walk
  if (dates.length < 2) return null
  const times = dates.map(seconds)
  const keys = windows.patch.map((patch) => JSON.stringify(patch))
  const settings = [...new Set(keys)]
  const colour = (n: number) => {
    const at = settings.indexOf(keys[n] ?? '')
    return at < MOST_COLOURS ? at : 'other'
  }
  const words = (n: number) =>
    windows.patch[n] ? patchInWords(windows.patch[n] as JsonObject, request) : 'no setting could be ranked'
  const title = 'The stitched curve: one portfolio that moves to the chosen setting, and pays for it'
  const step = Math.max(1, Math.floor(times.length / 120))
  return (
    <figure className={chart.figure}>
      <figcaption className={chart.caption}>
        <h3>{title}</h3>
      </figcaption>
      <Plot
        said={`Line chart of the value of the walk-forward portfolio from ${day(dates[0])} to ${day(dates.at(-1))}: from ${money(values[0])} to ${money(values.at(-1))}. Below it a bar for each of ${windows.test_end.length} windows, coloured by its setting.`}
        x={dateAxis(dates)}
        y={moneyAxis([values])}
        lines={[{name: '', colour: 0, points: times.map((time, n) => [time, values[n]] as const)}]}
        tips={times.flatMap((at, n) => (n % step === 0 ? [{at, label: `${day(dates[n])}: ${money(values[n])}`}] : []))}
        below={{
          height: STRIP + 4,
          draw: (x) =>
            windows.test_end.map((end, n) => {
              const from = x(seconds(windows.test_start[n] ?? end))
              return (
                <rect
                  key={end}
                  className={`${chart.bar} ${colourClass(colour(n))}`}
                  x={from}
                  y={2}
                  width={Math.max(1, x(seconds(end)) - from - 1)}
                  height={STRIP - 6}
                  data-tip={`${day(windows.test_start[n])} to ${day(end)}: ${words(n)}`}
                />
              )
            }),
        }}
      />
      <ul className={chart.legend}>
        {settings.slice(0, MOST_COLOURS).map((key, n) => (
          <li key={key}>
            <Swatch colour={n} box />
            {words(keys.indexOf(key))}
          </li>
        ))}
        {settings.length > MOST_COLOURS && (
          <li>
            <Swatch colour="other" box />
            {counted(settings.length - MOST_COLOURS, 'other setting')}
          </li>
        )}
      </ul>
    </figure>
  )
}

const MEASURES = ['cagr', 'annual_volatility', 'sharpe_ratio', 'max_drawdown'] as const

function Yardsticks({result, walk, request}: {result: BacktestResult; walk: Walk; request: JsonObject}) {
  const {yardsticks} = walk
  const row = (name: string, setting: string, path: readonly string[], className?: 'strong'): TableRow => ({
    key: name,
    className,
    cells: [
      name,
      setting,
      ...MEASURES.map((key) =>
        figure(result, [...PATH, ...path, 'metrics', key], (value) => byUnit(value, said(['metrics', key]).unit)),
      ),
    ],
  })
  const words = (patch: unknown) => (patch ? patchInWords(patch as JsonObject, request) : '')
  return (
    <DataTable
      caption="The same months by other rules"
      columns={[
        {label: 'Rule', text: true},
        {label: 'Setting', text: true},
        ...MEASURES.map((key) => ({label: titleOf(['metrics', key]), tip: meaningOf(['metrics', key])})),
      ]}
      rows={[
        row('Walk-forward', 'chosen anew each time', [], 'strong'),
        row('As asked', '', ['yardsticks', 'as_asked']),
        row('Median setting', words(yardsticks.median_setting.patch), ['yardsticks', 'median_setting']),
        row('Best in hindsight', words(yardsticks.best_in_hindsight.patch), ['yardsticks', 'best_in_hindsight']),
      ]}
    />
  )
}

function Next({run, walk, request}: {run: Run; walk: Walk; request: JsonObject}) {
  const again = useContext(RunSettingContext)
  if (walk.next === null) return null
  const next = walk.next as JsonObject
  const values = patchedValues(next)
  const same = values.every(([pointer, value]) => valueAt(request, pathOf(pointer)) === value)
  return (
    <p className={styles.next}>
      <span>
        The latest training stretch chooses <b>{patchInWords(next, request)}</b>
        {same ? ', which is the setting that was asked for.' : '.'}
      </span>
      {again !== null && !same && (
        <button type="button" className="link-button" onClick={() => again(run.id, values)}>
          Run it
        </button>
      )}
    </p>
  )
}

function Windows({walk, request}: {walk: Walk; request: JsonObject}) {
  const {windows} = walk
  const rows: TableRow[] = windows.test_end.map((end, n) => ({
    key: end,
    cells: [
      {text: `${day(windows.test_start[n])} to ${day(end)}`, value: end},
      {text: `${day(windows.train_start[n])} to ${day(windows.train_end[n])}`, value: windows.train_end[n] ?? ''},
      windows.patch[n] ? patchInWords(windows.patch[n] as JsonObject, request) : '—',
      written(windows.train[n], plain),
      written(windows.test[n], plain),
    ],
  }))
  return (
    <>
      <DataTable
        caption="The windows"
        heading={false}
        sortable
        unit="window"
        columns={[
          {label: 'Test', text: true},
          {label: 'Training', text: true},
          {label: 'Chosen setting', text: true},
          {label: 'In training'},
          {label: 'In the test'},
        ]}
        rows={rows}
      />
      <Note>The two figures are of the metric that ranks.</Note>
    </>
  )
}
