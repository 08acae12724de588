import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync, mkdtempSync, rmSync} from 'node:fs'
import {createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath} from 'node:url'

const APP = fileURLToPath(new URL('../..', import.meta.url))
export const REPOSITORY = dirname(dirname(APP))
const READY_MS = 60_000

export const RUNNER = join(REPOSITORY, 'backtest_runner.py')
export const PYTHON = process.env.PYTHON_PATH || join(REPOSITORY, '.venv', 'bin', 'python')

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}

export function serverArguments(port: number): string[] {
  return ['node_modules/next/dist/bin/next', 'start', '-H', '127.0.0.1', '-p', String(port)]
}

export function serverCommand(port: number): string {
  if (!existsSync(join(APP, '.next', 'BUILD_ID'))) throw new Error('the app is not built: npm run build')
  return ['exec', 'node', ...serverArguments(port)].join(' ') // exec: the process that is ended is the server itself
}

/** Offline, and with a price store of its own, whose path tells the server's processes from all others. */
export function serverEnv(cache: string): Record<string, string> {
  return {BACKTEST_OFFLINE: '1', BACKTEST_CACHE_DIR: cache, PYTHON_PATH: PYTHON, NEXT_TELEMETRY_DISABLED: '1'}
}

export interface Server {
  readonly url: string
  readonly cache: string
  readonly process: ChildProcess
  /** Ends it, if it has not ended, and removes its store. */
  readonly end: () => Promise<void>
}

interface ServerOptions {
  readonly port?: number
  readonly elsewhere?: boolean
  readonly app?: string
  readonly ready?: string
}

/**
 * Another server, with settings of its own. `elsewhere`: it is started where no runner is near. `app`: the folder of another
 * app that is built, and `ready` what it answers once it serves.
 */
export async function startServer(
  env: Record<string, string> = {},
  {port: wanted, elsewhere = false, app = APP, ready = '/api/health'}: ServerOptions = {},
): Promise<Server> {
  const port = wanted ?? (await freePort())
  const cache = mkdtempSync(join(tmpdir(), 'backtest-e2e-'))
  const [next = '', ...options] = serverArguments(port)
  const child = spawn(process.execPath, [join(app, next), ...options, ...(elsewhere ? [app] : [])], {
    cwd: elsewhere ? cache : app,
    env: {...process.env, ...serverEnv(cache), ...env},
    stdio: 'ignore',
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${port}`
  const end = async () => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000)
    await ended
    clearTimeout(timer)
    rmSync(cache, {recursive: true, force: true, maxRetries: 5})
  }
  const until = Date.now() + READY_MS
  for (;;) {
    const answer = await fetch(url + ready).catch(() => null)
    if (answer?.ok) return {url, cache, process: child, end}
    if (Date.now() > until || child.exitCode !== null) {
      await end()
      throw new Error('the server did not start')
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
