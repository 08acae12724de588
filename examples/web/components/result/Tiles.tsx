'use client'

import {money} from '@/lib/format'
import {intervalInWords} from './interval'
import {at, benchmarkOf, figure, meaningOf, numberAt, type Path, titleOf} from './lookup'
import {Fig, Term} from './parts'
import type {Run} from './run'
import styles from './Summary.module.css'
import {capitalOf} from './sentence'

const KEYS = ['final_value', 'cagr', 'annual_volatility', 'sharpe_ratio', 'max_drawdown', 'total_costs'] as const

/** The six headline figures, each with the benchmark's beside it. */
export function Tiles({run}: {run: Run}) {
  const {result} = run
  // Under a year there is no CAGR; what there is instead is the return.
  const keys = KEYS.map((key) =>
    key === 'cagr' && numberAt(result, ['metrics', 'cagr']) === null ? 'total_return' : key,
  )
  return (
    <dl className={styles.tiles}>
      {keys.map((key) => {
        const path: Path = ['metrics', key]
        return (
          <div key={key}>
            <dt>
              <Term tip={meaningOf(path, result)}>{titleOf(path)}</Term>
            </dt>
            <dd>
              <Fig of={figure(result, path, undefined, key === 'cagr' || key === 'total_return')} />
            </dd>
            <dd className={styles.beside}>{beside(run, key)}</dd>
            {intervalInWords(result, key) && <dd className={styles.beside}>{intervalInWords(result, key)}</dd>}
          </div>
        )
      })}
    </dl>
  )
}

function beside({result}: Run, key: string): string {
  const said: string[] = []
  const benchmark = benchmarkOf(result)
  const market =
    benchmark && at(result, ['benchmark', 'metrics', key]) !== undefined
      ? `${benchmark} ${figure(result, ['benchmark', 'metrics', key]).text}`
      : ''
  if (market) said.push(market)
  if (key === 'final_value') {
    const capital = money(capitalOf(result))
    const paid = numberAt(result, ['metrics', 'net_contributions'])
    // The benchmark has no cash flows: its value is not to be read against one that has.
    if (paid)
      return `from ${capital} and ${money(Math.abs(paid))} ${paid > 0 ? 'paid in' : 'taken out'}${market ? `; ${market} from the ${capital} alone` : ''}`
    said.push(`from ${capital}`)
  }
  if (key === 'total_costs') {
    const turnover = figure(result, ['metrics', 'turnover_per_year'])
    if (!turnover.why) said.push(`turnover ${turnover.text} a year`)
  }
  return said.join(', ')
}
