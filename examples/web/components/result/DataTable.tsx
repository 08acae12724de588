'use client'

import {type ReactNode, useMemo, useState} from 'react'
import {counted} from '@/lib/format'
import {nextSort, placesSorted, type Sort, type SortValue} from '@/lib/sorted'
import type {Figure} from './lookup'
import {Pages, usePages} from './Pages'
import {Fig, Note, Term} from './parts'
import styles from './table.module.css'
import ui from './ui.module.css'

export interface TableColumn {
  label: string
  /** Words stand left; figures are the rule. */
  text?: boolean
  tip?: string | undefined
  className?: string | undefined
}

export type TableCell = string | (Figure & {className?: string | undefined; node?: ReactNode})

export interface TableRow {
  key?: string
  /** The first is the row's heading. A function is called when the row is shown: of thousands few are. */
  cells: readonly TableCell[] | (() => readonly TableCell[])
  /** What the row is sorted by, in each column, where the cells are not made yet. */
  values?: readonly SortValue[]
  className?: 'other' | 'strong' | 'total' | 'group' | undefined
}

interface DataTableProps {
  caption: string
  columns: readonly TableColumn[]
  rows: readonly TableRow[]
  note?: ReactNode
  /** With a heading of its own above it; without one the caption is for screen readers alone. */
  heading?: boolean
  /** Rows of one kind: the headings of the columns sort them, and many come by pages. */
  sortable?: boolean
  /** In which order they are at first, where it is not that of `rows`. */
  sorted?: Sort
  /** What a row is called: "trade". */
  unit?: string
  /** What else stands above it. */
  controls?: ReactNode
  narrow?: boolean
  heat?: boolean
  /** A matrix of correlations: closer. */
  cor?: boolean
}

const ROWS = 25 // of a page: its heading is in sight from nearly all

const names = (...parts: (string | false | undefined)[]): string | undefined =>
  parts.filter(Boolean).join(' ') || undefined
const cell = (value: TableCell | undefined): Exclude<TableCell, string> =>
  typeof value === 'object' ? value : {text: value ?? ''}
const cellsOf = ({cells}: TableRow): readonly TableCell[] => (typeof cells === 'function' ? cells() : cells)

/** A table that scrolls sideways inside itself, with a caption, headings of rows and columns, and figures that explain themselves. */
export function DataTable(props: DataTableProps) {
  const {caption, columns, rows, note, heading = true, sortable = false, unit, controls} = props
  const [sort, setSort] = useState<Sort | null>(props.sorted ?? null)
  const inOrder = useMemo(() => (sort ? sortedRows(rows, columns, sort) : rows), [rows, columns, sort])
  const total = rows.length
  const pages = usePages(sortable ? total : 0, ROWS)
  const shown = sortable ? inOrder.slice(pages.from, pages.to) : rows
  const onSort = (column: number) => {
    setSort(nextSort(sort, column, columns[column]?.text ?? false))
    pages.turn(0)
  }
  const paged = pages.pages > 1 || unit !== undefined
  return (
    <div className={ui.block}>
      {heading && <h3 className={ui.title}>{caption}</h3>}
      {(controls || paged) && (
        <div className={ui.controls}>
          {controls}
          {paged && <Pages pages={pages} what={counted(total, unit ?? 'row')} />}
        </div>
      )}
      <div className={styles.scroller} tabIndex={0} role="region" aria-label={caption}>
        <table
          className={names(
            styles.table,
            props.narrow && styles.narrow,
            props.heat && styles.heat,
            props.cor && styles.cor,
          )}
        >
          <caption className={ui.unseen}>{caption}</caption>
          <Head columns={columns} sort={sort} onSort={sortable && total > 1 ? onSort : null} />
          <tbody>
            {shown.map((row, n) => (
              <Row key={row.key ?? n} row={row} columns={columns} />
            ))}
          </tbody>
        </table>
      </div>
      {note && <Note>{note}</Note>}
    </div>
  )
}

/** Rows in order; a total stays below what it is the total of. */
function sortedRows(rows: readonly TableRow[], columns: readonly TableColumn[], {column, down}: Sort): TableRow[] {
  const peers = rows.filter(({className}) => className !== 'total')
  const sortValue = (row: TableRow): SortValue => {
    if (row.values) return row.values[column]
    const {value, text} = cell(cellsOf(row)[column])
    return value ?? (columns[column]?.text ? text : undefined)
  }
  const places = placesSorted(peers.map(sortValue), down)
  return [...places.flatMap((place) => peers[place] ?? []), ...rows.filter(({className}) => className === 'total')]
}

interface HeadProps {
  columns: readonly TableColumn[]
  sort: Sort | null
  /** null: nothing sorts the rows. */
  onSort: ((column: number) => void) | null
}

const Head = ({columns, sort, onSort}: HeadProps) => (
  <thead>
    <tr>
      {columns.map((column, n) =>
        column.label ? (
          <Heading
            key={n}
            column={column}
            sort={sort?.column === n ? sort : null}
            onSort={onSort && (() => onSort(n))}
          />
        ) : (
          <td key={n} />
        ),
      )}
    </tr>
  </thead>
)

interface HeadingProps {
  column: TableColumn
  /** How the table is sorted by this column. */
  sort: Sort | null
  /** Sorts by it; null where nothing does. */
  onSort: (() => void) | null
}

function Heading({column: {label, tip, text, className}, sort, onSort}: HeadingProps) {
  return (
    <th
      scope="col"
      className={names(text && styles.text, className)}
      aria-sort={onSort && sort ? (sort.down ? 'descending' : 'ascending') : undefined}
    >
      {onSort ? (
        <button type="button" className={styles.sort} onClick={onSort} data-tip={tip || undefined}>
          <span className={tip ? ui.term : undefined}>{label}</span>
        </button>
      ) : (
        <Term tip={tip}>{label}</Term>
      )}
    </th>
  )
}

function Row({row, columns}: {row: TableRow; columns: readonly TableColumn[]}) {
  const [first, ...others] = cellsOf(row)
  if (row.className === 'group')
    return (
      <tr className={styles.group}>
        <th scope="colgroup" colSpan={columns.length}>
          {cell(first).text}
        </th>
      </tr>
    )
  return (
    <tr className={row.className && styles[row.className]}>
      <th scope="row" className={cell(first).className}>
        <Content of={cell(first)} />
      </th>
      {others.map((value, n) => {
        const {className} = cell(value)
        return (
          <td key={n} className={names(columns[n + 1]?.text && styles.text, className)}>
            <Content of={cell(value)} />
          </td>
        )
      })}
    </tr>
  )
}

const Content = ({of}: {of: Exclude<TableCell, string>}) => (of.node !== undefined ? of.node : <Fig of={of} />)
