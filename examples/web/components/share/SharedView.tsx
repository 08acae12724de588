'use client'

import type {BacktestRequest, BacktestResult} from 'backtest-runner'
import {type ComponentType, useEffect, useMemo, useRef, useState} from 'react'
import {day} from '@/lib/format'
import {sharedResult} from '@/lib/share-result'
import layout from '../result/ResultView.module.css'
import {ReportsOffered} from '../result/reports'
import type {Run} from '../result/run'
import {Summary} from '../result/Summary'
import {Tooltip} from '../result/Tooltip'
import {Header} from '../workbench/Header'
import {ReceiptSection} from './ReceiptSection'
import {ReceiptView} from './ReceiptView'
import {receiptOf} from './receipt'
import styles from './SharedView.module.css'
import {SharingContext} from './sharing'

interface Props {
  readonly name: string
  /** The result without what is long. */
  readonly head: BacktestResult
  /** Until when it is kept, ISO 8601. */
  readonly until: string
  /** The form with its request. */
  readonly builder: string | null
  readonly origin: string
  readonly requestDigest: string | null
  readonly reports: boolean
}

/** A shared result: its first screen and its receipt at once, the rest when its document is there. */
export function SharedView({name, head, until, builder, origin, requestDigest, reports}: Props) {
  const sharing = useMemo(() => {
    const receipt = <ReceiptView receipt={receiptOf(head, requestDigest, origin)} />
    return {offered: false, receipt}
  }, [head, requestDigest, origin])
  const [whole, fault] = useWhole(head.result_id)
  return (
    <>
      <Header form={null}>
        {builder !== null && (
          <a href={builder} className={styles.builder}>
            Open in the builder
          </a>
        )}
      </Header>
      <main className={styles.shared}>
        <h1>{name}</h1>
        <p className={styles.about}>
          A shared result. It is kept until {day(until.slice(0, 10))}. All of it is past; none of it is advice.
        </p>
        <ReportsOffered value={reports}>
          <SharingContext value={sharing}>
            {whole === null ? (
              <Head run={runOf(name, head)} fault={fault} />
            ) : (
              <whole.View runs={[runOf(name, whole.result)]} busy={false} />
            )}
          </SharingContext>
        </ReportsOffered>
      </main>
    </>
  )
}

interface Whole {
  readonly result: BacktestResult
  readonly View: ComponentType<{runs: readonly Run[]; busy: boolean}>
}

/** The document and the components that show it, which are most of the page's script. */
function useWhole(id: string): [Whole | null, string | null] {
  const [whole, setWhole] = useState<Whole | null>(null)
  const [fault, setFault] = useState<string | null>(null)
  useEffect(() => {
    const control = new AbortController()
    Promise.all([sharedResult(id, control.signal), import('../result/ResultView')]).then(
      ([result, {ResultView}]) => setWhole({result, View: ResultView}),
      (error: unknown) => {
        if (!control.signal.aborted) setFault(error instanceof Error ? error.message : String(error))
      },
    )
    return () => control.abort()
  }, [id])
  return [whole, fault]
}

function Head({run, fault}: {run: Run; fault: string | null}) {
  const root = useRef<HTMLDivElement>(null)
  return (
    <>
      <div ref={root} className={layout.result} aria-busy={fault === null}>
        <Summary runs={[run]} run={run} picker={null} />
        {fault === null ? (
          <div className={styles.charts}>
            <noscript>The charts and tables need JavaScript.</noscript>
          </div>
        ) : (
          <p role="alert" className={styles.fault}>
            The charts cannot be shown. {fault}
          </p>
        )}
        <ReceiptSection run={run} picker={null} />
      </div>
      <Tooltip root={root} />
    </>
  )
}

/** The request of a shared result is the normalised one, which has the same result. */
const runOf = (name: string, result: BacktestResult): Run => ({
  id: 'a',
  name,
  request: result.request as unknown as BacktestRequest,
  result,
})
