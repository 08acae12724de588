'use client'

import type {ReactNode} from 'react'
import type {Figure} from './lookup'
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
  /** The first is the row's heading. */
  cells: readonly TableCell[]
  className?: 'other' | 'total' | 'group' | undefined
}

interface DataTableProps {
  caption: string
  columns: readonly TableColumn[]
  rows: readonly TableRow[]
  note?: ReactNode
  /** With a heading of its own above it; without one the caption is for screen readers alone. */
  heading?: boolean
  tall?: boolean
  narrow?: boolean
  heat?: boolean
  /** A matrix of correlations: closer. */
  cor?: boolean
}

const names = (...parts: (string | false | undefined)[]): string | undefined =>
  parts.filter(Boolean).join(' ') || undefined
const cell = (value: TableCell): Exclude<TableCell, string> => (typeof value === 'string' ? {text: value} : value)

/** A table that scrolls inside itself, with a caption, headings of rows and columns, and figures that explain themselves. */
export function DataTable({
  caption,
  columns,
  rows,
  note,
  heading = true,
  tall = false,
  narrow = false,
  heat = false,
  cor = false,
}: DataTableProps) {
  return (
    <div className={ui.block}>
      {heading && <h3 className={ui.title}>{caption}</h3>}
      <div className={names(styles.scroller, tall && styles.tall)} tabIndex={0} role="region" aria-label={caption}>
        <table className={names(styles.table, narrow && styles.narrow, heat && styles.heat, cor && styles.cor)}>
          <caption className={ui.unseen}>{caption}</caption>
          <thead>
            <tr>
              {columns.map((column, n) =>
                column.label ? (
                  <th key={n} scope="col" className={names(column.text && styles.text, column.className)}>
                    <Term tip={column.tip}>{column.label}</Term>
                  </th>
                ) : (
                  <td key={n} />
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, n) => (
              <Row key={row.key ?? n} row={row} columns={columns} />
            ))}
          </tbody>
        </table>
      </div>
      {note && <Note>{note}</Note>}
    </div>
  )
}

function Row({row, columns}: {row: TableRow; columns: readonly TableColumn[]}) {
  const [first, ...others] = row.cells
  if (row.className === 'group')
    return (
      <tr className={styles.group}>
        <th scope="colgroup" colSpan={columns.length}>
          {cell(first ?? '').text}
        </th>
      </tr>
    )
  return (
    <tr className={row.className && styles[row.className]}>
      <th scope="row" className={cell(first ?? '').className}>
        <Content of={cell(first ?? '')} />
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
