'use client'

import type {BacktestResult} from 'backtest-runner'
import {count, counted, money, percent, probability, SPACE} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {moneyAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {Plot} from '../charts/Plot'
import {DataTable} from '../result/DataTable'
import {meaningOf, titleOf, whyNull, written} from '../result/lookup'
import {Absent, Block, Disclosure} from '../result/parts'
import type {Run} from '../result/run'
import {capitalOf} from '../result/sentence'
import {heading, type Projection, projectionSays, QUESTIONS} from './answers'
import styles from './worth.module.css'

const PATH = ['analysis', 'projection'] as const

/** The portfolio over the years to come, as a fan. */
export function ProjectionBlock({run: {result}, projection}: {run: Run; projection: Projection | null}) {
  const title = QUESTIONS.projection
  if (projection === null)
    return (
      <Block title={title}>
        <Absent>{whyNull(result, PATH)}</Absent>
      </Block>
    )
  return (
    <Block title={title}>
      <p className={styles.verdict}>{projectionSays(result, projection).join(' ')}</p>
      <Fan result={result} projection={projection} />
      <Rates result={result} projection={projection} />
    </Block>
  )
}

/** The percentiles, lowest first, with their columns. */
const bandsOf = ({bands}: Projection): [number, readonly number[]][] =>
  Object.entries(bands)
    .map(([name, values]) => [Number(name), values] as [number, readonly number[]])
    .sort(([a], [b]) => a - b)

function Fan({result, projection}: {result: BacktestResult; projection: Projection}) {
  const bands = bandsOf(projection)
  const capital = capitalOf(result)
  const years = [0, ...projection.years]
  const worth = (values: readonly number[]) => [capital, ...values.map((value) => value * capital)]
  const columns = bands.map(([name, values]) => [name, worth(values)] as const)
  const pairs = Math.floor(columns.length / 2)
  const middle = columns.length % 2 === 1 ? columns[pairs] : undefined
  const [low, high] = [columns[0], columns.at(-1)]
  const drawn = Array.from({length: pairs}, (_, n) => {
    const [bottom, top] = [columns[n]?.[1] ?? [], columns[columns.length - 1 - n]?.[1] ?? []]
    return {points: years.map((year, k) => [year, bottom[k] ?? 0, top[k] ?? 0] as const), pale: n === 0 && pairs > 1}
  })
  const title = heading('fan', {money: money(capital), low: String(low?.[0]), high: String(high?.[0])})
  const tip = (k: number) =>
    `${k === 0 ? 'Today' : `Year ${years[k]}`}: ${[...columns]
      .reverse()
      .map(([name, values]) => `${name} % ${money(values[k])}`)
      .join('; ')}`
  return (
    <figure className={chart.figure}>
      <figcaption className={chart.caption}>
        <h3>{title}</h3>
      </figcaption>
      <Plot
        said={`Fan chart over ${projection.years.length} years. At the end ${columns.map(([name, values]) => `${name} per cent of the paths are below ${money(values.at(-1))}`).join('; ')}.`}
        height={280}
        x={{low: 0, high: years.at(-1) ?? 1, ticks: (most) => yearTicks(years.at(-1) ?? 1, most)}}
        y={moneyAxis(columns.map(([, values]) => values.map((value) => (value > 0 ? value : null))))}
        bands={drawn}
        lines={columns
          .filter((column) => column === middle || column === low || column === high)
          .map(([name, values]) => ({
            name: name === 50 ? 'Median' : `${name} %`,
            colour: name === middle?.[0] ? 0 : null,
            points: years.map((year, k) => [year, values[k]] as const),
          }))}
        levels={[{at: capital, label: ''}]}
        tips={years.map((at, k) => ({at, label: tip(k)}))}
      />
      <p className={chart.note}>
        Dashed: the money at the beginning. The stronger band: the middle half of the paths, where the quarters were
        asked for.
      </p>
      <Disclosure summary="Show the data">
        {() => (
          <DataTable
            caption={title}
            heading={false}
            sortable
            columns={[
              {label: 'Year', text: true},
              ...columns.map(([name]) => ({label: `${name} % below`})),
              {label: 'Paid in full', tip: meaningOf([...PATH, 'success'])},
            ]}
            rows={projection.years.map((year, n) => ({
              cells: [
                written(year, count),
                ...columns.map(([, values]) => written(values[n + 1], money)),
                written(projection.success[n], probability),
              ],
            }))}
          />
        )}
      </Disclosure>
    </figure>
  )
}

function yearTicks(last: number, most: number): {at: number; label: string}[] {
  const step = [1, 2, 5, 10, 20, 50].find((each) => last / each <= most) ?? 50
  return Array.from({length: Math.floor(last / step) + 1}, (_, n) => ({
    at: n * step,
    label: n === 0 ? 'now' : count(n * step),
  }))
}

function Rates({result, projection}: {result: BacktestResult; projection: Projection}) {
  const names = bandsOf(projection).map(([name]) => name)
  const keys = ['safe_withdrawal_rate', 'perpetual_withdrawal_rate'] as const
  const years = projection.years.at(-1) ?? 0
  const words = {safe_withdrawal_rate: `Used up after ${years}${SPACE}years`, perpetual_withdrawal_rate: 'Kept whole'}
  return (
    <DataTable
      caption={SHARED.captions.rates}
      columns={[{label: 'The money is', text: true}, ...names.map((name) => ({label: `in all but ${name}${SPACE}%`}))]}
      rows={keys.map((key) => ({
        key,
        cells: [
          {
            text: words[key],
            node: (
              <span
                data-tip={`${titleOf([...PATH, key])}: ${meaningOf([...PATH, key])}`}
                tabIndex={0}
                className={styles.said}
              >
                {words[key]}
              </span>
            ),
          },
          ...names.map((name) => {
            const value = Object.entries(projection[key]).find(([own]) => Number(own) === name)?.[1]
            return value == null ? {text: '—', why: whyNull(result, [...PATH, key])} : percent(value)
          }),
        ],
      }))}
      note={`In all but so many of the paths; a share of the money at the beginning, each year, over ${counted(years, 'year')}.`}
    />
  )
}
