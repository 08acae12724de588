import type {BacktestRequest, BacktestResult, TransportOptions} from 'backtest-runner'
import {runOnPool} from './pool'
import {runOnService} from './service'
import {getSettings} from './settings'
import {visitorOf} from './visitor'

/** Who asks, where that makes a difference: only the service keeps what it runs, and for whom. */
export async function askerOf(request: Request): Promise<string | undefined> {
  return getSettings().mode === 'api' ? visitorOf(request) : undefined
}

/** Run one backtest, a request or the bytes of one, here or on the service. Rejects with a BacktestError. */
export function run(
  asked: BacktestRequest | Uint8Array,
  options: TransportOptions,
  asker?: string,
): Promise<BacktestResult> {
  return getSettings().mode === 'api' ? runOnService(asked, options, asker) : runOnPool(asked, options)
}
