import {refusal} from './answers'
import {runCommand} from './command'
import {getSettings} from './settings'

const MOST_AT_ONCE = 2
const MOST_BYTES = 64 * 1024 ** 2
const NOT_A_RESULT = 2

/** The HTML page of a result document, made by `python -m backtester report`. Rejects with a BacktestError. */
export async function makeReport(result: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const {code, stdout} = await runCommand({
    what: 'report',
    args: ['report'],
    input: result,
    signal,
    timeoutMs: getSettings().reportTimeoutMs,
    mostBytes: MOST_BYTES,
    mostAtOnce: MOST_AT_ONCE,
  })
  if (code === 0) return stdout
  if (code === NOT_A_RESULT)
    throw refusal('VALIDATION_FAILED', 'the document is not a result that a report can be made of')
  throw refusal('INTERNAL', "the report could not be made; the server needs the extra report: pip install '.[report]'")
}
