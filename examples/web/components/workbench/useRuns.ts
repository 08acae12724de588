'use client'

import {
  BacktestError,
  type BacktestErrorDocument,
  type BacktestRequest,
  type BacktestResult,
  type BacktestTransport,
  errorDocument,
  type ProgressEvent,
} from 'backtest-runner'
import {useCallback, useEffect, useRef, useState} from 'react'
import type {JsonObject} from '@/lib/schema/types'
import type {PortfolioId} from './portfolios'

/** What became of a portfolio's latest run, and the result that is on show, from it or from one before. */
export interface RunState {
  readonly id: PortfolioId
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled'
  /** The request that this run was asked. */
  readonly asked: JsonObject
  readonly error: BacktestErrorDocument | null
  readonly progress: ProgressEvent | null
  readonly shown: {readonly name: string; readonly request: BacktestRequest; readonly result: BacktestResult} | null
}

export type RunStates = Readonly<Partial<Record<PortfolioId, RunState>>>

export interface Asked {
  readonly id: PortfolioId
  readonly name: string
  readonly request: JsonObject
}

/**
 * The runs of the portfolios, all at once: `run` begins them, cancels what is under way, and resolves when each has
 * ended. A result stays on show until its successor has arrived. `transportNow` is asked at the beginning of each.
 */
export function useRuns(transportNow: () => BacktestTransport) {
  const [states, setStates] = useState<RunStates>({})
  const [startedAt, setStartedAt] = useState(0)
  const underWay = useRef<AbortController | null>(null)

  useEffect(() => () => underWay.current?.abort(), [])

  const run = useCallback(
    async (asked: readonly Asked[]): Promise<'ended' | 'given up'> => {
      underWay.current?.abort()
      const controller = new AbortController()
      underWay.current = controller
      const change = (id: PortfolioId, next: Partial<RunState>) => {
        if (controller.signal.aborted) return
        setStates((all) => (all[id] === undefined ? all : {...all, [id]: {...all[id], ...next}}))
      }

      const transport = transportNow()
      setStartedAt(performance.now())
      setStates((all) => Object.fromEntries(asked.map(({id, request}) => [id, begun(id, request, all[id])])))
      await Promise.all(
        asked.map(async ({id, name, request}) => {
          try {
            const typed = request as unknown as BacktestRequest // the runner judges what it is
            const onProgress = (progress: ProgressEvent) => change(id, {progress})
            const result = await transport(typed, {signal: controller.signal, onProgress})
            change(id, {status: 'completed', shown: {name, request: typed, result}})
          } catch (thrown) {
            change(id, {status: 'failed', error: documentOf(thrown)})
          }
        }),
      )
      if (underWay.current !== controller) return 'given up'
      underWay.current = null
      return 'ended'
    },
    [transportNow],
  )

  const stop = useCallback((next: (all: RunStates) => RunStates) => {
    underWay.current?.abort()
    underWay.current = null
    setStates(next)
  }, [])
  const cancel = useCallback(() => stop(withRunningCancelled), [stop])
  useEffect(() => {
    addEventListener('pagehide', cancel) // a service goes on with what is not cancelled
    return () => removeEventListener('pagehide', cancel)
  }, [cancel])
  const clear = useCallback(() => stop(() => ({})), [stop])

  return {states, startedAt, run, cancel, clear}
}

function begun(id: PortfolioId, asked: JsonObject, former: RunState | undefined): RunState {
  return {id, status: 'running', asked, error: null, progress: null, shown: former?.shown ?? null}
}

function withRunningCancelled(all: RunStates): RunStates {
  const entries = Object.entries(all).map(([id, state]) => [
    id,
    state.status === 'running' ? {...state, status: 'cancelled'} : state,
  ])
  return Object.fromEntries(entries)
}

function documentOf(thrown: unknown): BacktestErrorDocument {
  return thrown instanceof BacktestError
    ? thrown.document
    : errorDocument('INTERNAL', 'the page could not send the request')
}
