import {BacktestError, type BacktestErrorDocument} from 'backtest-runner'
import type {JsonObject} from '@/lib/schema/types'
import {refusal} from './answers'
import {runCommand} from './command'

const LONGEST_MS = 20_000
const MOST_BYTES = 64 * 1024 ** 2
const REFUSED = 2

/** A symphony as a request, with what is to be known of it in sentences; or the error document that says why it is none. */
export type Converted =
  | {readonly request: JsonObject; readonly warnings: readonly string[]}
  | {readonly refused: BacktestErrorDocument}

/** A symphony of Composer, by `python -m backtester convert composer`. Rejects with a BacktestError where that fails. */
export async function convertComposer(symphony: Uint8Array, signal: AbortSignal): Promise<Converted> {
  const {code, stdout, stderr} = await runCommand({
    what: 'conversion',
    args: ['convert', 'composer'],
    input: symphony,
    signal,
    timeoutMs: LONGEST_MS,
    mostBytes: MOST_BYTES,
    mostAtOnce: 2,
  })
  if (code === 0) {
    const warnings = stderr.split('\n').filter((line) => line !== '')
    return {request: JSON.parse(stdout.toString()) as JsonObject, warnings}
  }
  const document = errorIn(stdout)
  if (document !== null && code === REFUSED) return {refused: document}
  if (document !== null) throw new BacktestError(document)
  throw refusal('INTERNAL', 'The symphony could not be converted.')
}

/** The error document on stdout; null of a process that ended before it could write one. */
function errorIn(stdout: Buffer): BacktestErrorDocument | null {
  try {
    return JSON.parse(stdout.toString()) as BacktestErrorDocument
  } catch {
    return null
  }
}
