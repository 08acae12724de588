'use client'

import {counted, listed} from '@/lib/format'
import {symbolsOf} from '@/lib/holdings'
import type {LinkContents, LinkedPortfolio} from '@/lib/link'
import styles from './DamagedLink.module.css'

interface Props {
  readonly contents: LinkContents
  readonly onOpen: (portfolios: readonly LinkedPortfolio[]) => void
  readonly onStartOver: () => void
}

/** What is wrong with the link that was opened, and what can be done: nothing of it has been run. */
export function DamagedLink({contents: {fault, portfolios}, onOpen, onStartOver}: Props) {
  return (
    <section className={styles.fault} aria-label="Damaged link">
      <p role="alert">
        {fault} {portfolios.length > 0 && `There is still ${listed(portfolios.map(inWords))}.`}
      </p>
      <p className={styles.actions}>
        {portfolios.length > 0 && (
          <button type="button" className="quiet-button" onClick={() => onOpen(portfolios)}>
            Open what can be read
          </button>
        )}
        <button type="button" className="quiet-button" onClick={onStartOver}>
          Begin anew
        </button>
      </p>
    </section>
  )
}

function inWords({name, draft}: LinkedPortfolio): string {
  return `“${name || 'Unnamed'}” with ${counted(symbolsOf(draft).length, 'holding')}`
}
