/** Files that the browser saves: from the page's own data, or made by the server. */

import {type BacktestResult, documentText} from 'backtest-runner'

export function saveFile(name: string, content: Blob | string, type = 'text/csv;charset=utf-8'): void {
  const blob = typeof content === 'string' ? new Blob([content], {type}) : content
  const link = document.createElement('a')
  link.download = name
  link.href = URL.createObjectURL(blob)
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // some browsers begin to read it only later
}

/** A file's name: the run's own, without what file systems refuse. */
export function fileName(run: string, what: string): string {
  const safe = run
    .normalize('NFKD')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '')
    .slice(0, 60)
  return `${safe.toLowerCase() || 'backtest'}-${what}`
}

/** The result as a page of its own, made by the report of the runner. Fails with a sentence for people. */
export async function fetchReport(result: BacktestResult, signal?: AbortSignal): Promise<Blob> {
  let response: Response
  try {
    response = await fetch('/api/python-backtest/report', {
      method: 'POST',
      headers: {'Content-Type': 'application/json', Accept: 'text/html, application/problem+json'},
      body: documentText(result),
      signal: signal ?? null,
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new Error('The server could not be reached. Is it still running?')
  }
  if (response.ok) return response.blob()
  const problem: unknown = await response.json().catch(() => null)
  const detail = typeof problem === 'object' && problem !== null && 'detail' in problem ? String(problem.detail) : ''
  throw new Error(detail || `The server answered with status ${response.status}.`)
}
