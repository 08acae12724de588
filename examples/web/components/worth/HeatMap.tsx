'use client'

import {type KeyboardEvent, useContext, useMemo, useRef, useState} from 'react'
import {count} from '@/lib/format'
import {inPlainWords} from '@/lib/plain-words'
import type {JsonObject} from '@/lib/schema/types'
import {settingAt, settingTitle, settingValue} from '@/lib/settings-in-words'
import {say} from '@/lib/shared'
import {drawnOf, indexOf, placesOf, type Sweep, settingsOf, shadesOf} from '@/lib/sweep-grid'
import {Note} from '../result/parts'
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

/**
 * A metric over two settings: a figure in each cell, which runs that setting. Arrow keys move from cell to cell. Of an
 * axis with more values than a map has room for, some are drawn, and a sentence says so.
 */
export function HeatMap(props: Props) {
  const {sweep, request, column, write, caption, down, across, places, asked} = props
  const {axes, best} = sweep
  const body = useRef<HTMLTableSectionElement>(null)
  const marked = [best?.index, asked].filter((index) => index != null).map((index) => placesOf(index, axes))
  const drawn = (axis: number | null) => (axis === null ? [0] : drawnOf(axes, axis, marked))
  const [rows, columns] = [drawn(down), drawn(across)]
  const [focus, setFocus] = useState<readonly [number, number]>(() => {
    const start = marked.at(-1) ?? []
    return [down === null ? 0 : rows.indexOf(start[down] ?? 0), columns.indexOf(start[across] ?? 0)]
  })
  const at: readonly [number, number] = [Math.min(focus[0], rows.length - 1), Math.min(focus[1], columns.length - 1)]
  const shades = useMemo(() => shadesOf(column, write), [column, write])
  const failed = useMemo(() => new Map(sweep.failed.map(({index, detail}) => [index, detail])), [sweep])
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
  const thinned = [down, across].flatMap((axis) => {
    const [shown, values] = [drawn(axis).length, axes[axis ?? across]?.values.length ?? 0]
    if (axis === null || shown === values) return []
    return say('map_thinned', {axis: title(axis), drawn: count(shown), values: count(values)})
  })
  return (
    <>
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
              {columns.map((place) => (
                <th key={place} scope="col">
                  {settingValue(axes[across]?.values[place], schema(across))}
                </th>
              ))}
            </tr>
          </thead>
          <tbody ref={body} onKeyDown={onKeyDown}>
            {rows.map((place, row) => (
              <tr key={place}>
                <th scope="row">{down !== null && settingValue(axes[down]?.values[place], schema(down))}</th>
                {columns.map((other, n) => {
                  const own = places.map((chosen, axis) => (axis === across ? other : axis === down ? place : chosen))
                  return (
                    <Cell
                      key={other}
                      {...props}
                      index={indexOf(own, axes)}
                      shade={shades[indexOf(own, axes)] ?? 0}
                      failed={failed}
                      inTabOrder={row === at[0] && n === at[1]}
                    />
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {thinned.length > 0 && <Note>{thinned.join(' ')}</Note>}
    </>
  )
}

interface CellProps extends Props {
  readonly index: number
  readonly shade: number
  /** Why a combination has no result. */
  readonly failed: ReadonlyMap<number, string>
  readonly inTabOrder: boolean
}

function Cell({id, sweep, request, column, write, asked, index, shade, failed, inTabOrder}: CellProps) {
  const run = useContext(RunSettingContext)
  const value = column[index] ?? null
  const settings = settingsOf(index, sweep.axes)
  const failure = failed.get(index)
  const words = settings
    .map(([pointer, set]) => `${settingTitle(pointer, request)} ${settingValue(set, settingAt(pointer, request))}`)
    .join(', ')
  const best = sweep.best?.index === index
  const isAsked = asked === index
  const marks = `${best ? ' The best of all.' : ''}${isAsked ? ' As asked.' : ''}`
  const why =
    failure !== undefined ? `No result: ${inPlainWords(failure)}` : value === null ? 'Left out, or not defined.' : ''
  const tip = `${words}: ${value === null ? why : `${write(value)}.`}${marks}${run && !isAsked && failure === undefined ? ' Click to run it.' : ''}`
  return (
    <td className={table[(shade < 0 ? BELOW : SHADES)[Math.abs(shade)] ?? 'up0']}>
      <button
        type="button"
        className={`${styles.cell} ${isAsked ? styles.asked : ''}`}
        data-tip={tip}
        aria-label={tip}
        tabIndex={inTabOrder ? 0 : -1}
        aria-disabled={run === null || isAsked || failure !== undefined || undefined}
        onClick={() => !isAsked && failure === undefined && run?.(id, settings)}
      >
        {best && <span aria-hidden="true">★ </span>}
        {value === null ? '—' : write(value)}
      </button>
    </td>
  )
}
