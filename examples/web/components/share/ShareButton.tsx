'use client'

import {useEffect, useRef, useState} from 'react'
import {day} from '@/lib/format'
import {shareResult} from '@/lib/share-result'
import {CopyButton} from '../result/CopyButton'
import {Button, Note} from '../result/parts'
import type {Run} from '../result/run'
import styles from './Receipt.module.css'

type State = {is: 'not shared' | 'busy'} | {is: 'shared'; address: string; until: string} | {is: 'refused'; why: string}

/** Keeps the result on the server and gives its address. Nothing is kept before somebody presses it. */
export function ShareButton({run: {request, result}}: {run: Run}) {
  const [state, setState] = useState<State>({is: 'not shared'})
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const share = async () => {
    const control = new AbortController()
    running.current = control
    setState({is: 'busy'})
    try {
      setState({is: 'shared', ...(await shareResult(result.result_id, request, control.signal))})
    } catch (error) {
      if (!control.signal.aborted)
        setState({is: 'refused', why: error instanceof Error ? error.message : String(error)})
    }
  }
  return (
    <div className={styles.share}>
      <div className={styles.actions}>
        {state.is === 'shared' ? (
          <>
            <a href={state.address}>{state.address}</a>
            <CopyButton text={() => state.address}>Copy the address</CopyButton>
          </>
        ) : (
          <Button onClick={share} disabled={state.is === 'busy'}>
            Keep and share
          </Button>
        )}
        <span role="status" className={styles.status}>
          {state.is === 'busy' && 'The server runs it again and keeps the result…'}
          {state.is === 'shared' && `Kept until ${day(state.until.slice(0, 10))}.`}
        </span>
      </div>
      {state.is === 'refused' && (
        <p role="alert" className={styles.refused}>
          The result was not shared. {state.why}
        </p>
      )}
      {state.is !== 'shared' && (
        <Note>
          The server keeps this result, with its request, and shows it to everybody who has its address. Without this
          nothing is kept.
        </Note>
      )}
    </div>
  )
}
