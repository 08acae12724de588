'use client'

import type {BacktestResult} from 'backtest-runner'
import {useContext} from 'react'
import {seconds} from '@/lib/chart-data'
import {counted, DASH, day, money, plain} from '@/lib/format'
import type {JsonObject} from '@/lib/schema/types'
import {patchedValues, patchInWords} from '@/lib/settings-in-words'
import {SHARED} from '@/lib/shared'
import {dateAxis, moneyAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {Plot} from '../charts/Plot'
import {SessionsTable} from '../charts/SessionsTable'
import {colourClass, Swatch} from '../charts/Swatch'
import {DataTable, type TableRow} from '../result/DataTable'
import {figure, meaningOf, titleOf, whyNull, written} from '../result/lookup'
import {Absent, Block, Disclosure, Note} from '../result/parts'
import type {Run} from '../result/run'
import {isAsked, metricText, QUESTIONS, type Walk, walkSays} from './answers'
import {RunSettingContext} from './run-setting'
import styles from './worth.module.css'

const PATH = ['analysis', 'walk_forward'] as const
const TITLE = QUESTIONS.walk_forward
const STRIP = 22
const MOST_COLOURS = SHARED.most_colours

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
  const [verdict, ...more] = walkSays(result, walk)
  return (
    <Block title={TITLE}>
      <p className={styles.verdict}>{verdict}</p>
      <p className={styles.lead}>
        {more.join(' ')} <RunNext run={run} walk={walk} />
      </p>
      <StitchedChart walk={walk} request={request} />
      <Yardsticks result={result} walk={walk} request={request} />
      <Disclosure summary={`Show the ${counted(windows, 'window')}`}>
        {() => <Windows walk={walk} request={request} />}
      </Disclosure>
    </Block>
  )
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
  const title = SHARED.captions.stitched
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
      <SessionsTable caption={title} dates={dates} columns={[['Value', values]]} />
    </figure>
  )
}

const RULES = ['as_asked', 'median_setting', 'best_in_hindsight'] as const
const MEASURES = SHARED.measures

function Yardsticks({result, walk, request}: {result: BacktestResult; walk: Walk; request: JsonObject}) {
  const {yardsticks} = walk
  const row = (name: string, setting: string, path: readonly string[], className?: 'strong'): TableRow => ({
    key: name,
    className,
    cells: [
      name,
      setting,
      ...MEASURES.map((key) => figure(result, [...PATH, ...path, 'metrics', key], (value) => metricText(key, value))),
    ],
  })
  const words = (patch: unknown) => (patch ? patchInWords(patch as JsonObject, request) : '')
  return (
    <DataTable
      caption={SHARED.captions.yardsticks}
      columns={[
        {label: 'Rule', text: true},
        {label: 'Setting', text: true},
        ...MEASURES.map((key) => ({label: titleOf(['metrics', key]), tip: meaningOf(['metrics', key])})),
      ]}
      rows={[
        row('Walk-forward', 'chosen anew each time', [], 'strong'),
        ...RULES.map((rule) =>
          row(titleOf([...PATH, 'yardsticks', rule]), words((yardsticks[rule] as {patch?: unknown}).patch), [
            'yardsticks',
            rule,
          ]),
        ),
      ]}
    />
  )
}

function RunNext({run, walk}: {run: Run; walk: Walk}) {
  const again = useContext(RunSettingContext)
  const next = walk.next as JsonObject | null
  if (again === null || next === null || isAsked(run.result, next)) return null
  return (
    <button type="button" className="link-button" onClick={() => again(run.id, patchedValues(next))}>
      Run it
    </button>
  )
}

function Windows({walk, request}: {walk: Walk; request: JsonObject}) {
  const {windows} = walk
  const rows: TableRow[] = windows.test_end.map((end, n) => ({
    key: end,
    cells: [
      {text: `${day(windows.test_start[n])} to ${day(end)}`, value: end},
      {text: `${day(windows.train_start[n])} to ${day(windows.train_end[n])}`, value: windows.train_end[n] ?? ''},
      windows.patch[n] ? patchInWords(windows.patch[n] as JsonObject, request) : DASH,
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
