'use client'

import type {BacktestResult} from 'backtest-runner'
import {DAGGER, dividendNote} from '@/lib/benchmark'
import {money, SPACE} from '@/lib/format'
import {SHARED, say} from '@/lib/shared'
import {intervalInWords} from './interval'
import {at, benchmarkOf, figure, meaningOf, numberAt, type Path, titleOf} from './lookup'
import {Fig, Note, Term} from './parts'
import type {Run} from './run'
import styles from './Summary.module.css'
import {capitalOf} from './sentence'

/** The six headline figures, each with the benchmark's beside it. */
export function Tiles({run}: {run: Run}) {
  const {result} = run
  return (
    <>
      <dl className={styles.tiles}>
        {tileKeys(result).map((key) => {
          const path: Path = ['metrics', key]
          return (
            <div key={key}>
              <dt>
                <Term tip={meaningOf(path, result)}>{titleOf(path)}</Term>
              </dt>
              <dd>
                <Fig of={figure(result, path, undefined, key === 'cagr' || key === 'total_return')} />
              </dd>
              <dd className={styles.beside}>{beside(result, key)}</dd>
              {intervalInWords(result, key) && <dd className={styles.beside}>{intervalInWords(result, key)}</dd>}
            </div>
          )
        })}
      </dl>
      {benchmarkNotes(result).map((note) => (
        <Note key={note}>{note}</Note>
      ))}
    </>
  )
}

/** Under a year there is no CAGR; what there is instead is the return. */
export const tileKeys = (result: BacktestResult): string[] =>
  SHARED.tiles.map((key) => (key === 'cagr' && numberAt(result, ['metrics', key]) === null ? 'total_return' : key))

/** What differs between the benchmark's figures and the portfolio's beside them. */
export const benchmarkNotes = (result: BacktestResult): string[] =>
  [dividendNote(result), ownFractionsNote(result)].filter((note) => note !== null)

/** That cash flows which are shares of the value are other sums of the benchmark; null where there are none. */
export function ownFractionsNote(result: BacktestResult): string | null {
  const market = benchmarkOf(result)
  const paid = numberAt(result, ['benchmark', 'metrics', 'net_contributions'])
  const flows = at(result, ['request', 'cash_flows'])
  const isShare = Array.isArray(flows) && flows.some(({fraction}: {fraction?: unknown}) => fraction != null)
  return market !== null && paid && isShare ? say('own_fractions', {market, sum: movedInWords(paid)}) : null
}

const movedInWords = (paid: number): string => `${money(Math.abs(paid))} ${paid > 0 ? 'paid in' : 'taken out'}`

/** The benchmark's figure, and what else is said beside a tile's own. */
export function beside(result: BacktestResult, key: string): string {
  const said: string[] = []
  const benchmark = benchmarkOf(result)
  const market =
    benchmark && at(result, ['benchmark', 'metrics', key]) !== undefined
      ? `${benchmark}${dividendNote(result) ? DAGGER : ''}${SPACE}${figure(result, ['benchmark', 'metrics', key]).text}`
      : ''
  if (market) said.push(market)
  if (key === 'final_value') {
    const capital = money(capitalOf(result))
    const paid = numberAt(result, ['metrics', 'net_contributions'])
    const moved = paid ? ` and ${movedInWords(paid)}` : ''
    // Fractions of the value take out, or pay in, another amount of the benchmark.
    const alike = moved && money(numberAt(result, ['benchmark', 'metrics', 'net_contributions'])) === money(paid)
    said.push(`${alike ? 'both ' : ''}from${SPACE}${capital}${moved}`)
  }
  if (key === 'total_costs') {
    const turnover = figure(result, ['metrics', 'turnover_per_year'])
    if (!turnover.why) said.push(`turnover ${turnover.text} a${SPACE}year`)
  }
  return said.join(', ')
}
