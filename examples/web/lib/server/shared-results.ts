import {randomUUID} from 'node:crypto'
import {mkdir, open, readdir, rename, rm, stat, utimes} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {gunzip, gzip} from 'node:zlib'
import {BacktestError, type BacktestResult, errorDocument} from 'backtest-runner'
import {isResultId} from '@/lib/shared-address'
import {kept} from './kept'
import {getSettings, type SharedResults} from './settings'

const DAY_MS = 24 * 3600 * 1000
/** A file that is being written is older than this only where its writer has died. */
const ABANDONED_MS = 3600 * 1000
const MOST_UNPACKED_BYTES = 256 * 1024 ** 2
const RESULT_FILE = /^[0-9a-f]{64}\.json\.gz$/
const UNFINISHED_FILE = /^[0-9a-f-]{36}\.tmp$/
const [pack, unpack] = [promisify(gzip), promisify(gunzip)]

export interface SharedResult {
  /** The runner's own bytes. */
  readonly text: string
  readonly result: BacktestResult
  /** Until when it is kept. */
  readonly until: Date
}

/** The store that this server's operator allows; null where none is. */
export function resultStore(): ResultStore | null {
  const {shared} = getSettings()
  return shared === null ? null : kept('shared results', () => new ResultStore(shared))
}

/**
 * Results that somebody shares: one compressed file each, named by its result_id, so that any process that has the folder
 * finds them. Nothing is pushed out before its time: where the store is full the next result is refused.
 */
export class ResultStore {
  readonly #limits: SharedResults
  #latest: Promise<unknown> = Promise.resolve()

  constructor(limits: SharedResults) {
    this.#limits = limits
  }

  /** A result; null where it is not kept, or no longer. Throws where its file is damaged or cannot be read. */
  async read(id: string): Promise<SharedResult | null> {
    if (!isResultId(id)) return null
    const file = await open(this.#path(fileOf(id))).catch(nullWhereMissing)
    if (file === null) return null
    try {
      const ends = (await file.stat()).mtimeMs + this.#limits.days * DAY_MS
      return ends < Date.now() ? null : {...(await unpacked(id, await file.readFile())), until: new Date(ends)}
    } finally {
      await file.close()
    }
  }

  /**
   * Keep the result of this id from now on for its full time; gives the time at which that ends. The caller has it from a
   * runner. One after the other, so that the limits hold; each further process can pass them by one result.
   */
  write(id: string, text: string): Promise<Date> {
    const mine = this.#latest.then(() => this.#write(id, text))
    this.#latest = mine.catch(() => undefined)
    return mine
  }

  async #write(id: string, text: string): Promise<Date> {
    await mkdir(this.#limits.folder, {recursive: true, mode: 0o700})
    const others = await this.#othersInTime(fileOf(id))
    const now = new Date()
    if (await this.read(id).catch(() => null)) await utimes(this.#path(fileOf(id)), now, now)
    else {
      const packed = await pack(text)
      const bytes = others.reduce((sum, {size}) => sum + size, packed.length)
      if (others.length >= this.#limits.maxCount || bytes > this.#limits.maxBytes) throw full()
      await this.#replace(fileOf(id), packed)
    }
    return new Date(now.getTime() + this.#limits.days * DAY_MS)
  }

  /** The file stands there whole or not at all, also after a power cut. */
  async #replace(name: string, content: Uint8Array): Promise<void> {
    const unfinished = this.#path(`${randomUUID()}.tmp`)
    try {
      const file = await open(unfinished, 'wx', 0o600)
      await file
        .writeFile(content)
        .then(() => file.sync())
        .finally(() => file.close())
      await rename(unfinished, this.#path(name))
    } catch (fault) {
      await rm(unfinished, {force: true})
      throw fault
    }
  }

  /** The other results, once what is past its time has been removed. Files of any other name are left alone. */
  async #othersInTime(name: string): Promise<{readonly size: number}[]> {
    const now = Date.now()
    const others: {readonly size: number}[] = []
    for (const one of await readdir(this.#limits.folder)) {
      const isResult = RESULT_FILE.test(one)
      if (one === name || !(isResult || UNFINISHED_FILE.test(one))) continue
      const found = await stat(this.#path(one)).catch(nullWhereMissing)
      if (found === null) continue
      if (found.mtimeMs + (isResult ? this.#limits.days * DAY_MS : ABANDONED_MS) < now)
        await rm(this.#path(one), {force: true})
      else if (isResult) others.push(found)
    }
    return others
  }

  #path(name: string): string {
    return join(/* turbopackIgnore: true */ this.#limits.folder, name)
  }
}

/** Without the colon, which some file systems refuse. */
const fileOf = (id: string): string => `${id.slice('sha256:'.length)}.json.gz`

async function unpacked(id: string, content: Uint8Array): Promise<{text: string; result: BacktestResult}> {
  try {
    const text = (await unpack(content, {maxOutputLength: MOST_UNPACKED_BYTES})).toString()
    const result = JSON.parse(text) as BacktestResult
    if (result.success && result.result_id === id) return {text, result}
  } catch {
    // not what was written: the same as another document
  }
  throw new BacktestError(
    errorDocument('INTERNAL', 'the file of this shared result is damaged', {
      remedy: 'Run the request again and share its result again.',
    }),
  )
}

function full(): BacktestError {
  const detail = 'this server keeps as many shared results as its operator allows'
  const remedy = 'Copy the link to the request instead, or ask the operator for more room.'
  return new BacktestError(errorDocument('SERVICE_UNAVAILABLE', detail, {remedy, retryable: false}))
}

function nullWhereMissing(fault: unknown): null {
  if ((fault as NodeJS.ErrnoException).code === 'ENOENT') return null
  throw fault
}
