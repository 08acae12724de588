'use client'

import {count} from '@/lib/format'
import styles from './Pages.module.css'
import {Button} from './parts'

const SIZE = 25

export interface PageState {
  page: number
  pages: number
  from: number
  to: number
}

/** A long table by pages of twenty-five: thirty thousand rows are no page that a browser or a reader likes. */
export function pageOf(total: number, wanted: number): PageState {
  const pages = Math.max(1, Math.ceil(total / SIZE))
  const page = Math.min(wanted, pages - 1)
  return {page, pages, from: page * SIZE, to: Math.min(total, (page + 1) * SIZE)}
}

interface Props {
  readonly pages: PageState
  readonly what: string
  readonly onTurn: (page: number) => void
}

export function Pages({pages: {page, pages, from, to}, what, onTurn}: Props) {
  if (pages === 1) return <span className={styles.said}>{what}</span>
  return (
    <nav className={styles.pages} aria-label={`Pages of ${what}`}>
      <Button disabled={page === 0} onClick={() => onTurn(0)} aria-label="First page">
        «
      </Button>
      <Button disabled={page === 0} onClick={() => onTurn(page - 1)}>
        Back
      </Button>
      <span className={styles.said} role="status">
        {count(from + 1)}–{count(to)} of {what}
      </span>
      <Button disabled={page >= pages - 1} onClick={() => onTurn(page + 1)}>
        Next
      </Button>
      <Button disabled={page >= pages - 1} onClick={() => onTurn(pages - 1)} aria-label="Last page">
        »
      </Button>
    </nav>
  )
}
