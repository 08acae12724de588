import {existsSync, readFileSync} from 'node:fs'
import {dirname, join} from 'node:path'

/** What the operator can set. The README has this as a table. */
export interface Settings {
  /** BACKTEST_WEB_MODE: `warm` processes that stay alive; `prespawn`, one process a run, started ahead; `api`, none. */
  readonly mode: 'warm' | 'prespawn' | 'api'
  /** The runner; null only with `api`, where there need not be one. */
  readonly runner: Runner | null
  /** BACKTEST_WEB_WORKERS: how many runs at once. */
  readonly workers: number
  /** BACKTEST_WEB_QUEUE: how many may wait; the next is answered 429. */
  readonly queue: number
  /** BACKTEST_WEB_TIMEOUT_MS: the longest that a run may take; the runner has deadlines of its own. */
  readonly timeoutMs: number
  /** BACKTEST_WEB_RECYCLE_AFTER: how many runs a warm process serves. */
  readonly recycleAfter: number
  /** BACKTEST_WEB_MAX_BODY_BYTES: the largest request. */
  readonly maxBodyBytes: number
  /** BACKTEST_WEB_MAX_REPORT_BYTES: the largest result that a report is made of. */
  readonly maxReportBytes: number
  /** BACKTEST_WEB_REPORT_TIMEOUT_MS: the longest that a report may take. */
  readonly reportTimeoutMs: number
  /** BACKTEST_WEB_IMPORT: whether visitors may import prices, which all runs of this server then use. */
  readonly importsPrices: boolean
  /** BACKTEST_WEB_MAX_IMPORT_BYTES: the largest file of prices. */
  readonly maxImportBytes: number
  /** Where results that somebody shares are kept; null where none are. */
  readonly shared: SharedResults | null
  /** BACKTEST_WEB_ORIGIN: this site's address as others reach it; null: what their request names. */
  readonly origin: string | null
}

export interface SharedResults {
  /** BACKTEST_WEB_KEEP_DIR: the folder, for this purpose alone. */
  readonly folder: string
  /** BACKTEST_WEB_KEEP_MAX_BYTES: how many bytes they take at most, compressed. */
  readonly maxBytes: number
  /** BACKTEST_WEB_KEEP_MAX_COUNT: how many there are at most. */
  readonly maxCount: number
  /** BACKTEST_WEB_KEEP_DAYS: for how long each is kept. */
  readonly days: number
}

export interface Runner {
  /** PYTHON_PATH: the interpreter itself. Default: .venv/bin/python beside the runner, else python3. */
  readonly pythonPath: string
  /** BACKTEST_RUNNER: backtest_runner.py. Default: the nearest one at or above the working directory. */
  readonly runnerPath: string
}

/** The service that runs backtests elsewhere. */
export interface Service {
  /** PYTHON_API_URL: its REST API, as this server reaches it. */
  readonly url: string
  /** BACKTEST_PUBLIC_API_URL: the same as browsers reach it. */
  readonly publicUrl: string
  /** BACKTEST_PUBLIC_SOCKET_URL: its live updates, as browsers reach them. */
  readonly publicSocketUrl: string
  /** BACKTEST_SECRET, or the file that BACKTEST_SECRET_FILE names: what tokens are signed with; null where none are asked for. */
  readonly secret: string | null
}

const RUNNER = 'backtest_runner.py'
const LEVELS_UP = 8
const LEAST_SECRET = 32
let settings: Settings | undefined
let service: {readonly found: Service | null} | undefined

/** The settings, read once. Throws with the variable's name where one cannot be used. */
export function getSettings(): Settings {
  settings ??= read(process.env)
  return settings
}

/** The service, where one is set; read once. */
export function getService(): Service | null {
  service ??= {found: readService(process.env)}
  return service.found
}

/** The runner that this server starts. */
export function getRunner(): Runner {
  const {runner} = getSettings()
  if (runner === null) throw missingRunner()
  return runner
}

