import {spawn} from 'node:child_process'
import type {BacktestResult} from 'backtest-runner'
import {PYTHON, RUNNER} from './server'

/** The result of a request from the runner itself, without the page and its server. */
export async function runDirectly(request: unknown): Promise<BacktestResult> {
  return JSON.parse(await writtenDirectly(request)) as BacktestResult
}

/** What the runner itself writes for a request. */
export function writtenDirectly(request: unknown): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = {...process.env, BACKTEST_OFFLINE: '1', BACKTEST_CACHE_DIR: process.env.E2E_CACHE}
    const child = spawn(PYTHON, [RUNNER], {env, stdio: ['pipe', 'pipe', 'inherit']})
    const pieces: Buffer[] = []
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
    child.on('error', reject)
    child.on('close', () => resolve(Buffer.concat(pieces).toString()))
    child.stdin.end(JSON.stringify(request))
  })
}

/** A document's text without what differs from run to run. */
export const untimedText = (text: string) => text.replace(/"timing_ms":\{[^}]*\}/, '')

/** A result without what differs from run to run. */
export function untimed<T extends object>(result: T): Omit<T, 'timing_ms'> {
  const {timing_ms: _, ...rest} = result as T & {timing_ms?: unknown}
  return rest
}
