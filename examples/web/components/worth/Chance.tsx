'use client'

import type {BacktestResult} from 'backtest-runner'
import {seconds} from '@/lib/chart-data'
import {count, day, percent} from '@/lib/format'
import {dateAxis, percentAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {Plot} from '../charts/Plot'
import {DataTable} from '../result/DataTable'
import {benchmarkOf, type Path, whyNull, written} from '../result/lookup'
import {Absent, Block, Disclosure} from '../result/parts'
import type {Run} from '../result/run'
import {chanceFacts, chanceSays, heading, QUESTIONS, type Trust} from './answers'
import {Facts} from './Facts'
import {IntervalBars} from './IntervalBars'
import styles from './worth.module.css'

const PATH: Path = ['analysis', 'trust']

/** Whether it can be chance: what the length of the record, resampled histories and random picks say. */
export function Chance({run, trust}: {run: Run; trust: Trust}) {
  const {result} = run
  const facts = chanceFacts(result, trust)
  if (facts.length === 0 && !trust.bootstrap && !trust.start_dates) return null
  return (
    <>
      <Block title={QUESTIONS.chance}>
        {facts.length > 0 && (
          <>
            <p className={styles.verdict}>{chanceSays(result, trust).join(' ')}</p>
            <Facts facts={facts} />
          </>
        )}
      </Block>
      {trust.bootstrap === null && <Absent>{whyNull(result, [...PATH, 'bootstrap'])}</Absent>}
      {trust.bootstrap && <IntervalBars result={result} />}
      {trust.start_dates !== undefined && <StartDates result={result} dates={trust.start_dates} />}
    </>
  )
}

/** The run begun in each month, against the benchmark to the same end; without one its own growth. */
function StartDates({result, dates}: {result: BacktestResult; dates: Trust['start_dates'] | null}) {
  if (!dates)
    return (
      <Block title="Begun in another month">
        <Absent>{whyNull(result, [...PATH, 'start_dates'])}</Absent>
      </Block>
    )
  const market = benchmarkOf(result)
  const excess = (dates.excess ?? []).some((value) => value !== null)
  const values = excess ? (dates.excess ?? []) : dates.cagr
  const known = dates.starts.flatMap((start, n) => {
    const value = values[n]
    return value == null ? [] : [{start, at: seconds(start), value}]
  })
  if (known.length < 2) return null
  const title = heading(excess ? 'begun_above' : 'begun', {market: market ?? 'the benchmark'})
  const found = known.map(({value}) => value)
  const text = `${percent(Math.min(...found))} to ${percent(Math.max(...found))}`
  return (
    <figure className={chart.figure}>
      <figcaption className={chart.caption}>
        <h3>{title}</h3>
      </figcaption>
      <Plot
        said={`Line chart over ${count(known.length)} first months, all to ${day(result.period.effective.end)}: ${text} a year.`}
        height={200}
        x={dateAxis(known.map(({start}) => start))}
        y={percentAxis([found], true)}
        levels={excess ? [{at: 0, label: ''}] : []}
        lines={[{name: '', colour: 0, points: known.map(({at, value}) => [at, value] as const)}]}
        tips={known.map(({start, at, value}) => ({at, label: `Begun ${day(start)}: ${percent(value)} a year`}))}
      />
      <p className={chart.note}>
        All end on {day(result.period.effective.end)}. Starts that leave less than a year are left out.
      </p>
      <Disclosure summary="Show the data">
        {() => (
          <DataTable
            caption={title}
            heading={false}
            sortable
            narrow
            columns={[
              {label: 'Begun', text: true},
              {label: 'Growth a year'},
              ...(excess ? [{label: `Above ${market ?? 'the benchmark'}`}] : []),
            ]}
            rows={dates.starts.map((start, n) => ({
              cells: [
                written(start, day),
                written(dates.cagr[n], percent),
                ...(excess ? [written(dates.excess?.[n], percent)] : []),
              ],
            }))}
          />
        )}
      </Disclosure>
    </figure>
  )
}
