'use client'

import {type KeyboardEvent, useRef} from 'react'
import {LONGEST_NAME, MOST_PORTFOLIOS} from '@/lib/link'
import styles from './PortfolioTabs.module.css'

interface Tab {
  readonly id: string
  readonly name: string
  readonly failed: boolean
}

interface Props<T extends Tab> {
  readonly tabs: readonly T[]
  readonly active: T
  readonly onSelect: (tab: T) => void
  readonly onAdd: () => void
  readonly onRename: (name: string) => void
  readonly onRemove: (tab: T) => void
}

export const tabId = (id: string) => `portfolio-tab-${id}`
export const PANEL_ID = 'portfolio-panel'

/** Up to three portfolios side by side: which one the form shows, another one, its name. */
export function PortfolioTabs<T extends Tab>({tabs, active, onSelect, onAdd, onRename, onRemove}: Props<T>) {
  const list = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent) => {
    const at = tabs.indexOf(active)
    const to = {ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1}[event.key]
    if (to === undefined) return
    event.preventDefault()
    const next = tabs[(to + tabs.length) % tabs.length]
    if (next === undefined) return
    onSelect(next)
    list.current?.querySelector<HTMLElement>(`#${tabId(next.id)}`)?.focus()
  }
  return (
    <div className={styles.portfolios}>
      <div className={styles.bar}>
        <div ref={list} role="tablist" aria-label="Portfolios" className={styles.tabs} onKeyDown={move}>
          {tabs.map((tab, index) => (
            <button
              key={tab.id}
              type="button"
              role="tab"
              id={tabId(tab.id)}
              aria-selected={tab === active}
              aria-controls={PANEL_ID}
              tabIndex={tab === active ? 0 : -1}
              className={styles.tab}
              data-series={index + 1}
              onClick={() => onSelect(tab)}
            >
              <span>{tab.name || 'Unnamed'}</span>
              {tab.failed && (
                <span className={styles.failed} aria-hidden="true">
                  !
                </span>
              )}
              {tab.failed && <span className="visually-hidden">has problems</span>}
            </button>
          ))}
        </div>
        {tabs.length < MOST_PORTFOLIOS && (
          <button
            type="button"
            className={`quiet-button ${styles.add}`}
            onClick={onAdd}
            title="Copy this portfolio to compare with"
          >
            + Compare
          </button>
        )}
      </div>
      {tabs.length > 1 && (
        <div className={styles.naming}>
          <label htmlFor="portfolio-name">Name</label>
          <input
            id="portfolio-name"
            type="text"
            maxLength={LONGEST_NAME}
            value={active.name}
            onChange={(event) => onRename(event.target.value)}
            autoComplete="off"
          />
          <button
            type="button"
            className="link-button"
            onClick={() => onRemove(active)}
            aria-label={`Remove ${active.name}`}
          >
            Remove
          </button>
        </div>
      )}
    </div>
  )
}
