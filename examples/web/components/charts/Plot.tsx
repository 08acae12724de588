'use client'

import {Fragment, type ReactNode, useRef} from 'react'
import {spread} from '@/lib/chart-ticks'
import styles from './chart.module.css'
import {isNarrow, leftOf, TICK_PX} from './frame'
import {colourClass, Swatch} from './Swatch'
import {useWidth} from './use-plot'

type Maybe = number | null | undefined

export interface Line {
  readonly name: string
  /** Of the series' colours; null is the benchmark's grey. */
  readonly colour: number | null
  readonly points: readonly (readonly [number, Maybe])[]
  readonly dots?: boolean
}

/** An area between two values at each place. `pale`: the outer one of two. */
export interface Band {
  readonly points: readonly (readonly [number, number, number])[]
  readonly pale: boolean
}

export interface Mark {
  readonly at: number
  readonly label: string
}

interface Props {
  readonly said: string
  readonly height?: number
  readonly x: {readonly low: number; readonly high: number; readonly ticks: (most: number) => readonly Mark[]}
  readonly y: {readonly low: number; readonly high: number; readonly ticks: readonly Mark[]; readonly log?: boolean}
  readonly lines?: readonly Line[]
  readonly bands?: readonly Band[]
  /** A value drawn across, such as zero. */
  readonly levels?: readonly Mark[]
  /** What is told at a place, on hover. */
  readonly tips?: readonly Mark[]
  /** Below the plot, over the same x axis: `top` is where it begins. */
  readonly below?: {readonly height: number; readonly draw: (x: (at: number) => number) => ReactNode}
}

const LEAST = 120 // px: below that nothing can be seen
const TOP = 10
const BOTTOM = 24
const GAP = 15
const CHARACTER = 7 // of a name, on average
const LONGEST_AT_END = 22 // of a name beside the end of its line; where one is longer, all stand above the plot
const LONGEST_ON_A_PHONE = 6

/** Lines and areas over one x axis: for what has few points, and needs no zooming. */
export function Plot(props: Props) {
  const {said, height = 240, below} = props
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const whole = height + (below?.height ?? 0)
  const named = (props.lines ?? []).filter(({name}) => name !== '')
  const longest = Math.max(0, ...named.map(({name}) => name.length))
  const above = longest > (isNarrow(width) ? LONGEST_ON_A_PHONE : LONGEST_AT_END)
  return (
    <>
      {above && (
        <ul className={styles.legend}>
          {named.map(({name, colour}) => (
            <li key={name}>
              <Swatch colour={colour} box />
              {name}
            </li>
          ))}
        </ul>
      )}
      <div ref={host} role="img" aria-label={said} style={{minHeight: whole}}>
        {width > LEAST && <Drawing {...props} named={above ? [] : named} width={width} height={height} whole={whole} />}
      </div>
    </>
  )
}

function Drawing({
  width,
  height,
  whole,
  x,
  y,
  lines = [],
  bands = [],
  levels = [],
  tips = [],
  below,
  named,
}: Props & {
  /** The lines whose names stand beside their ends. */
  readonly named: readonly Line[]
  readonly width: number
  readonly height: number
  readonly whole: number
}) {
  const left = leftOf(width)
  const right = named.length > 0 ? 22 + CHARACTER * Math.max(...named.map(({name}) => name.length)) : 14
  const floor = height - BOTTOM
  const scale = (value: number) => (y.log ? Math.log(Math.max(value, 1e-12)) : value)
  const [low, high] = [scale(y.low), scale(y.high)]
  const px = (at: number) => left + ((width - left - right) * (at - x.low)) / (x.high - x.low || 1)
  const py = (value: number) =>
    floor - ((floor - TOP) * (Math.min(Math.max(scale(value), low), high) - low)) / (high - low || 1)
  const path = (points: readonly (readonly [number, Maybe])[]) => {
    let pen = 'M'
    return points
      .map(([at, value]) => {
        if (value == null) {
          pen = 'M'
          return ''
        }
        const step = `${pen}${px(at).toFixed(1)} ${py(value).toFixed(1)}`
        pen = 'L'
        return step
      })
      .join('')
  }
  const area = (points: readonly (readonly [number, number, number])[]) =>
    `${path(points.map(([at, , top]) => [at, top] as const))}${path([...points].reverse().map(([at, bottom]) => [at, bottom] as const)).replace('M', 'L')}Z`
  const ends = named.map(({points}) => points.findLast(([, value]) => value != null) ?? [x.high, y.low])
  const places = spread(
    ends.map(([, value]) => py(value ?? y.low) + 4),
    GAP,
    TOP,
    floor + 4,
  )
  return (
    <svg className={styles.bars} width={width} height={whole} aria-hidden="true">
      {y.ticks.map(({at, label}) => (
        <g key={label}>
          <line className={styles.grid} x1={left} x2={width - right} y1={py(at)} y2={py(at)} />
          <text x={left - 8} y={py(at) + 4} textAnchor="end">
            {label}
          </text>
        </g>
      ))}
      {x.ticks(Math.max(2, Math.floor((width - left - right) / TICK_PX))).map(({at, label}) => (
        <text key={at} x={px(at)} y={height - 6} textAnchor="middle">
          {label}
        </text>
      ))}
      <line className={styles.zero} x1={left} x2={width - right} y1={floor} y2={floor} />
      {bands.map(({points, pale}, n) => (
        <path key={n} className={`${colourClass(0)} ${pale ? styles.outer : styles.inner}`} d={area(points)} />
      ))}
      {levels.map(({at, label}) => (
        <g key={label}>
          <line className={styles.level} x1={left} x2={width - right} y1={py(at)} y2={py(at)} />
          <text x={width - right - 4} y={py(at) - 5} textAnchor="end">
            {label}
          </text>
        </g>
      ))}
      {lines.map(({name, colour, points, dots}, n) => (
        <g key={`${name}${n}`} className={colourClass(colour)}>
          <path className={colour === null ? styles.thin : styles.stroke} d={path(points)} />
          {dots &&
            points.map(
              ([at, value]) =>
                value != null && <circle key={at} className={styles.bar} cx={px(at)} cy={py(value)} r="4" />,
            )}
        </g>
      ))}
      {named.map(({name, colour}, n) => (
        <Fragment key={name}>
          <rect
            className={`${styles.bar} ${colourClass(colour)}`}
            x={width - right + 6}
            y={(places[n] ?? 0) - 5}
            width="8"
            height="3"
          />
          <text className={styles.end} x={width - right + 18} y={places[n]}>
            {name}
          </text>
        </Fragment>
      ))}
      {tips.map(({at, label}, n) => {
        const from = n === 0 ? px(x.low) : (px(tips[n - 1]?.at ?? at) + px(at)) / 2
        const to = n === tips.length - 1 ? px(x.high) : (px(tips[n + 1]?.at ?? at) + px(at)) / 2
        return (
          <rect
            key={at}
            className={styles.hit}
            x={Math.min(from, to - 8)}
            y={TOP}
            width={Math.max(8, to - from)}
            height={floor - TOP}
            data-tip={label}
          />
        )
      })}
      {below !== undefined && <g transform={`translate(0 ${height})`}>{below.draw(px)}</g>}
    </svg>
  )
}