function read(env: NodeJS.ProcessEnv): Settings {
  const mode = oneOf(env, 'BACKTEST_WEB_MODE', ['warm', 'prespawn', 'api'])
  if (mode === 'api' && getService() === null)
    throw new Error('BACKTEST_WEB_MODE is api, and PYTHON_API_URL is not set')
  const runnerPath = env.BACKTEST_RUNNER || nearestRunner()
  if (runnerPath === null && mode !== 'api') throw missingRunner()
  return {
    mode,
    runner: runnerPath === null ? null : {pythonPath: env.PYTHON_PATH || interpreterBeside(runnerPath), runnerPath},
    workers: whole(env, 'BACKTEST_WEB_WORKERS', 2, 1),
    queue: whole(env, 'BACKTEST_WEB_QUEUE', 20, 0),
    timeoutMs: whole(env, 'BACKTEST_WEB_TIMEOUT_MS', 310_000, 1),
    recycleAfter: whole(env, 'BACKTEST_WEB_RECYCLE_AFTER', 1000, 1),
    maxBodyBytes: whole(env, 'BACKTEST_WEB_MAX_BODY_BYTES', 5 * 1024 ** 2, 1),
    maxReportBytes: whole(env, 'BACKTEST_WEB_MAX_REPORT_BYTES', 32 * 1024 ** 2, 1),
    reportTimeoutMs: whole(env, 'BACKTEST_WEB_REPORT_TIMEOUT_MS', 60_000, 1),
    importsPrices: mode !== 'api' && oneOf(env, 'BACKTEST_WEB_IMPORT', ['0', '1']) === '1',
    maxImportBytes: whole(env, 'BACKTEST_WEB_MAX_IMPORT_BYTES', 16 * 1024 ** 2, 1),
    shared: readShared(env),
    origin: address(env, 'BACKTEST_WEB_ORIGIN'),
  }
}

function readShared(env: NodeJS.ProcessEnv): SharedResults | null {
  const limits = {
    maxBytes: whole(env, 'BACKTEST_WEB_KEEP_MAX_BYTES', 256 * 1024 ** 2, 1),
    maxCount: whole(env, 'BACKTEST_WEB_KEEP_MAX_COUNT', 1000, 1),
    days: whole(env, 'BACKTEST_WEB_KEEP_DAYS', 90, 1),
  }
  return env.BACKTEST_WEB_KEEP_DIR ? {folder: env.BACKTEST_WEB_KEEP_DIR, ...limits} : null
}

function readService(env: NodeJS.ProcessEnv): Service | null {
  const url = address(env, 'PYTHON_API_URL')
  if (url === null) return null
  const publicUrl = address(env, 'BACKTEST_PUBLIC_API_URL') ?? url
  const publicSocketUrl = address(env, 'BACKTEST_PUBLIC_SOCKET_URL') ?? withNextPort(publicUrl)
  return {url, publicUrl, publicSocketUrl, secret: readSecret(env)}
}

/** A secret that may also stand in a file, as Docker's and Kubernetes' do. */
function readSecret(env: NodeJS.ProcessEnv): string | null {
  if (env.BACKTEST_SECRET && env.BACKTEST_SECRET_FILE)
    throw new Error('set BACKTEST_SECRET or BACKTEST_SECRET_FILE, not both')
  const secret = env.BACKTEST_SECRET_FILE
    ? readFileSync(/* turbopackIgnore: true */ env.BACKTEST_SECRET_FILE, 'utf8').trim()
    : env.BACKTEST_SECRET
  if (!secret) return null
  if (secret.length < LEAST_SECRET) throw new Error(`BACKTEST_SECRET must have at least ${LEAST_SECRET} characters`)
  return secret
}

/** An address without a slash at its end; null where there is none. */
function address(env: NodeJS.ProcessEnv, name: string): string | null {
  const text = env[name]
  if (text === undefined || text === '') return null
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new Error(`${name} must be an address like http://localhost:8000`)
}

/** Live updates are one port further than the API; behind one name, without ports, they are at the same address. */
function withNextPort(text: string): string {
  const url = new URL(text)
  if (url.port === '') return url.origin
  url.port = String(Number(url.port) + 1)
  return url.origin
}

function missingRunner(): Error {
  return new Error(`BACKTEST_RUNNER is not set, and there is no ${RUNNER} at or above the working directory`)
}

function nearestRunner(): string | null {
  let folder = process.cwd()
  for (let level = 0; level < LEVELS_UP; level += 1) {
    const path = join(/* turbopackIgnore: true */ folder, RUNNER)
    if (existsSync(/* turbopackIgnore: true */ path)) return path
    folder = dirname(folder)
  }
  return null
}

function interpreterBeside(runnerPath: string): string {
  const inVenv = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']
  const path = join(/* turbopackIgnore: true */ dirname(runnerPath), '.venv', ...inVenv)
  if (existsSync(/* turbopackIgnore: true */ path)) return path
  return process.platform === 'win32' ? 'python.exe' : 'python3'
}

function whole(env: NodeJS.ProcessEnv, name: string, otherwise: number, least: number): number {
  const text = env[name]
  if (text === undefined || text === '') return otherwise
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least) return value
  throw new Error(`${name} must be a whole number of at least ${least}`)
}

function oneOf<T extends string>(env: NodeJS.ProcessEnv, name: string, values: readonly [T, ...T[]]): T {
  const text = env[name] || values[0]
  const value = values.find((one) => one === text)
  if (value === undefined) throw new Error(`${name} must be one of ${values.join(', ')}`)
  return value
}
