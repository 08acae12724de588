import {execFile} from 'node:child_process'
import {createHash} from 'node:crypto'
import {promisify} from 'node:util'
import type {ListedSymbol, Strategy} from '@/lib/schema/types'
import {forget, keptPromise} from './kept'
import {serviceClient} from './service'
import {getRunner, getSettings} from './settings'

const run = promisify(execFile)
const MOST_BYTES = 16 * 1024 ** 2
/** The first list of a folder of thousands of files reads each of them; later ones those that have changed. */
const LONGEST_MS = 60_000
/** A symbol that somebody's run has fetched is offered to everybody after this time. */
const SYMBOLS_FRESH_MS = 5000

/** The strategies of a service that is replaced while this server runs are known after this time. */
const STRATEGIES_FRESH_MS = 60_000

/** The strategies of this runner, plug-ins included, with the schemas of their parameters. */
export async function listStrategies(): Promise<readonly Strategy[]> {
  return (await strategiesDocument()).value
}

/** The same as JSON with its entity tag. */
export function strategiesDocument(): Promise<{text: string; etag: string; value: readonly Strategy[]}> {
  return keptPromise(
    'strategies',
    async () => {
      const text = asksService() ? JSON.stringify(await serviceClient().strategies()) : await list('--list-strategies')
      const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`
      return {text, etag, value: JSON.parse(text) as Strategy[]}
    },
    asksService() ? STRATEGIES_FRESH_MS : Infinity,
  )
}

/** The symbols whose prices are at hand: stored, in the CSV folder, bundled. */
export function listSymbols(): Promise<readonly ListedSymbol[]> {
  return keptPromise(
    'symbols',
    async () =>
      asksService() ? serviceClient().symbols() : (JSON.parse(await list('--list-symbols')) as ListedSymbol[]),
    SYMBOLS_FRESH_MS,
  )
}

/** After an import: the next caller is told of it. */
export const forgetSymbols = () => forget('symbols')

export async function runnerVersion(): Promise<string> {
  if (asksService()) return (await serviceClient().health()).version
  return keptPromise('version', async () => (await list('--version')).trim())
}

function asksService(): boolean {
  return getSettings().mode === 'api'
}

async function list(flag: string): Promise<string> {
  const {pythonPath, runnerPath} = getRunner()
  const {stdout} = await run(pythonPath, [runnerPath, flag], {
    maxBuffer: MOST_BYTES,
    timeout: LONGEST_MS,
    windowsHide: true,
  })
  return stdout
}
