'use client'

import {useState} from 'react'
import styles from './Header.module.css'
import {ThemeSwitch} from './ThemeSwitch'

const SAID_FOR_MS = 2500

interface Props {
  /** The address of what stands in the form. */
  readonly linkOf: () => string
  readonly onStartOver: () => void
}

export function Header({linkOf, onStartOver}: Props) {
  const [said, setSaid] = useState('')
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(linkOf())
      setSaid('Link copied')
    } catch {
      setSaid('Copying is not allowed here')
    }
    setTimeout(() => setSaid(''), SAID_FOR_MS)
  }
  return (
    <header className={styles.header}>
      <a
        href="/"
        className={styles.brand}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          onStartOver()
        }}
      >
        <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="7" fill="var(--accent)" />
          <path
            d="M6 22l6-7 5 4 9-11"
            fill="none"
            stroke="var(--on-accent)"
            strokeWidth="3"
            strokeLinecap="round"
            strokeLinejoin="round"
          />
        </svg>
        Backtest
      </a>
      <span role="status" className={styles.said}>
        {said}
      </span>
      <button type="button" className="quiet-button" onClick={onStartOver}>
        Examples
      </button>
      <button type="button" className="quiet-button" onClick={copy}>
        Copy link
      </button>
      <ThemeSwitch />
    </header>
  )
}
