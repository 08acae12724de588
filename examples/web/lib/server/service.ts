import {
  BacktestClient,
  BacktestError,
  type BacktestRequest,
  type BacktestResult,
  type TransportOptions,
} from 'backtest-runner'
import {getService} from './settings'
import {mint} from './visitor'

/** The service, asked in a visitor's name; in this server's own without one. */
export function serviceClient(visitor?: string): BacktestClient {
  const service = getService()
  if (service === null) throw new Error('PYTHON_API_URL is not set')
  return new BacktestClient({url: service.url, token: async () => (await mint(visitor)).token})
}

/** Run one backtest on the service: queued, so that it may take as long as it asks for. Rejects with a BacktestError. */
export async function runOnService(
  request: BacktestRequest | Uint8Array,
  options: TransportOptions,
  visitor: string | undefined,
): Promise<BacktestResult> {
  try {
    return await serviceClient(visitor).transport('queue')(request, options)
  } catch (thrown) {
    if (thrown instanceof BacktestError && (thrown.status === 401 || thrown.status === 403))
      console.error(`the service refuses this server (${thrown.document.detail}): is its BACKTEST_SECRET the same?`)
    throw thrown
  }
}
