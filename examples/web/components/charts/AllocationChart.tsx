'use client'

import 'uplot/dist/uPlot.min.css'
import type {BacktestResult} from 'backtest-runner'
import {useMemo, useRef, useState} from 'react'
import {layersOf, seconds} from '@/lib/chart-data'
import {count, day, percent} from '@/lib/format'
import {Choices} from '../result/parts'
import styles from './chart.module.css'
import {Swatch} from './Swatch'
import {stackPlan} from './stack'
import {STRIP, stripPlan} from './strips'
import {useCrosshair} from './use-crosshair'
import {usePlot} from './use-plot'

const MOST_LAYERS = 8
const MOST_STRIPS = 24
const MOST_NAMED = 8

/** The target weights from rebalance to rebalance: stacked with cash on top, or a row for each holding. */
export function AllocationChart({result, children}: {result: BacktestResult; children?: React.ReactNode}) {
  const {weights, period} = result
  const many = Object.keys(weights?.symbols ?? {}).length > MOST_LAYERS
  const [wanted, setView] = useState<'stack' | 'rows' | null>(null)
  const view = wanted ?? (many ? 'rows' : 'stack')
  const layers = useMemo(
    () => layersOf(weights?.symbols ?? {}, weights?.cash, view === 'rows' ? MOST_STRIPS : MOST_LAYERS),
    [weights, view],
  )
  const dates = useMemo(() => {
    const own = weights?.dates ?? []
    return period.effective.end > (own.at(-1) ?? '') ? [...own, period.effective.end] : own // the last targets hold to the end
  }, [weights, period])
  const times = useMemo(() => dates.map(seconds), [dates])
  const host = useRef<HTMLDivElement>(null)
  const told = useRef<(at: number | null) => void>(() => {})
  const plan = useMemo(
    () => (view === 'rows' ? stripPlan : stackPlan)(times, layers, {onCursor: (at) => told.current(at)}),
    [view, times, layers],
  )
  const height = view === 'rows' ? layers.length * STRIP + 30 : 220
  const plot = usePlot(host, height, plan, null)
  const plots = useMemo(() => [plot], [plot])
  const cross = useCrosshair(times, null, plots)
  told.current = cross.setAt
  const last = (weights?.dates.length ?? 1) - 1
  const at = Math.min(cross.at ?? last, last)
  const held = layers
    .filter(({values}) => (values[at] ?? 0) > 0.00005)
    .sort(
      (a, b) =>
        Number(a.colour === 'other') - Number(b.colour === 'other') || (b.values[at] ?? 0) - (a.values[at] ?? 0),
    )
  const named = held.slice(0, MOST_NAMED).map(({name, values}) => `${name} ${percent(values[at])}`)
  const text = `${day(weights?.dates[at])}: ${named.join(', ') || 'nothing'}${held.length > MOST_NAMED ? ` and ${held.length - MOST_NAMED} more` : ''}`
  const shape = view === 'rows' ? 'A row for each holding, darker where it had more:' : 'Stacked areas of'
  const said = `${shape} the target weights of ${count(Object.keys(weights?.symbols ?? {}).length)} holdings and cash at ${count(last + 1)} rebalances from ${day(dates[0])} to ${day(weights?.dates.at(-1))}.`

  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <h3>Target weights from rebalance to rebalance</h3>
        <Choices
          label="View"
          value={view}
          onChange={setView}
          choices={[
            {value: 'stack', label: 'Stacked'},
            {value: 'rows', label: 'By holding'},
          ]}
        />
      </figcaption>
      {view === 'stack' ? (
        <ul className={styles.legend}>
          <li>{day(weights?.dates[at])}</li>
          {layers.map(({name, values, colour}) => (
            <li key={name}>
              <Swatch colour={colour} box />
              {name} <b>{percent(values[at])}</b>
            </li>
          ))}
        </ul>
      ) : (
        <p className={styles.held}>{text}</p>
      )}
      <div
        className={styles.plot}
        tabIndex={0}
        role="slider"
        aria-label={`Cross-hair. ${said} Arrow keys move it by a rebalance.`}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={at}
        aria-valuetext={text}
        onKeyDown={cross.onKeyDown}
      >
        <div ref={host} className={view === 'stack' ? styles.low : undefined} aria-hidden="true" />
      </div>
      {children}
    </figure>
  )
}
