import {type ChildProcess, spawn} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {get} from 'node:http'
import {connect} from 'node:net'
import {tmpdir} from 'node:os'
import {delimiter, join} from 'node:path'
import type {Job} from 'backtest-runner'
import {isProgram} from './chromium'
import {freePort, PYTHON, REPOSITORY} from './server'

const READY_MS = 60_000
const END_MS = 10_000

/** The service, as real processes on free ports. */
export interface Service {
  readonly api: string
  readonly sockets: string
  readonly secret: string | null
  /** Ends all of it, and removes its store. */
  readonly end: () => Promise<void>
}

/** Whether the service can be had with a queue: where it has to be, in CI, the tests fail without. */
export const hasRedis =
  Boolean(process.env.CI) ||
  (process.env.PATH ?? '').split(delimiter).some((folder) => isProgram(join(folder, 'redis-server')))

/**
 * Starts it for the pages of an origin. `local`: `python -m backtester serve`, which asks nobody who they are; `queue`: the
 * API, live updates and a Celery worker on a Redis, with a secret.
 */
export async function startService(kind: 'local' | 'queue', origin: string): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'backtest-e2e-service-'))
  const [port, socketsPort, redisPort] = [await freePort(), await freePort(), await freePort()]
  const secret = kind === 'queue' ? 'the secret of the tests, of more than 32 characters' : null
  const env = {
    ...process.env,
    BACKTEST_OFFLINE: '1',
    BACKTEST_CACHE_DIR: folder,
    BACKTEST_CORS_ORIGINS: origin,
    BACKTEST_RATE_LIMIT: '0',
    ...(secret !== null && {BACKTEST_SECRET: secret, BACKTEST_REDIS_URL: `redis://127.0.0.1:${redisPort}/0`}),
  }
  const processes: ChildProcess[] = []
  const start = (command: string, given: string[]) => {
    processes.unshift(spawn(command, given, {cwd: REPOSITORY, env, stdio: 'ignore'}))
  }
  const end = async () => {
    for (const one of processes) await ended(one) // the workers first, what they stand on last
    rmSync(folder, {recursive: true, force: true, maxRetries: 5})
  }
  const [api, sockets] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${socketsPort}`]
  try {
    if (kind === 'local') {
      const ports = ['--port', String(port), '--sockets-port', String(socketsPort)]
      start(PYTHON, ['-m', 'backtester', 'serve', '--workers', '2', ...ports])
    } else {
      start('redis-server', ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder])
      await until(() => listens(redisPort))
      start(PYTHON, ['-m', 'backtester', 'api', '--port', String(port)])
      start(PYTHON, ['-m', 'backtester', 'sockets', '--port', String(socketsPort)])
      const worker = ['worker', '--concurrency', '2', '--without-mingle', '--without-gossip']
      start(PYTHON, ['-m', 'celery', '-A', 'backtester.adapters.celery.app', ...worker, '-n', `e2e@${port}`])
    }
    for (const url of [api, sockets]) await until(() => answers(`${url}/health/ready`))
  } catch (error) {
    await end()
    throw error
  }
  return {api, sockets, secret, end}
}

/** The latest job of an owner: of everybody, where nobody is asked who they are. */
export async function latestJob({api}: Service, token: string | null): Promise<Job | undefined> {
  const headers = token === null ? {} : {Authorization: `Bearer ${token}`}
  const answer = await fetch(`${api}/backtests?limit=1`, {headers})
  return ((await answer.json()) as {jobs: Job[]}).jobs[0]
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const ends = Date.now() + READY_MS
  while (!(await holds())) {
    if (Date.now() > ends) throw new Error('the service did not start')
    await new Promise((done) => setTimeout(done, 50))
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1')
    probe.once('error', () => resolve(false))
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
  })
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = get(url, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    asked.on('error', () => resolve(false))
  })
}

async function ended(process: ChildProcess): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  const exit = new Promise((resolve) => process.once('exit', resolve))
  process.kill('SIGTERM')
  const timer = setTimeout(() => process.kill('SIGKILL'), END_MS)
  await exit
  clearTimeout(timer)
}
