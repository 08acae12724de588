'use client'

import {useEffect, useRef, useState} from 'react'
import {humanised} from '@/lib/schema/fields'
import styles from './RunBar.module.css'
import type {RunState} from './useRuns'

const TICK_MS = 100

interface Props {
  readonly runs: readonly RunState[]
  /** Whether more than one portfolio will be run. */
  readonly several: boolean
  readonly startedAt: number
  /** What the form has that the shown result was not asked for, in words; empty where they agree. */
  readonly changed: string
  readonly reset: 'possible' | 'undoable' | 'idle'
  readonly onReset: () => void
  readonly onRun: () => void
  readonly onCancel: () => void
  /** Leads back to the form, where the result stands below it. */
  readonly onForm: () => void
}

/** Run and Cancel, between them how far it is, and what a run would show anew. It never leaves the screen. */
export function RunBar({runs, several, startedAt, changed, reset, onReset, onRun, onCancel, onForm}: Props) {
  useCoveredHeight()
  const runButton = useRef<HTMLButtonElement>(null)
  const cancel = () => {
    onCancel()
    runButton.current?.focus() // the button that was pressed goes away
  }
  const busy = runs.some(({status}) => status === 'running')
  const cancelled = !busy && runs.some(({status}) => status === 'cancelled')
  return (
    <div className={styles.bar}>
      <p role="status" className={styles.changed}>
        {busy ? '' : changed}
      </p>
      <button
        ref={runButton}
        type="button"
        className="button"
        onClick={onRun}
        aria-keyshortcuts="Control+Enter Meta+Enter"
      >
        {several ? 'Run all' : 'Run backtest'}
      </button>
      {busy ? (
        <Progress runs={runs} startedAt={startedAt} />
      ) : (
        <span className={styles.hint}>
          {cancelled ? (
            'Cancelled.'
          ) : (
            <>
              or <kbd>Ctrl/⌘</kbd> + <kbd>Enter</kbd>
            </>
          )}
        </span>
      )}
      {busy && (
        <button type="button" className={`quiet-button ${styles.cancel}`} onClick={cancel}>
          Cancel
        </button>
      )}
      {!busy && (
        <button
          type="button"
          className="quiet-button"
          disabled={reset === 'idle'}
          onClick={onReset}
          title={reset === 'undoable' ? undefined : 'Back to what was opened'}
        >
          {reset === 'undoable' ? 'Undo reset' : 'Reset'}
        </button>
      )}
      {!busy && runs.length > 0 && (
        <button type="button" className={`quiet-button ${styles.back}`} onClick={onForm}>
          <span aria-hidden="true">↑ </span>
          <span>Back to the </span>form
        </button>
      )}
    </div>
  )
}

function Progress({runs, startedAt}: Pick<Props, 'runs' | 'startedAt'>) {
  const [now, setNow] = useState(startedAt)
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), TICK_MS)
    return () => clearInterval(timer)
  }, [])
  const shares = runs.map(({status, progress}) => (status === 'running' ? (progress?.progress ?? 0) : 1))
  const share = shares.reduce((sum, one) => sum + one, 0) / shares.length
  const slowest = runs[shares.indexOf(Math.min(...shares))]
  const stage = humanised(slowest?.progress?.stage ?? 'waiting')
  const seconds = Math.max(0, now - startedAt) / 1000
  return (
    <span className={styles.progress}>
      <span className={styles.stage}>
        {stage}
        <span>{seconds.toFixed(1)} s</span>
      </span>
      <progress
        data-waiting={share === 0 || undefined}
        value={share}
        max={1}
        aria-label={`${stage}, ${Math.round(share * 100)} %`}
      />
    </span>
  )
}

/**
 * How much of the window's lower end a keyboard on the screen covers, or lies outside of it after a pinch, as the
 * variable `--covered`: nothing that sticks to that end may lie under it.
 */
function useCoveredHeight(): void {
  useEffect(() => {
    const view = window.visualViewport
    if (view === null) return
    const root = document.documentElement
    const update = () => {
      const covered = root.clientHeight - view.offsetTop - view.height
      root.style.setProperty('--covered', `${Math.max(0, Math.round(covered))}px`)
    }
    view.addEventListener('resize', update)
    view.addEventListener('scroll', update)
    return () => {
      view.removeEventListener('resize', update)
      view.removeEventListener('scroll', update)
    }
  }, [])
}
