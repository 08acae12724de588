import {isoDate} from '@/lib/chart-data'
import {DASH, day, money, percent} from '@/lib/format'
import styles from './chart.module.css'
import {type Growth, writtenIn} from './growth-data'
import type {Marks} from './rebalances'
import {Swatch} from './Swatch'

/** The values of one session: what is under the cross-hair, or the last. */
export function Readout({growth, at, marks}: {growth: Growth; at: number; marks: readonly Marks[]}) {
  const {dates, curves} = growth
  return (
    <p className={`${styles.readout} ${curves.length > 2 ? styles.two : ''}`}>
      <span>{day(dates[at])}</span>
      {curves.map((curve) => (
        <span key={curve.colour ?? 'market'}>
          <Swatch colour={curve.colour} />
          <span className={styles.key}>{curve.name}</span>
          {inWords(growth, curve, at)}
        </span>
      ))}
      {rebalancedOn(growth, at, marks) && <span className={styles.key}>rebalanced</span>}
    </p>
  )
}

/** A value and how far it is below the highest before it, with what was paid that day. */
const inWords = (growth: Growth, {values, falls, flows}: Growth['curves'][number], at: number): string =>
  values[at] == null
    ? DASH
    : `${writtenIn(growth, values[at])}, ${percent(falls[at])} from its peak${flowOf(flows?.[at])}`

const flowOf = (flow: number | null | undefined): string =>
  flow ? `, ${money(Math.abs(flow))} paid ${flow > 0 ? 'in' : 'out'}` : ''

function rebalancedOn({times}: Growth, at: number, marks: readonly Marks[]): boolean {
  const time = times[at]
  return time !== undefined && marks.some(({run}) => run.result.weights?.dates.includes(isoDate(time)))
}

/** The same in words, for the cross-hair's live text. */
export function readoutText(growth: Growth, at: number, marks: readonly Marks[]): string {
  const parts = growth.curves
    .filter(({values}) => values[at] != null)
    .map((curve) => `${curve.name} ${inWords(growth, curve, at)}`)
  if (rebalancedOn(growth, at, marks)) parts.push('rebalanced')
  return `${day(growth.dates[at])}: ${parts.join('; ')}`
}
