import {existsSync} from 'node:fs'
import {dirname, join} from 'node:path'

/** What the operator can set. The README has this as a table. */
export interface Settings {
  /** PYTHON_PATH: the interpreter itself. Default: .venv/bin/python beside the runner, else python3. */
  readonly pythonPath: string
  /** BACKTEST_RUNNER: backtest_runner.py. Default: the nearest one at or above the working directory. */
  readonly runnerPath: string
  /** BACKTEST_WEB_MODE: `warm` processes that stay alive, or `prespawn`, one process a run, started ahead. */
  readonly mode: 'warm' | 'prespawn'
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
}

const RUNNER = 'backtest_runner.py'
const LEVELS_UP = 8
let settings: Settings | undefined

/** The settings, read once. Throws with the variable's name where one cannot be used. */
export function getSettings(): Settings {
  settings ??= read(process.env)
  return settings
}

function read(env: NodeJS.ProcessEnv): Settings {
  const runnerPath = env.BACKTEST_RUNNER || nearestRunner()
  return {
    pythonPath: env.PYTHON_PATH || interpreterBeside(runnerPath),
    runnerPath,
    mode: oneOf(env, 'BACKTEST_WEB_MODE', ['warm', 'prespawn']),
    workers: whole(env, 'BACKTEST_WEB_WORKERS', 2, 1),
    queue: whole(env, 'BACKTEST_WEB_QUEUE', 20, 0),
    timeoutMs: whole(env, 'BACKTEST_WEB_TIMEOUT_MS', 310_000, 1),
    recycleAfter: whole(env, 'BACKTEST_WEB_RECYCLE_AFTER', 1000, 1),
    maxBodyBytes: whole(env, 'BACKTEST_WEB_MAX_BODY_BYTES', 5 * 1024 ** 2, 1),
    maxReportBytes: whole(env, 'BACKTEST_WEB_MAX_REPORT_BYTES', 32 * 1024 ** 2, 1),
    reportTimeoutMs: whole(env, 'BACKTEST_WEB_REPORT_TIMEOUT_MS', 60_000, 1),
  }
}

function nearestRunner(): string {
  let folder = process.cwd()
  for (let level = 0; level < LEVELS_UP; level += 1) {
    const path = join(/* turbopackIgnore: true */ folder, RUNNER)
    if (existsSync(/* turbopackIgnore: true */ path)) return path
    folder = dirname(folder)
  }
  throw new Error(`BACKTEST_RUNNER is not set, and there is no ${RUNNER} at or above the working directory`)
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
