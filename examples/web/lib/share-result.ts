/** Keeping a result on the page's own server, and reading one that is kept. Both fail with sentences for people. */
import {answerFrom, type BacktestRequest, type BacktestResult} from 'backtest-runner'
import {sentence} from './problems'
import {documentAddress, pageOf} from './shared-address'

/** Keeps the result of this id and request; gives the address of its page, and until when it is kept (ISO 8601). */
export async function shareResult(
  id: string,
  request: BacktestRequest,
  signal: AbortSignal,
): Promise<{address: string; until: string}> {
  const headers = {'Content-Type': 'application/json'}
  const answer = await asked(documentAddress(id), {method: 'POST', headers, body: JSON.stringify(request), signal})
  const {until} = JSON.parse(answer) as {until: string}
  return {address: `${location.origin}${pageOf(id)}`, until}
}

export async function sharedResult(id: string, signal: AbortSignal): Promise<BacktestResult> {
  const document = answerFrom(await asked(documentAddress(id), {signal}))
  if (!document?.success) throw new Error('The server answered with something else than a result.')
  return document
}

async function asked(address: string, init: RequestInit): Promise<string> {
  const response = await fetch(address, init).catch((fault: unknown) => {
    if (init.signal?.aborted) throw fault
    throw new Error('The server could not be reached. Is it still running?')
  })
  const text = await response.text()
  if (response.ok) return text
  const problem = answerFrom(text)
  if (problem === undefined || problem.success) throw new Error(`The server answered with status ${response.status}.`)
  throw new Error(`${sentence(problem.detail)} ${problem.remedy}`)
}
