'use client'

import type {BacktestResult} from 'backtest-runner'
import {seconds} from '@/lib/chart-data'
import {count, day, percent, plain, ratio} from '@/lib/format'
import {dateAxis, percentAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {Plot} from '../charts/Plot'
import {DataTable} from '../result/DataTable'
import {confidenceOf} from '../result/interval'
import {benchmarkOf, figure, meaningOf, numberAt, type Path, titleOf, whyNull, written} from '../result/lookup'
import {Absent, Block, Disclosure} from '../result/parts'
import type {Run} from '../result/run'
import {type Fact, Facts} from './Facts'
import {IntervalBars} from './IntervalBars'
import styles from './worth.module.css'

export type Trust = NonNullable<NonNullable<BacktestResult['analysis']>['trust']>

const PATH: Path = ['analysis', 'trust']

/** Whether it can be chance: what the length of the record, resampled histories and random picks say. */
export function Chance({run, trust}: {run: Run; trust: Trust}) {
  const {result} = run
  const facts = [...significanceFacts(result, trust), ...otherFacts(result, trust)]
  if (facts.length === 0 && !trust.bootstrap && !trust.start_dates) return null
  return (
    <>
      <Block title="Could it be chance?">
        {facts.length > 0 && (
          <>
            <p className={styles.verdict}>{verdictOf(result, trust)}</p>
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

function verdictOf(result: BacktestResult, {significance, random, look_ahead}: Trust): string {
  const parts: string[] = []
  const psr = significance?.psr
  const level = confidenceOf(result)
  if (psr != null)
    parts.push(
      psr >= level
        ? `A record of this length and shape leaves little doubt that the Sharpe ratio is above zero (${percent(psr)} sure).`
        : `The record is too short to be sure that the Sharpe ratio is above zero (${percent(psr)} sure).`,
    )
  if (random?.p_value != null)
    parts.push(
      random.p_value <= 0.05
        ? `Few of the portfolios that pick holdings by chance do as well (p = ${plain(random.p_value, 3)}).`
        : `Portfolios that pick holdings by chance often do as well (p = ${plain(random.p_value, 3)}): the choice adds little.`,
    )
  if (look_ahead && look_ahead.changed > 0)
    parts.push('The strategy used later prices than it could have known: its figures cannot be believed.')
  return parts.join(' ')
}

function fact(result: BacktestResult, path: Path, words: string, how?: (value: number) => string): Fact {
  return {label: titleOf(path), tip: meaningOf(path), figure: figure(result, path, how), words}
}

const years = (value: number): string => `${plain(value, 1)} years`

function significanceFacts(result: BacktestResult, {significance}: Trust): Fact[] {
  if (significance === undefined) return []
  const at = (key: string): Path => [...PATH, 'significance', key]
  const sharpe = numberAt(result, ['metrics', 'sharpe_ratio'])
  const trials = numberAt(result, ['request', 'analysis', 'trust', 'trials']) ?? 1
  const facts = [
    fact(result, at('psr'), 'the probability that the true Sharpe ratio is above zero'),
    fact(result, at('standard_error'), `the Sharpe ratio ${ratio(sharpe)} is known give or take so much`),
    fact(
      result,
      at('min_track_record_years'),
      `the record that it takes to be ${percent(confidenceOf(result), 0)} sure`,
      years,
    ),
  ]
  if (trials === 1) return facts
  return [
    ...facts,
    fact(result, at('dsr'), `the probability that it is more than the luck of the best of ${count(trials)} settings`),
    fact(
      result,
      at('min_backtest_years'),
      `below that, the best of ${count(trials)} worthless settings is expected to show this`,
      years,
    ),
  ]
}

function otherFacts(result: BacktestResult, {random, look_ahead, bootstrap, start_dates}: Trust): Fact[] {
  const facts: Fact[] = []
  const market = benchmarkOf(result)
  if (random) {
    const beaten = `Sharpe ratio above that of so many of ${count(random.portfolios)} portfolios with the same weights on holdings drawn by chance`
    facts.push({...fact(result, [...PATH, 'random', 'percentile'], beaten), label: 'Random picks beaten'})
  } else if (random === null)
    facts.push({
      label: 'Random picks beaten',
      figure: {text: '—', why: whyNull(result, [...PATH, 'random'])},
      words: 'the strategy does not choose among its holdings',
    })
  if (bootstrap && market !== null)
    facts.push({
      ...fact(
        result,
        [...PATH, 'bootstrap', 'probability_below_benchmark'],
        `of the resampled histories grow less than ${market}`,
      ),
      label: `Falls short of ${market}`,
    })
  if (start_dates && start_dates.share_above !== null)
    facts.push({
      ...fact(
        result,
        [...PATH, 'start_dates', 'share_above'],
        `of the starts end above ${market ?? 'the benchmark'}; the worst by ${percent(start_dates.worst)} a year`,
        percent,
      ),
      label: `Starts that beat ${market ?? 'the benchmark'}`,
    })
  if (look_ahead === null)
    facts.push({
      label: titleOf([...PATH, 'look_ahead']),
      figure: {text: '—', why: whyNull(result, [...PATH, 'look_ahead'])},
      words: 'there was nothing to check',
    })
  else if (look_ahead)
    facts.push({
      label: 'Decisions that look ahead',
      tip: meaningOf([...PATH, 'look_ahead']),
      figure: {text: `${count(look_ahead.changed)} of ${count(look_ahead.decisions_checked)}`},
      words:
        look_ahead.first === null
          ? 'none changes when later prices are cut off or replaced by noise'
          : `the first on ${day(look_ahead.first)}`,
    })
  return facts
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
  const known = values.filter((value) => value !== null)
  if (known.length < 2) return null
  const times = dates.starts.map(seconds)
  const title = excess
    ? `Begun in another month: growth a year above ${market ?? 'the benchmark'}, by first month`
    : 'Begun in another month: growth a year, by first month'
  const text = `${percent(Math.min(...known))} to ${percent(Math.max(...known))}`
  return (
    <figure className={chart.figure}>
      <figcaption className={chart.caption}>
        <h3>{title}</h3>
      </figcaption>
      <Plot
        said={`Line chart over ${count(known.length)} first months, all to ${day(result.period.effective.end)}: ${text} a year.`}
        height={200}
        x={dateAxis(dates.starts)}
        y={percentAxis([values], true)}
        levels={excess ? [{at: 0, label: ''}] : []}
        lines={[{name: '', colour: 0, points: times.map((time, n) => [time, values[n]] as const)}]}
        tips={times.map((at, n) => ({at, label: `Begun ${day(dates.starts[n])}: ${percent(values[n])} a year`}))}
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
