'use client'

import {useState} from 'react'
import {count} from '@/lib/format'
import styles from './Pages.module.css'
import {Button} from './parts'

const SIZE = 50

export interface PageState {
  page: number
  pages: number
  from: number
  to: number
  turn: (page: number) => void
}

/** A long table by pages: thirty thousand rows are no page that a browser or a reader likes. Another total begins anew. */
export function usePages(total: number, size = SIZE): PageState {
  const [turned, setTurned] = useState({total, page: 0})
  const pages = Math.max(1, Math.ceil(total / size))
  const page = turned.total === total ? Math.min(turned.page, pages - 1) : 0
  const turn = (next: number) => setTurned({total, page: next})
  return {page, pages, from: page * size, to: Math.min(total, (page + 1) * size), turn}
}

export function Pages({pages: {page, pages, from, to, turn}, what}: {pages: PageState; what: string}) {
  if (pages === 1) return <span className={styles.said}>{what}</span>
  return (
    <nav className={styles.pages} aria-label={`Pages of ${what}`}>
      <Button disabled={page === 0} onClick={() => turn(0)} aria-label="First page">
        «
      </Button>
      <Button disabled={page === 0} onClick={() => turn(page - 1)}>
        Back
      </Button>
      <span className={styles.said} role="status">
        {count(from + 1)}–{count(to)} of {what}
      </span>
      <Button disabled={page >= pages - 1} onClick={() => turn(page + 1)}>
        Next
      </Button>
      <Button disabled={page >= pages - 1} onClick={() => turn(pages - 1)} aria-label="Last page">
        »
      </Button>
    </nav>
  )
}
