'use client'

import dynamic from 'next/dynamic'
import 'uplot/dist/uPlot.min.css'
import {useMemo, useRef, useState} from 'react'
import type uPlot from 'uplot'
import {alignedTo, extent, seconds, unionOfDates} from '@/lib/chart-data'
import {niceTicks, percentLabels, returnRange} from '@/lib/chart-ticks'
import {day, percent} from '@/lib/format'
import {benchmarkOf} from '../result/lookup'
import {Choices, Disclosure} from '../result/parts'
import {colourOf, nameOf, type Run} from '../result/run'
import styles from './chart.module.css'
import {baseOptions, crosshair, endNames, type Hands, hooksFor, rightOf, timeAxis, valueAxis} from './frame'
import {Swatch} from './Swatch'
import type {Palette} from './theme'
import {useCrosshair} from './use-crosshair'
import {type Plan, usePlot} from './use-plot'

// loaded when it is opened
const RollingData = dynamic(() => import('../result/RollingData').then((module) => module.RollingData))

export interface RollingCurve {
  name: string
  /** Of the series' colours; null is the benchmark's grey. */
  colour: number | null
  values: (number | null)[]
}

/** What an investor had made a year, by the month of leaving. */
export function RollingChart({runs, all}: {runs: readonly Run[]; all: readonly Run[]}) {
  const lengths = useMemo(() => {
    const fitting = runs.flatMap(({result}) =>
      (result.tables?.rolling_returns ?? []).filter(({dates}) => dates.length).map(({years}) => years),
    )
    return [...new Set<number>(fitting)].sort((a, b) => a - b)
  }, [runs])
  const [wanted, setYears] = useState<number | null>(null)
  const years = wanted !== null && lengths.includes(wanted) ? wanted : (lengths[0] ?? 0)
  const {dates, curves} = useMemo(() => curvesOf(runs, all, years), [runs, all, years])
  const times = useMemo(() => dates.map(seconds), [dates])
  const host = useRef<HTMLDivElement>(null)
  const told = useRef<(at: number | null) => void>(() => {})
  const plan = useMemo(
    () => (times.length ? rollingPlan(times, curves, {onCursor: (at) => told.current(at)}) : null),
    [times, curves],
  )
  const plot = usePlot(host, 260, plan, null)
  const plots = useMemo(() => [plot], [plot])
  const cross = useCrosshair(times, null, plots)
  told.current = cross.setAt
  if (!lengths.length) return null
  const at = cross.at ?? cross.last
  const text = `${day(dates[at]?.slice(0, 7))}: ${curves.map(({name, values}) => `${name} ${percent(values[at])}`).join('; ')}`
  const said = curves.map(({name, values}) => {
    const [low, high] = extent([values]) ?? [0, 0]
    return `${name} between ${percent(low)} and ${percent(high)}`
  })
  const label = `${years}-year`

  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <h3>Rolling returns: what each {label} window had made a year, by its last month</h3>
        <Choices
          label="Length of the window"
          value={years}
          onChange={setYears}
          choices={lengths.map((value) => ({value, label: value === 1 ? '1 year' : `${value} years`}))}
        />
        <p className={`${styles.readout} ${curves.length > 3 ? styles.two : ''}`}>
          <span>{day(dates[at]?.slice(0, 7))}</span>
          {curves.map(({name, colour, values}) => (
            <span key={colour ?? 'market'}>
              <Swatch colour={colour} />
              <span className={styles.key}>{name}</span>
              {percent(values[at])}
            </span>
          ))}
        </p>
      </figcaption>
      <div
        className={styles.plot}
        tabIndex={0}
        role="slider"
        aria-label={`Cross-hair. Line chart of the annualised return of every ${label} window: ${said.join('; ')}. Arrow keys move it by a month.`}
        aria-orientation="horizontal"
        aria-valuemin={0}
        aria-valuemax={cross.last}
        aria-valuenow={at}
        aria-valuetext={text}
        onKeyDown={cross.onKeyDown}
      >
        <div ref={host} className={styles.middle} aria-hidden="true" />
      </div>
      <Disclosure summary="Show the data">
        {() => <RollingData dates={dates} curves={curves} years={years} />}
      </Disclosure>
    </figure>
  )
}

function curvesOf(
  runs: readonly Run[],
  all: readonly Run[],
  years: number,
): {dates: readonly string[]; curves: RollingCurve[]} {
  const found = runs.flatMap((run) => {
    const window = run.result.tables?.rolling_returns.find((each) => each.years === years && each.dates.length)
    return window ? [{run, window}] : []
  })
  const dates = unionOfDates(found.map(({window}) => window.dates))
  const curves: RollingCurve[] = found.map(({run, window}) => ({
    name: nameOf(run, all),
    colour: colourOf(run, all),
    values: alignedTo(dates, window.dates, window.portfolio),
  }))
  const symbols = new Set(found.map(({run}) => benchmarkOf(run.result)))
  const market = [...found]
    .sort((a, b) => b.window.dates.length - a.window.dates.length)
    .find(({window}) => window.benchmark)
  if (symbols.size === 1 && market)
    curves.push({
      name: benchmarkOf(market.run.result) ?? 'Benchmark',
      colour: null,
      values: alignedTo(dates, market.window.dates, market.window.benchmark ?? []),
    })
  return {dates, curves}
}

function rollingPlan(times: number[], all: readonly RollingCurve[], hands: Hands): (palette: Palette) => Plan {
  const curves = [...all].reverse() // the benchmark first: what is drawn later lies above
  return (palette) => {
    const colourOf = ({colour}: RollingCurve) =>
      colour === null ? palette.bench : (palette.series[colour] ?? palette.text)
    const names = endNames(
      curves.map((curve, n) => ({text: curve.name, colour: colourOf(curve), series: n + 1, scale: 'y'})),
      palette,
    )
    return {
      data: [times, ...curves.map(({values}) => values)] as uPlot.AlignedData,
      options: {
        ...baseOptions(),
        padding: [8, (u) => rightOf(u.width), 0, 0],
        cursor: crosshair(null, palette, false),
        scales: {x: {time: true}, y: {range: (_, low, high) => returnRange(low ?? 0, high ?? 0)}},
        axes: [
          timeAxis(palette),
          valueAxis(palette, 'y', (low, high) => {
            const {ticks} = niceTicks(low, high, 5)
            return {ticks, labels: percentLabels(ticks)}
          }),
        ],
        series: [
          {},
          ...curves.map((curve) => ({
            scale: 'y',
            colour: colourOf(curve),
            stroke: colourOf(curve),
            width: curve.colour === null ? 1.2 : 1.8,
            points: {show: times.length < 3},
          })),
        ],
        hooks: {...hooksFor(hands), draw: [names], drawAxes: [zeroLine(palette)]},
      },
    }
  }
}

/** Zero stronger than the other lines: above it is a gain. */
function zeroLine(palette: Palette): (u: uPlot) => void {
  return ({ctx, bbox, valToPos}) => {
    const y = Math.round(valToPos(0, 'y', true)) + 0.5
    ctx.save()
    ctx.strokeStyle = palette.strong
    ctx.lineWidth = 1
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    ctx.restore()
  }
}
