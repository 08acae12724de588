import type {BacktestRequest, BacktestResult} from 'backtest-runner'
import {BacktestPool, type PoolStats, type RunOptions} from 'backtest-runner/node'
import {kept} from './kept'
import {getRunner, getSettings} from './settings'

/** Run one backtest on this server's processes. Rejects with a BacktestError. */
export function runOnPool(request: BacktestRequest | Uint8Array, options: RunOptions): Promise<BacktestResult> {
  return pool().run(request, options)
}

export function poolStats(): PoolStats {
  return pool().stats()
}

/** One pool a server process, made with the first run. */
function pool(): BacktestPool {
  return kept('pool', () => {
    const {mode, workers, queue, timeoutMs, recycleAfter} = getSettings()
    const onStderr = (line: string) => console.error(`[runner] ${line}`) // for the operator; no answer carries it
    return new BacktestPool({
      ...getRunner(),
      mode: mode === 'prespawn' ? 'prespawn' : 'warm',
      size: workers,
      maxQueue: queue,
      timeoutMs,
      recycleAfter,
      onStderr,
    })
  })
}
