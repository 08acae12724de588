'use client'

import {type KeyboardEvent, useContext, useRef, useState} from 'react'
import {inPlainWords} from '@/lib/plain-words'
import type {JsonObject} from '@/lib/schema/types'
import {settingAt, settingTitle, settingValue} from '@/lib/settings-in-words'
import {indexOf, placesOf, type Sweep, settingsOf, shadeOf} from '@/lib/sweep-grid'
import table from '../result/table.module.css'
import ui from '../result/ui.module.css'
import {RunSettingContext} from './run-setting'
import styles from './worth.module.css'

interface Props {
  readonly id: string
  readonly sweep: Sweep
  readonly request: JsonObject
  readonly column: readonly (number | null)[]
  readonly write: (value: number) => string
  readonly caption: string
  /** Which axis goes down, null where there is one axis alone, and which across. */
  readonly down: number | null
  readonly across: number
  /** The places on the other axes. */
  readonly places: readonly number[]
  readonly asked: number | null
}

const SHADES = ['up0', 'up1', 'up2', 'up3'] as const
const BELOW = ['up0', 'down1', 'down2', 'down3'] as const
const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** A metric over two settings: a figure in each cell, which runs that setting. Arrow keys move from cell to cell. */
export function HeatMap(props: Props) {
  const {sweep, request, column, caption, down, across, places, asked} = props
  const {axes, best} = sweep
  const body = useRef<HTMLTableSectionElement>(null)
  const start = placesOf(asked ?? best?.index ?? 0, axes)
  const [focus, setFocus] = useState<readonly [number, number]>([
    down === null ? 0 : (start[down] ?? 0),
    start[across] ?? 0,
  ])
  const rows = down === null ? [null] : (axes[down]?.values ?? [])
  const columns = axes[across]?.values ?? []
  const at: readonly [number, number] = [Math.min(focus[0], rows.length - 1), Math.min(focus[1], columns.length - 1)]
  const sorted = column.filter((value) => value !== null).sort((a, b) => a - b)
  const schema = (axis: number) => settingAt(axes[axis]?.pointer ?? '', request)
  const title = (axis: number) => settingTitle(axes[axis]?.pointer ?? '', request)

  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = [
      Math.max(0, Math.min(rows.length - 1, at[0] + step[0])),
      Math.max(0, Math.min(columns.length - 1, at[1] + step[1])),
    ] as const
    setFocus(next)
    body.current?.rows[next[0]]?.querySelectorAll('button')[next[1]]?.focus()
  }
  return (
    <div className={table.scroller} role="region" aria-label={caption} tabIndex={-1}>
      <table className={`${table.table} ${table.heat} ${styles.heat}`}>
        <caption className={ui.unseen}>{caption}</caption>
        <thead>
          <tr>
            {down === null ? <td /> : <th scope="col">{title(down)}</th>}
            <th colSpan={columns.length} scope="colgroup" className={styles.across}>
              {title(across)}
            </th>
          </tr>
          <tr>
            <td />
            {columns.map((value) => (
              <th key={String(value)} scope="col">
                {settingValue(value, schema(across))}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body} onKeyDown={onKeyDown}>
          {rows.map((value, row) => (
            <tr key={String(value)}>
              <th scope="row">{down !== null && settingValue(value, schema(down))}</th>
              {columns.map((other, n) => {
                const own = places.map((place, axis) => (axis === across ? n : axis === down ? row : place))
                return (
                  <Cell
                    key={String(other)}
                    {...props}
                    index={indexOf(own, axes)}
                    sorted={sorted}
                    inTabOrder={row === at[0] && n === at[1]}
                  />
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface CellProps extends Props {
  readonly index: number
  readonly sorted: readonly number[]
  readonly inTabOrder: boolean
}

function Cell({id, sweep, request, column, write, asked, index, sorted, inTabOrder}: CellProps) {
  const run = useContext(RunSettingContext)
  const value = column[index] ?? null
  const settings = settingsOf(index, sweep.axes)
  const failed = sweep.failed.find((one) => one.index === index)
  const words = settings
    .map(([pointer, set]) => `${settingTitle(pointer, request)} ${settingValue(set, settingAt(pointer, request))}`)
    .join(', ')
  const best = sweep.best?.index === index
  const isAsked = asked === index
  const marks = `${best ? ' The best of all.' : ''}${isAsked ? ' As asked.' : ''}`
  const why = failed ? `No result: ${inPlainWords(failed.detail)}` : value === null ? 'Left out, or not defined.' : ''
  const shade = value === null ? 0 : shadeOf(value, sorted)
  const tip = `${words}: ${value === null ? why : write(value)}.${marks}${run && !isAsked && !failed ? ' Click to run it.' : ''}`
  return (
    <td className={table[(shade < 0 ? BELOW : SHADES)[Math.abs(shade)] ?? 'up0']}>
      <button
        type="button"
        className={`${styles.cell} ${isAsked ? styles.asked : ''}`}
        data-tip={tip}
        aria-label={tip}
        tabIndex={inTabOrder ? 0 : -1}
        aria-disabled={run === null || isAsked || failed !== undefined || undefined}
        onClick={() => !isAsked && failed === undefined && run?.(id, settings)}
      >
        {best && <span aria-hidden="true">★ </span>}
        {value === null ? '—' : write(value)}
      </button>
    </td>
  )
}
