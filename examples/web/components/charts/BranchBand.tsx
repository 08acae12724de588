'use client'

import {useMemo} from 'react'
import {isoDate, seconds} from '@/lib/chart-data'
import {day, percent} from '@/lib/format'
import {type Branches, branchesOf} from '@/lib/rules/branches'
import {DataTable} from '../result/DataTable'
import {written} from '../result/lookup'
import {Disclosure} from '../result/parts'
import type {Run} from '../result/run'
import styles from './band.module.css'
import {rightOf} from './frame'
import {colourClass, Swatch} from './Swatch'

const HEIGHT = 16

interface Props {
  readonly runs: readonly Run[]
  /** What is seen of the x axis, in seconds. */
  readonly range: readonly [number, number]
  readonly width: number
  /** Where the plots begin, px. */
  readonly left: number
  /** The session under the cross-hair. */
  readonly at: string
}

/** Which branch of a tree of rules was held when: a coloured band under the growth chart, on its x axis. */
export function BranchBand({runs, ...place}: Props) {
  const found = useMemo(
    () => runs.flatMap((run) => [branchesOf(run.result)].flatMap((held) => (held === null ? [] : [{run, held}]))),
    [runs],
  )
  if (place.width === 0) return null
  return found.map(({run, held}) => (
    <Band key={run.id} held={held} name={runs.length > 1 ? run.name : null} {...place} />
  ))
}

interface BandProps extends Omit<Props, 'runs'> {
  readonly held: Branches
  readonly name: string | null
}

function Band({held, name, range, width, left, at}: BandProps) {
  const {branches, spans} = held
  const inner = Math.max(1, width - left - rightOf(width))
  const paths = useMemo(() => pathsOf(held, range, inner), [held, range, inner])
  const now = spans.findLast(({from}) => from <= at)?.branch
  const title = name === null ? 'Branch held' : `Branch held by ${name}`
  const shares = branches.map(({label, share}) => `${label} at ${percent(share)} of the decisions`)
  return (
    <div className={styles.band}>
      <h4 className={styles.title}>{title}</h4>
      <svg
        className={styles.strip}
        style={{marginLeft: left}}
        width={inner}
        height={HEIGHT}
        role="img"
        aria-label={`${title}, as a coloured band: ${shares.join(', ')}.`}
      >
        {branches.map(({label, colour}, n) => (
          <path key={label} d={paths[n]} className={colourClass(colour)} fill="currentColor" />
        ))}
      </svg>
      <ul className={styles.legend}>
        {branches.map(({label, colour, share}, n) => (
          <li key={label} className={n === now ? styles.now : undefined}>
            <Swatch colour={colour} box />
            {label} <b>{percent(share)}</b>
            {n === now && <span className="visually-hidden"> held on {day(at)}</span>}
          </li>
        ))}
      </ul>
      <Disclosure summary="Show when each branch was held">
        {() => (
          <DataTable
            caption="Branches held, one after the other"
            heading={false}
            sortable
            unit="span"
            columns={[
              {label: 'From', text: true},
              {label: 'To', text: true},
              {label: 'Branch', text: true},
            ]}
            rows={spans.map(({from, to, branch}) => ({
              key: from,
              cells: [written(from, day), written(to, day), branches[branch]?.label ?? ''],
            }))}
          />
        )}
      </Disclosure>
    </div>
  )
}

/** A path for each branch: its spans as boxes, at least a pixel wide, cut to what is seen. */
function pathsOf({branches, spans}: Branches, [start, end]: readonly [number, number], width: number): string[] {
  const x = (date: string) => ((seconds(date) - start) / Math.max(1, end - start)) * width
  const boxes = branches.map((): string[] => [])
  const [first, last] = [isoDate(start), isoDate(end)]
  for (const {branch, from, to} of spans) {
    if (to < first || from > last) continue
    const [left, right] = [Math.max(0, x(from)), Math.min(width, x(to))]
    const wide = Math.max(1, right - left)
    boxes[branch]?.push(`M${left.toFixed(1)} 0h${wide.toFixed(1)}v${HEIGHT}h-${wide.toFixed(1)}z`)
  }
  return boxes.map((all) => all.join(''))
}
