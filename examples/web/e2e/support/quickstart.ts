import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {freePort, PYTHON, REPOSITORY, serverEnv} from './server'

/** A file that the document has its reader save, or commands for a shell. */
type Step = {readonly path: string; readonly text: string} | {readonly commands: string}

const BLOCK = /(?:<!-- file: examples\/nextjs\/(\S+) -->\n)?```(\w*)\n(.*?)```\n/gs
/** The commands of the document that serve until they are ended. */
const SERVES = /^(?:npm run dev|node \S+server\.js)$/m
const READY_MS = 60_000

/** docs/quickstart-nextjs.md, followed word for word by a reader who has this repository and nothing else. */
export class Reader {
  readonly folder = mkdtempSync(join(tmpdir(), 'backtest-quickstart-'))
  readonly cache = join(this.folder, 'cache')
  /** Where the reader is. */
  place = this.folder
  url = ''
  server: ChildProcess | undefined
  readonly #steps: Step[]
  #port = 0

  constructor() {
    const page = readFileSync(join(REPOSITORY, 'docs', 'quickstart-nextjs.md'), 'utf8')
    this.#steps = [...page.matchAll(BLOCK)].flatMap(([, path, language, text = '']): Step[] =>
      path ? [{path, text}] : language ? [] : [{commands: text}],
    )
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: REPOSITORY,
    })
    for (const name of listed.toString().split('\0').filter(Boolean))
      cpSync(join(REPOSITORY, name), join(this.folder, 'backtest-runner', name), {recursive: true})
  }

  /** Follow the document up to its next server, which then serves, or up to `last`, and return what that printed. */
  async readOn(last = SERVES): Promise<string> {
    for (let step = this.#steps.shift(); step !== undefined; step = this.#steps.shift()) {
      if ('path' in step) {
        mkdirSync(dirname(join(this.place, step.path)), {recursive: true})
        writeFileSync(join(this.place, step.path), step.text)
        continue
      }
      const serving = SERVES.exec(step.commands)?.[0]
      const printed = this.shell(step.commands.replace(SERVES, ''))
      if (serving !== undefined) await this.#serve(serving)
      if (last.test(step.commands)) return printed
    }
    throw new Error(`the document has no more commands like ${last}`)
  }

  /** Run commands as the reader would; return what they print. A `cd` is remembered. */
  shell(commands: string): string {
    const here = join(this.folder, 'here')
    const script = `set -e\n${commands.replaceAll('localhost:3000', `localhost:${this.#port}`)}\npwd > "${here}"`
    const printed = execFileSync('sh', ['-c', script], {
      cwd: this.place,
      env: this.#env(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.place = readFileSync(here, 'utf8').trim()
    return printed.toString()
  }

  /** End the server as an operator would, and wait until it has ended. */
  async endServer(): Promise<void> {
    const {server} = this
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return
    const ended = new Promise((resolve) => server.once('exit', resolve))
    process.kill(-server.pid, 'SIGTERM')
    await ended
  }

  async end(): Promise<void> {
    await this.endServer()
    rmSync(this.folder, {recursive: true, force: true, maxRetries: 5})
  }

  async #serve(command: string): Promise<void> {
    await this.endServer()
    this.#port = await freePort()
    this.url = `http://localhost:${this.#port}`
    this.server = spawn('sh', ['-c', `exec ${command}`], {
      cwd: this.place,
      env: {...this.#env(), PORT: String(this.#port)},
      stdio: 'ignore',
      detached: true, // npm, next and its workers end together
    })
    const until = Date.now() + READY_MS
    while (!(await fetch(this.url).catch(() => null))?.ok) {
      if (Date.now() > until || this.server.exitCode !== null) throw new Error(`${command} does not serve`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** No network for runs, a price store of its own; `python3` is one that will do, and what the document sets is not set yet. */
  #env(): NodeJS.ProcessEnv {
    const {PYTHON_PATH: _, ...ours} = {...process.env, ...serverEnv(this.cache)}
    for (const name of Object.keys(ours)) if (/^(npm_|NODE_ENV$|BACKTEST_RUNNER$|MAKE)/.test(name)) delete ours[name]
    return {...ours, PATH: `${dirname(PYTHON)}:${process.env.PATH}`}
  }
}
