'use client'

import type {BacktestResult} from 'backtest-runner'
import {count} from '@/lib/format'
import chart from '../charts/chart.module.css'
import {intervalInWords, intervalOf, levelOf} from '../result/interval'
import {meaningOf, numberAt, titleOf} from '../result/lookup'
import {Term} from '../result/parts'
import {heading, INTERVALS, metricText} from './answers'
import styles from './worth.module.css'

/** A bar from the lower to the upper bound of each interval, with the run's own figure marked on it. */
export function IntervalBars({result}: {result: BacktestResult}) {
  const rows = INTERVALS.flatMap((key) => {
    const interval = intervalOf(result, key)
    const own = numberAt(result, ['metrics', key])
    return interval === null || own === null ? [] : [{key, interval, own}]
  })
  const paths = numberAt(result, ['request', 'analysis', 'trust', 'paths'])
  if (rows.length === 0) return null
  return (
    <figure className={chart.figure}>
      <figcaption className={chart.caption}>
        <h3>{heading('intervals', {level: levelOf(result)})}</h3>
      </figcaption>
      <ul className={styles.intervals}>
        {rows.map(({key, interval: [low, high], own}) => {
          const write = (value: number) => metricText(key, value)
          const [from, to] = [Math.min(low, own, 0), Math.max(high, own, 0)]
          const place = (value: number) => `${(100 * (value - from)) / (to - from || 1)}%`
          return (
            <li key={key}>
              <span className={styles.intervalName}>
                <Term tip={meaningOf(['analysis', 'trust', 'bootstrap', key])}>{titleOf(['metrics', key])}</Term>
              </span>
              <span className={styles.bound}>{write(low)}</span>
              <svg
                height="24"
                role="img"
                aria-label={`${titleOf(['metrics', key])}: ${intervalInWords(result, key)}; the run’s own is ${write(own)}.`}
              >
                <line x1="0" x2="100%" y1="12" y2="12" className={styles.rail} />
                <line x1={place(0)} x2={place(0)} y1="4" y2="20" className={styles.rail} />
                <rect
                  x={place(low)}
                  width={`${(100 * (high - low)) / (to - from || 1)}%`}
                  y="8"
                  height="8"
                  rx="2"
                  className={styles.span}
                />
                <circle
                  cx={place(own)}
                  cy="12"
                  r="6"
                  className={styles.own}
                  data-tip={`The run’s own: ${write(own)}`}
                />
              </svg>
              <span className={styles.bound}>{write(high)}</span>
            </li>
          )
        })}
      </ul>
      <p className={chart.note}>
        The dot is the run itself, the thin upright line zero.
        {paths !== null && ` ${count(paths)} histories, each of blocks of the run’s own returns.`}
      </p>
    </figure>
  )
}
