'use client'

import {usePathname} from 'next/navigation'
import {type ReactNode, useState} from 'react'
import {Brand} from './Brand'
import styles from './Header.module.css'
import {ThemeSwitch} from './ThemeSwitch'

const SAID_FOR_MS = 2500

interface Props {
  /** Of the page with the form; null on the others. */
  readonly form: {
    /** The address of what stands in it. */
    readonly linkOf: () => string | null
    readonly onStartOver: () => void
  } | null
  /** Links of the page's own. */
  readonly children?: ReactNode
}

export function Header({form, children}: Props) {
  const path = usePathname()
  const [said, setSaid] = useState('')
  const copy = async (linkOf: () => string | null) => {
    const link = linkOf()
    try {
      if (link !== null) await navigator.clipboard.writeText(link)
      setSaid(link === null ? 'Too large for a link: copy the request under Export' : 'Link copied')
    } catch {
      setSaid('Copying is not allowed here')
    }
    setTimeout(() => setSaid(''), SAID_FOR_MS)
  }
  return (
    <header className={styles.header}>
      <a
        href="/"
        className={`brand ${styles.home}`}
        onClick={(event) => {
          if (form === null || event.metaKey || event.ctrlKey || event.shiftKey) return
          event.preventDefault()
          form.onStartOver()
        }}
      >
        <Brand />
      </a>
      <span role="status" className={styles.said}>
        {said}
      </span>
      <a href="/prices" className={styles.page} aria-current={path === '/prices' ? 'page' : undefined}>
        Prices
      </a>
      {children}
      {form !== null && (
        <>
          <button type="button" className="quiet-button" onClick={form.onStartOver}>
            Examples
          </button>
          <button type="button" className="quiet-button" onClick={() => void copy(form.linkOf)}>
            Copy link
          </button>
        </>
      )}
      <ThemeSwitch />
    </header>
  )
}
