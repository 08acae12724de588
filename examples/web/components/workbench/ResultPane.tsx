'use client'

import {type ComponentType, memo, type ReactNode, useEffect, useMemo, useState} from 'react'
import type {Run} from '@/components/result/ResultView'
import type {PortfolioId} from './portfolios'
import styles from './ResultPane.module.css'
import {ResultSkeleton} from './ResultSkeleton'
import type {RunState, RunStates} from './useRuns'

type ResultView = ComponentType<{runs: readonly Run[]; busy: boolean}>

/** Begins to fetch the result's view, where a run is likely to come. */
export const fetchResultView = () => import('@/components/result/ResultView')

/**
 * The result's view, whose charts are much of this page's script: fetched while the first run is under way. Not by
 * React.lazy, which once it has shown its fallback keeps it for 300 ms, longer than most runs take.
 */
function useResultView(wanted: boolean): ResultView | null {
  const [view, setView] = useState<{component: ResultView} | null>(null)
  useEffect(() => {
    if (!wanted) return
    fetchResultView().then(
      (module) => setView({component: memo(module.ResultView)}), // typing in the form draws no chart again
      () => setView({component: NotLoaded}),
    )
  }, [wanted])
  return view?.component ?? null
}

interface Props {
  readonly states: RunStates
  /** Which portfolios there are, in their order: `abc`. */
  readonly ids: string
  /** Which of them are other than their result on show was asked for. */
  readonly changed: string
  /** What stands here before anything has been run. */
  readonly gallery: ReactNode
}

/** The results on show; the gallery where there are none, a sketch of the page while the first is on its way. */
export function ResultPane({states, ids, changed, gallery}: Props) {
  const runs = useMemo(() => [...ids].flatMap((id) => states[id as PortfolioId] ?? []), [states, ids])
  const shown = useMemo(
    () => runs.flatMap(({id, shown: run}) => (run === null ? [] : [{id, slot: ids.indexOf(id), ...run}])),
    [runs, ids],
  )
  const busy = runs.some(({status}) => status === 'running')
  const outdated = runs.filter(({id, status}) => status === 'failed' && changed.includes(id))
  const ResultView = useResultView(runs.length > 0)
  return (
    <>
      <p role="status" className="visually-hidden">
        {statusOf(runs)}
      </p>
      {shown.length === 0 && !busy && gallery}
      {(shown.length === 0 ? busy : ResultView === null) && <ResultSkeleton runs={ids.length} />}
      {outdated.map(({id, shown: run}) => (
        <p key={id} className={styles.outdated}>
          “{run?.name}” did not run as it is now. This is its result from before.
        </p>
      ))}
      {shown.length > 0 && ResultView !== null && (
        <div>
          <h1 className="visually-hidden">Backtest result</h1>
          <ResultView runs={shown} busy={busy} />
        </div>
      )}
    </>
  )
}

function statusOf(states: readonly RunState[]): string {
  if (states.some(({status}) => status === 'running')) return 'Running'
  if (states.some(({status}) => status === 'failed')) return '' // the summary of problems has the focus
  if (states.some(({status}) => status === 'cancelled')) return 'Cancelled'
  return states.length > 0 ? 'The result is ready' : ''
}

/** A server that has been replaced in the meantime no longer has the script of this page. */
function NotLoaded() {
  return <p role="alert">The result cannot be shown: a part of this page could not be loaded. Load the page again.</p>
}
