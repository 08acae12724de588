'use client'

import dynamic from 'next/dynamic'
import 'uplot/dist/uPlot.min.css'
import {Suspense, useCallback, useEffect, useId, useMemo, useRef, useState} from 'react'
import {seconds} from '@/lib/chart-data'
import {isLogarithmic} from '@/lib/chart-ticks'
import {Button, Choices} from '../result/parts'
import type {Run} from '../result/run'
import styles from './chart.module.css'
import {isNarrow, leftOf, rightOf} from './frame'
import {type Growth, growthNotes, growthOf, growthSaid, growthTitle, type Measure, measuresOf} from './growth-data'
import {fallPlan, figuresRoom, valuePlan} from './growth-plans'
import {Readout, readoutText} from './Readout'
import {type Decision, decisionAt, marksOf, ROW} from './rebalances'
import {useCrosshair} from './use-crosshair'
import {usePlot, useWidth} from './use-plot'
import {useZoom} from './use-zoom'

// loaded where a run has rules, and when the chart is zoomed: without a boundary around it the zoom itself would wait
const BranchBand = dynamic(() => import('./BranchBand').then((module) => module.BranchBand))
const VisibleFigures = dynamic(() => import('./VisibleFigures').then((module) => module.VisibleFigures))

const RANGES = ['1Y', '3Y', '5Y', 'Max'] as const

interface GrowthChartProps {
  runs: readonly Run[]
  /** The rebalance that is open; its mark stands out. */
  decision: Decision | null
  onDecision: (chosen: Decision) => void
  /** Told the room for the figures beside the plots, px; a stable function. */
  onRoom: (room: number) => void
  children?: React.ReactNode
}

/** Value above, drawdown below, over one x axis with one cross-hair. */
export function GrowthChart({runs, decision, onDecision, onRoom, children}: GrowthChartProps) {
  const measures = useMemo(() => measuresOf(runs), [runs])
  const [wanted, setMeasure] = useState<Measure | null>(null)
  // Of several runs the growth is compared: what was paid in says nothing of the strategy.
  const measure =
    wanted && measures.includes(wanted) ? wanted : runs.length > 1 ? (measures.at(-1) ?? 'value') : 'value'
  const growth = useMemo(() => growthOf(runs, measure), [runs, measure])
  if (!growth) return null
  return (
    // Zoom belongs to a period: another one begins with all of it.
    <Plots
      key={`${growth.dates[0]} ${growth.dates.at(-1)}`}
      runs={runs}
      growth={growth}
      measure={measure}
      measures={measures}
      onMeasure={setMeasure}
      decision={decision}
      onDecision={onDecision}
      onRoom={onRoom}
    >
      {children}
    </Plots>
  )
}

interface PlotsProps {
  runs: readonly Run[]
  growth: Growth
  measure: Measure
  measures: readonly Measure[]
  onMeasure: (measure: Measure) => void
  decision: Decision | null
  onDecision: (chosen: Decision) => void
  onRoom: (room: number) => void
  children?: React.ReactNode
}

