'use client'

import {useRef, useState} from 'react'
import {count} from '@/lib/format'
import {percentAxis, ratioAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {colourClass} from '../charts/Swatch'
import {useWidth} from '../charts/use-plot'
import {DataTable} from '../result/DataTable'
import {meaningOf, titleOf, whyNull, written} from '../result/lookup'
import {Absent, Block, Choices, Disclosure} from '../result/parts'
import type {Run} from '../result/run'
import {heading, INTERVALS, luckMetric, luckSays, metricText, QUESTIONS, type Trust} from './answers'
import styles from './worth.module.css'

type Luck = NonNullable<Trust['timing_luck']>
type Key = (typeof INTERVALS)[number]

const PATH = ['analysis', 'trust', 'timing_luck'] as const
const RADIUS = 5
const SIDE = 24

/** The same rule on other days: a dot for each, the asked one marked. */
export function TimingLuck({run: {result}, luck}: {run: Run; luck: Trust['timing_luck']}) {
  const [wanted, setKey] = useState<Key | null>(null)
  if (luck === undefined) return null
  const title = QUESTIONS.timing_luck
  if (luck === null)
    return (
      <Block title={title}>
        <Absent>{whyNull(result, PATH)}</Absent>
      </Block>
    )
  const key = wanted ?? luckMetric(luck)
  const write = (value: number | null | undefined) => metricText(key, value)
  const {sd} = luck.summary[key]
  return (
    <Block title={title}>
      <p className={styles.verdict}>{luckSays(luck, key)}</p>
      <figure className={chart.figure}>
        <figcaption className={chart.caption}>
          <h3>{heading('other_days', {metric: titleOf(['metrics', key]), days: count(luck.offsets.length)})}</h3>
          <Choices
            label="Metric"
            value={key}
            onChange={setKey}
            choices={INTERVALS.map((value) => ({value, label: titleOf(['metrics', value])}))}
          />
        </figcaption>
        <Dots luck={luck} metric={key} write={write} />
        <p className={chart.note}>
          Large: as asked. Upright line: the money spread over all the days, {write(luck.tranches[key])}, which no
          single date decides.
          {sd !== null && ` Standard deviation ${write(sd)}.`}
        </p>
        <Disclosure summary="Show the data">{() => <Data luck={luck} />}</Disclosure>
      </figure>
    </Block>
  )
}

/** Dots over an axis of the metric, those that would touch above each other. */
function Dots({luck, metric, write}: {luck: Luck; metric: Key; write: (value: number | null | undefined) => string}) {
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const values = luck[metric]
  const all = luck.tranches[metric]
  const axis = metric === 'sharpe_ratio' ? ratioAxis([[...values, all]]) : percentAxis([[...values, all]])
  const x = (value: number) => SIDE + ((width - 2 * SIDE) * (value - axis.low)) / (axis.high - axis.low || 1)
  const placed = stackedDots(values, x)
  const rows = Math.max(3, ...placed.map(({level}) => level + 1))
  const floor = rows * 2 * RADIUS + 16
  const alternative = `Strip of ${count(values.length)} dots, one for each day of the cycle: ${titleOf(['metrics', metric])} as asked ${write(values[0])}.`
  const most = Math.max(2, Math.floor(width / 90))
  const step = Math.ceil(axis.ticks.length / most)
  return (
    <div ref={host} role="img" aria-label={alternative} style={{minHeight: 90}}>
      {width > 4 * SIDE && (
        <svg className={chart.bars} width={width} height={floor + 24} aria-hidden="true">
          <line className={chart.zero} x1={0} x2={width} y1={floor} y2={floor} />
          {axis.ticks.map(({at, label}, n) => (
            <g key={at}>
              <line className={chart.grid} x1={x(at)} x2={x(at)} y1={0} y2={floor} />
              {n % step === 0 && (
                <text x={x(at)} y={floor + 18} textAnchor="middle">
                  {label}
                </text>
              )}
            </g>
          ))}
          {all !== null && (
            <line
              className={styles.tranches}
              x1={x(all)}
              x2={x(all)}
              y1={2}
              y2={floor}
              data-tip={`Spread over all days: ${write(all)}`}
            />
          )}
          {[...placed].reverse().map(({n, value, level}) => (
            <circle
              key={n}
              className={n === 0 ? chart.asked : `${chart.bar} ${colourClass('other')}`}
              cx={x(value)}
              cy={floor - RADIUS - 2 - level * 2 * RADIUS}
              r={n === 0 ? RADIUS + 3 : RADIUS - 0.5}
              data-tip={`${n === 0 ? 'As asked' : `${count((luck.offsets[n] ?? 0) - (luck.offsets[0] ?? 0))} sessions later`}: ${write(value)}`}
            />
          ))}
        </svg>
      )}
    </div>
  )
}

interface Dot {
  n: number
  value: number
  level: number
}

function stackedDots(values: readonly (number | null)[], x: (value: number) => number): Dot[] {
  const placed: Dot[] = []
  values.forEach((value, n) => {
    if (value === null) return
    let level = 0
    const reach = n === 0 ? 2 * RADIUS + 4 : 2 * RADIUS
    while (
      placed.some(
        (dot) => dot.level === level && Math.abs(x(dot.value) - x(value)) < (dot.n === 0 ? 2 * RADIUS + 4 : reach),
      )
    )
      level++
    placed.push({n, value, level})
  })
  return placed
}

const Data = ({luck}: {luck: Luck}) => (
  <DataTable
    caption="The same rule on other days"
    heading={false}
    sortable
    narrow
    columns={[
      {label: 'Sessions later', text: true},
      ...INTERVALS.map((key) => ({label: titleOf(['metrics', key]), tip: meaningOf(['metrics', key])})),
    ]}
    rows={luck.offsets.map((offset, n) => ({
      key: String(offset),
      className: n === 0 ? ('strong' as const) : undefined,
      cells: [
        n === 0 ? {text: 'As asked', value: 0} : written(offset - (luck.offsets[0] ?? 0), count),
        ...INTERVALS.map((key) => written(luck[key][n], (value) => metricText(key, value))),
      ],
    }))}
  />
)
