'use client'

import type {BacktestResult} from 'backtest-runner'
import {count, counted, percent, ratio} from '@/lib/format'
import {percentAxis, ratioAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {type Part, PartBars} from '../charts/PartBars'
import {Plot} from '../charts/Plot'
import {DataTable} from '../result/DataTable'
import {meaningOf, numberAt, whyNull, written} from '../result/lookup'
import {Absent, Block, Disclosure, Note, Term} from '../result/parts'
import type {Run} from '../result/run'
import {bps, evenSays, heading, lagMetric, lagSays, metricText, QUESTIONS, rivals, type Trust} from './answers'
import styles from './worth.module.css'

const PATH = ['analysis', 'trust'] as const

/** Whether it survives a delay, and higher costs. */
export function Costs({run: {result}, trust}: {run: Run; trust: Trust}) {
  return (
    <>
      {trust.lag !== undefined && <Lag result={result} lag={trust.lag} />}
      {trust.break_even !== undefined && <BreakEven result={result} even={trust.break_even} />}
    </>
  )
}

function Lag({result, lag}: {result: BacktestResult; lag: Trust['lag'] | null}) {
  const title = QUESTIONS.lag
  if (!lag)
    return (
      <Block title={title}>
        <Absent>{whyNull(result, [...PATH, 'lag'])}</Absent>
      </Block>
    )
  const [metric, name] = lagMetric(lag)
  const values = lag[metric]
  const write = (value: number | null | undefined) => metricText(metric, value)
  const label = (n: number) =>
    lag.sessions[n] === 0 ? 'At the deciding close' : `${counted(lag.sessions[n] ?? 0, 'session')} later`
  return (
    <Block title={title}>
      <p className={styles.verdict}>{lagSays(lag)}</p>
      <figure className={chart.figure}>
        <figcaption className={chart.caption}>
          <h3>{heading('delays', {metric: name.charAt(0).toUpperCase() + name.slice(1)})}</h3>
        </figcaption>
        <Plot
          said={`Line chart: ${lag.sessions.map((_, n) => `${label(n)} ${write(values[n])}`).join(', ')}.`}
          height={200}
          x={{
            low: -0.3,
            high: Math.max(...lag.sessions) + 0.3,
            ticks: () => lag.sessions.map((at) => ({at, label: count(at)})),
          }}
          y={metric === 'cagr' ? percentAxis([values]) : ratioAxis([values])}
          lines={[{name: '', colour: 0, points: lag.sessions.map((at, n) => [at, values[n]] as const), dots: true}]}
          tips={lag.sessions.map((at, n) => ({at, label: `${label(n)}: ${write(values[n])}`}))}
        />
        <Disclosure summary="Show the data">
          {() => (
            <DataTable
              caption="Fills after the decision"
              heading={false}
              narrow
              columns={[{label: 'Filled', text: true}, {label: 'Growth a year'}, {label: 'Sharpe ratio'}]}
              rows={lag.sessions.map((_, n) => ({
                cells: [label(n), written(lag.cagr[n], percent), written(lag.sharpe_ratio[n], ratio)],
              }))}
            />
          )}
        </Disclosure>
      </figure>
    </Block>
  )
}

const KEYS = ['zero', 'benchmark', 'equal_weight'] as const

function BreakEven({result, even}: {result: BacktestResult; even: Trust['break_even'] | null}) {
  const title = QUESTIONS.break_even
  if (!even)
    return (
      <Block title={title}>
        <Absent>{whyNull(result, [...PATH, 'break_even'])}</Absent>
      </Block>
    )
  const names = rivals(result)
  const asked = numberAt(result, ['request', 'costs', 'commission_bps']) ?? 0
  const parts: Part[] = [
    {name: 'As asked', value: asked, text: bps(asked)},
    ...KEYS.flatMap((key) => (even[key] === null ? [] : [{name: names[key], value: even[key], text: bps(even[key])}])),
  ]
  const missing = KEYS.filter((key) => even[key] === null && (key !== 'benchmark' || result.benchmark))
  return (
    <Block title={title}>
      <p className={styles.verdict}>{evenSays(result, even).join(' ')}</p>
      <div className={styles.wideNames}>
        <PartBars
          title={heading('commissions')}
          parts={parts}
          said={`Bars of commissions: ${parts.map(({name, text}) => `${name} ${text}`).join('; ')}.`}
        />
      </div>
      {missing.map((key) => (
        <Note key={key}>
          {names[key]}: {whyNull(result, [...PATH, 'break_even', key]).replace(/^Not defined: /, '')}
        </Note>
      ))}
      <Note>
        The other costs stay as they were asked for.{' '}
        <Term tip={meaningOf([...PATH, 'break_even'])}>How it is found</Term>
      </Note>
    </Block>
  )
}