function Plots({runs, growth, measure, measures, onMeasure, decision, onDecision, onRoom, children}: PlotsProps) {
  const {times, dates} = growth
  const {range, places, seen, zoom, reset, onKey} = useZoom(growth)
  const {least, most} = seen
  const [scale, setScale] = useState<'linear' | 'log' | null>(null)
  const log = least > 0 && (scale ? scale === 'log' : isLogarithmic(least, most))
  const syncKey = useId()
  const marks = useMemo(() => marksOf(runs), [runs])
  const area = useRef<HTMLDivElement>(null)
  const above = useRef<HTMLDivElement>(null)
  const below = useRef<HTMLDivElement>(null)
  const width = useWidth(above)
  const small = width > 0 && isNarrow(width)

  const room = useMemo(() => (width > 0 ? Math.max(leftOf(width), figuresRoom(seen, log)) : 0), [width, seen, log])
  useEffect(() => onRoom(room), [onRoom, room])

  const told = useRef<(at: number | null) => void>(() => {})
  const hands = useMemo(
    () => ({onCursor: (at: number | null) => told.current(at), onZoom: zoom, onReset: reset}),
    [zoom, reset],
  )
  const opened = useRef(decision)
  const valuesOf = useMemo(
    () => valuePlan(seen, log, room, syncKey, marks, hands, () => opened.current),
    [seen, log, room, syncKey, marks, hands],
  )
  const fallsOf = useMemo(() => fallPlan(seen, room, syncKey, hands), [seen, room, syncKey, hands])
  const upper = usePlot(above, small ? 250 : 300, valuesOf, range)
  const lower = usePlot(below, 140, fallsOf, range)
  useEffect(() => {
    opened.current = decision
    upper.current?.redraw(false)
  }, [decision, upper])
  const plots = useMemo(() => [upper, lower], [upper, lower])
  const open = useCallback(
    (left: number, within: number, row: number | null = null) => {
      const found = upper.current && decisionAt(upper.current, marks, left, within, row)
      if (found) onDecision(found)
      return Boolean(found)
    },
    [upper, marks, onDecision],
  )
  const enter = useCallback(
    (at: number) => upper.current && open(upper.current.valToPos(times[at] ?? 0, 'x'), Infinity),
    [upper, open, times],
  )
  const cross = useCrosshair(times, range, plots, enter)
  told.current = cross.setAt
  const shown = useRef<number | null>(null)
  const {show} = cross
  // biome-ignore lint/correctness/useExhaustiveDependencies: other curves are drawn by plots that have no cross-hair yet
  useEffect(() => {
    const before = shown.current
    shown.current = null
    if (before !== null) queueMicrotask(() => show(before)) // after the plots' own first drawing
  }, [seen])

  const down = useRef(0)
  const click = (event: React.MouseEvent) => {
    const over = upper.current?.over.getBoundingClientRect()
    if (
      !over ||
      Math.abs(event.clientX - down.current) > 4 ||
      event.clientX < over.left - 4 ||
      event.clientX > over.right + 4
    )
      return
    const under = event.clientY - over.bottom
    const strip = under >= -4 && under <= marks.length * ROW + 6
    open(
      event.clientX - over.left,
      strip ? 16 : 5,
      strip && marks.length > 1 ? Math.max(0, Math.min(marks.length - 1, Math.floor((under - 2) / ROW))) : null,
    )
  }

  const at = cross.at ?? cross.last
  const text = readoutText(seen, at, marks)
  const lastTime = times.at(-1) ?? 0
  const chosen =
    range === null
      ? 'Max'
      : (RANGES.find((name) => name !== 'Max' && range[1] === lastTime && range[0] === zoomed(times, dates, name)) ??
        null)

  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <h3>{growthTitle(seen, measure)}</h3>
        <div className={styles.controls}>
          {measures.length > 1 && (
            <Choices
              label="What is drawn"
              value={measure}
              onChange={onMeasure}
              choices={[
                {value: 'value', label: 'Value'},
                {value: 'growth', label: 'Growth'},
              ]}
            />
          )}
          <Choices
            label="Range"
            value={chosen}
            onChange={(name) => (name === 'Max' ? reset() : zoom([zoomed(times, dates, name), lastTime]))}
            choices={[
              ...RANGES.map((name) => ({
                value: name,
                label: name,
                disabled: name !== 'Max' && yearsBack(dates, name) <= (dates[0] ?? ''),
              })),
            ]}
          />
          <Choices
            label="Scale"
            value={log ? 'log' : 'linear'}
            onChange={setScale}
            choices={[
              {value: 'linear', label: 'Linear'},
              {value: 'log', label: 'Log', disabled: least <= 0},
            ]}
          />
          {range !== null && (
            <Button
              onClick={() => {
                reset()
                area.current?.focus({preventScroll: true}) // the button goes
              }}
            >
              Reset zoom
            </Button>
          )}
        </div>
        <Readout growth={seen} at={at} marks={marks} />
      </figcaption>
      <div
        ref={area}
        className={styles.plot}
        tabIndex={0}
        role="slider"
        aria-label={`Cross-hair. ${growthSaid(seen)} Arrow keys move it by a session, Page Up and Page Down by a month; plus and minus zoom, 0 shows all${marks.length ? '; Enter opens the nearest rebalance' : ''}.`}
        aria-orientation="horizontal"
        aria-valuemin={cross.first}
        aria-valuemax={cross.last}
        aria-valuenow={at}
        aria-valuetext={text}
        onKeyDown={(event) => {
          if (!onKey(event, at)) cross.onKeyDown(event)
          else if (cross.at !== null) shown.current = at
        }}
        onPointerDown={(event) => (down.current = event.clientX)}
        onClick={click}
      >
        <div ref={above} className={styles.value} aria-hidden="true" />
        {marks.length > 0 && width > 0 && !small && (
          <span className={styles.rowLabel} aria-hidden="true" ref={(node) => placeLabel(node, width, marks.length)}>
            rebalances
          </span>
        )}
        <div ref={below} className={styles.fall} aria-hidden="true" />
        {width > 0 && !small && (
          <span className={styles.label} aria-hidden="true" style={{left: width - rightOf(width) + 6}}>
            drawdown
          </span>
        )}
      </div>
      {runs.some(({result}) => result.rules) && (
        <BranchBand
          runs={runs}
          range={range ?? [times[0] ?? 0, lastTime]}
          width={width}
          left={room}
          at={dates[at] ?? ''}
        />
      )}
      {seen.unit === 'change' && (
        <Suspense>
          <VisibleFigures growth={seen} places={places} />
        </Suspense>
      )}
      <p className={`${styles.hint} ${styles.byMouse}`}>
        Drag to zoom, or + and −; double-click or 0 for all. Arrow keys move the cross-hair.
        {marks.length > 0 && ' A click on a mark, or Enter, opens its rebalance.'}
      </p>
      <p className={`${styles.hint} ${styles.byFinger}`}>
        Slide a finger to read the values.{marks.length > 0 && ' A tap on a mark opens its rebalance.'}
      </p>
      {growthNotes(runs, growth, seen.unit === 'change' ? 'growth' : measure).map((note) => (
        <p key={note} className={styles.note}>
          {note}
        </p>
      ))}
      {children}
    </figure>
  )
}

/** The marks' name stands in the margin beside them. */
function placeLabel(node: HTMLElement | null, width: number, rows: number): void {
  if (!node) return
  node.style.left = `${width - rightOf(width) + 6}px`
  node.style.top = `${300 - (rows * ROW + 4) / 2 - 7}px`
}

function yearsBack(dates: readonly string[], name: string): string {
  const last = dates.at(-1) ?? ''
  return `${Number(last.slice(0, 4)) - Number.parseInt(name, 10)}${last.slice(4)}`
}

function zoomed(times: readonly number[], dates: readonly string[], name: string): number {
  const start = seconds(yearsBack(dates, name))
  return times.find((time) => time >= start) ?? times[0] ?? 0
}
