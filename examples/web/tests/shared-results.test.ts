import {randomBytes} from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {gunzipSync, gzipSync} from 'node:zlib'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {ResultStore} from '@/lib/server/shared-results'

const DAY_MS = 24 * 3600 * 1000
const idOf = (digit: string) => `sha256:${digit.repeat(64)}`
const [A, B, C] = [idOf('a'), idOf('b'), idOf('c')]
const documentOf = (id: string, more = '') => `{"success":true,"result_id":"${id}","figure":1e-7,"more":"${more}"}\n`
const noise = (bytes: number) => randomBytes(bytes / 2).toString('hex')

let place: string
let folder: string
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'backtest-shared-'))
  folder = join(place, 'results')
})
afterEach(() => rmSync(place, {recursive: true, force: true}))

const store = (limits = {}) => new ResultStore({folder, maxBytes: 1e6, maxCount: 10, days: 30, ...limits})
const fileOf = (id: string) => join(folder, `${id.slice(7)}.json.gz`)
const age = (path: string, days: number) => utimesSync(path, new Date(), new Date(Date.now() - days * DAY_MS))

describe('a store of results', () => {
  it('gives back the bytes that were written, to another process too', async () => {
    await store().write(A, documentOf(A))
    expect((await store().read(A))?.text).toBe(documentOf(A))
    expect(gunzipSync(readFileSync(fileOf(A))).toString()).toBe(documentOf(A))
    expect(readdirSync(folder)).toEqual([`${'a'.repeat(64)}.json.gz`])
  })

  it('has nothing before the first is written, and no folder either', async () => {
    expect(await store().read(A)).toBeNull()
    expect(existsSync(folder)).toBe(false)
  })

  it.each([
    '',
    'a',
    '../../etc/passwd',
    `sha256:${'a'.repeat(63)}/`,
    `${A}\n`,
    `sha256:..%2f${'a'.repeat(57)}`,
    A.toUpperCase(),
    '__proto__',
    `${A}\0`,
  ])('knows no result %j', async (id) => {
    await store().write(A, documentOf(A))
    expect(await store().read(id)).toBeNull()
  })

  it.each([
    ['is cut off', (path: string) => truncateSync(path, statSync(path).size - 9)],
    ['is empty', (path: string) => truncateSync(path, 0)],
    ['is no archive', (path: string) => writeFileSync(path, documentOf(A))],
    ['holds no JSON', (path: string) => writeFileSync(path, gzipSync('{"success":tr'))],
    ['holds another result', (path: string) => writeFileSync(path, gzipSync(documentOf(B)))],
    ['holds an error', (path: string) => writeFileSync(path, gzipSync(`{"success":false,"result_id":"${A}"}`))],
  ])('says of a file that %s that it is damaged, and writes it anew', async (_, harm) => {
    await store().write(A, documentOf(A))
    harm(fileOf(A))
    await expect(store().read(A)).rejects.toMatchObject({
      code: 'INTERNAL',
      document: {detail: expect.stringContaining('damaged')},
    })
    await store().write(A, documentOf(A))
    expect((await store().read(A))?.text).toBe(documentOf(A))
  })

  it('ends the time of a result, and removes its file with the next that is written', async () => {
    await store().write(A, documentOf(A))
    age(fileOf(A), 31)
    expect(await store().read(A)).toBeNull()
    await store().write(B, documentOf(B))
    expect(existsSync(fileOf(A))).toBe(false)
  })

  it('begins the time of a result anew when it is shared again', async () => {
    await store().write(A, documentOf(A))
    age(fileOf(A), 29)
    const until = await store().write(A, documentOf(A))
    expect(until.getTime()).toBeGreaterThan(Date.now() + 29 * DAY_MS)
    expect(Math.abs((await store().read(A))!.until.getTime() - until.getTime())).toBeLessThan(1000)
  })

  it('refuses one more than it may hold, and keeps those that it has', async () => {
    const small = store({maxCount: 2})
    await small.write(A, documentOf(A))
    await small.write(B, documentOf(B))
    await expect(small.write(C, documentOf(C))).rejects.toMatchObject({code: 'SERVICE_UNAVAILABLE', retryable: false})
    await small.write(A, documentOf(A)) // that one is there
    expect(await small.read(B)).not.toBeNull()
    expect(await small.read(C)).toBeNull()
  })

  it('refuses what would not fit into its bytes', async () => {
    const small = store({maxBytes: 1500})
    await small.write(A, documentOf(A, noise(2000)))
    await expect(small.write(B, documentOf(B, noise(2000)))).rejects.toMatchObject({code: 'SERVICE_UNAVAILABLE'})
    expect(readdirSync(folder).length).toBe(1)
  })

  it('holds its limits when many are written at once', async () => {
    const small = store({maxCount: 3})
    const ids = [...'0123456789abcdef'].map(idOf)
    const outcomes = await Promise.allSettled(
      ids.flatMap((id) => [small.write(id, documentOf(id)), small.write(id, documentOf(id))]),
    )
    expect(outcomes.filter(({status}) => status === 'fulfilled').length).toBe(6)
    expect(readdirSync(folder).length).toBe(3)
  })

  it('is whole while several processes write the same result', async () => {
    const text = documentOf(A, noise(200_000))
    await Promise.all(Array.from({length: 8}, () => store().write(A, text)))
    expect((await store().read(A))?.text).toBe(text)
    expect(readdirSync(folder).length).toBe(1)
  })

  it('removes what a writer that died has left, and no file that is not its own', async () => {
    mkdirSync(folder)
    const left = join(folder, `${crypto.randomUUID()}.tmp`)
    const foreign = join(folder, 'notes.txt')
    for (const path of [left, foreign]) writeFileSync(path, 'x')
    age(left, 1)
    age(foreign, 1000)
    await store().write(A, documentOf(A))
    expect(existsSync(left)).toBe(false)
    expect(existsSync(foreign)).toBe(true)
  })

  it('fails where its folder is a file', async () => {
    writeFileSync(folder, '')
    await expect(store().write(A, documentOf(A))).rejects.toMatchObject({code: 'EEXIST'})
  })
})
