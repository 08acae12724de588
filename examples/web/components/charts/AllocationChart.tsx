'use client'

import 'uplot/dist/uPlot.min.css'
import type {BacktestResult, HeldWeights} from 'backtest-runner'
import {useEffect, useMemo, useRef, useState} from 'react'
import {firstAt, type Layer, layersOf, seconds, type Targets, targetOf} from '@/lib/chart-data'
import {count, counted, day, percent} from '@/lib/format'
import {Choices} from '../result/parts'
import styles from './chart.module.css'
import {Swatch} from './Swatch'
import {stackPlan} from './stack'
import type {stripPlan} from './strips'
import {useCrosshair} from './use-crosshair'
import {usePlot} from './use-plot'

const STRIP = 18 // px of a row
const MOST_LAYERS = 8
const MOST_STRIPS = 24
const MOST_NAMED = 8

interface Props {
  held: HeldWeights
  targets: BacktestResult['weights']
  /** The first and the last date of the growth above it, which it stands under. */
  span: readonly [string, string]
  /** The room that the growth has for its figures, px. */
  room: number
  children?: React.ReactNode
}

/** The weights that were held: stacked with cash on top and the targets as marks, or a row for each holding. */
export function AllocationChart({held, targets, span: [from, to], room, children}: Props) {
  const holdings = Object.keys(held.symbols).length
  const [view, setView] = useState<'stack' | 'rows'>('stack')
  const [strips, setStrips] = useState<typeof stripPlan | null>(null)
  useEffect(() => {
    if (view === 'rows') void import('./strips').then((module) => setStrips(() => module.stripPlan)) // few ask for them
  }, [view])
  const layers = useMemo(
    () => layersOf(held.symbols, held.cash, view === 'rows' ? MOST_STRIPS : MOST_LAYERS),
    [held, view],
  )
  const times = useMemo(() => held.dates.map(seconds), [held])
  const host = useRef<HTMLDivElement>(null)
  const told = useRef<(at: number | null) => void>(() => {})
  const plan = useMemo(() => {
    const hands = {onCursor: (at: number | null) => told.current(at)}
    if (view === 'rows') return strips?.(times, layers, room, hands) ?? null
    return stackPlan(times, layers, targets, room, hands)
  }, [view, strips, times, layers, targets, room])
  const height = view === 'rows' ? layers.length * STRIP + 30 : 220
  const range = useMemo(() => [seconds(from), seconds(to)] as const, [from, to])
  const plot = usePlot(host, height, plan, range)
  const plots = useMemo(() => [plot], [plot])
  const cross = useCrosshair(times, null, plots)
  told.current = cross.setAt
  const last = times.length - 1
  const at = cross.at ?? last
  const shares = layers.map((layer) => ({
    layer,
    share: layer.values[at] ?? 0,
    target: inForce(layer, targets, held.dates[at]),
  }))
  const text = `${day(held.dates[at])}: ${inWords(shares)}`
  const shape = view === 'rows' ? 'A row for each holding, darker where there was more of it:' : 'Stacked areas of'
  const rebalances = targets?.dates.length ?? 0
  const marks =
    view === 'stack' && rebalances > 0 ? `, with the targets of ${counted(rebalances, 'rebalance')} as marks` : ''
  const said = `${shape} the weights of ${counted(holdings, 'holding')} and cash as they were held from ${day(held.dates[0])} to ${day(held.dates[last])}${marks}.`

  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <h3>{rebalances > 0 ? 'Weights held, and the targets of the rebalances' : 'Weights held'}</h3>
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
          <li>
            {day(held.dates[at])}: held{targets && ' (target)'}
          </li>
          {shares.map(({layer: {name, colour}, share, target}) => (
            <li key={name}>
              <Swatch colour={colour} box />
              {name} <b>{percent(share)}</b>
              {target !== null && (
                <span className={share > 0 || target > 0 ? styles.target : styles.none}>({percent(target)})</span>
              )}
            </li>
          ))}
          {rebalances > 0 && (
            <li>
              <i className={styles.mark} aria-hidden="true" />
              target at a rebalance
            </li>
          )}
        </ul>
      ) : (
        <p className={styles.held}>{text}</p>
      )}
      <div
        className={styles.plot}
        tabIndex={0}
        role="slider"
        aria-label={`Cross-hair. ${said} Arrow keys move it.`}
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

interface Share {
  readonly layer: Layer
  readonly share: number
  readonly target: number | null
}

/** What the latest rebalance by a session wanted of a layer; null before the first. */
function inForce(layer: Layer, targets: Targets | undefined, date = ''): number | null {
  if (!targets) return null
  const after = firstAt(targets.dates, date)
  const at = targets.dates[after] === date ? after : after - 1
  return at < 0 ? null : targetOf(layer, targets, at)
}

/** The largest first, the others together and cash last. */
function inWords(shares: readonly Share[]): string {
  const shown = shares
    .filter(({share}) => share > 0.00005)
    .sort((a, b) => Number(a.layer.colour === 'other') - Number(b.layer.colour === 'other') || b.share - a.share)
  const named = shown
    .slice(0, MOST_NAMED)
    .map(
      ({layer: {name}, share, target}) =>
        `${name} ${percent(share)}${target === null ? '' : `, target ${percent(target)}`}`,
    )
  const more = shown.length > MOST_NAMED ? ` and ${count(shown.length - MOST_NAMED)} more` : ''
  return `${named.join('; ') || 'nothing'}${more}`
}
