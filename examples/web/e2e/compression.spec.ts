import {request as ask, type IncomingMessage} from 'node:http'
import {createGunzip, gunzipSync} from 'node:zlib'
import {LONG_RUN, preset, STREAM} from './support/page'
import {untimedText, writtenDirectly} from './support/runner'
import {expect, test} from './support/test'

const ROUTE = '/api/python-backtest'
const {draft} = preset('momentum')

/** An answer as it travels: nothing is decoded. */
function travelling(address: string, request: object, encodings: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = {'Content-Type': 'application/json', 'Accept-Encoding': encodings}
    const asked = ask(address, {method: 'POST', headers}, resolve)
    asked.on('error', reject)
    asked.end(JSON.stringify(request))
  })
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of answer) pieces.push(piece as Buffer)
  return Buffer.concat(pieces)
}

const resultIn = (events: string) => `${/event: result\ndata: (.*)\n\n$/.exec(events)?.[1]}\n`

test('a result travels compressed where the client can read that, and is the runner’s byte for byte', async ({
  baseURL,
}) => {
  const written = await writtenDirectly(draft)
  for (const [path, read] of [
    [ROUTE, String],
    [STREAM, resultIn],
  ] as const) {
    const answer = await travelling(baseURL + path, draft, 'br;q=0.1, gzip')
    expect(answer.headers['content-encoding']).toBe('gzip')
    expect(answer.headers.vary).toContain('Accept-Encoding')
    const packed = await bytesOf(answer)
    expect(packed.length).toBeLessThan(0.45 * written.length)
    expect(untimedText(read(gunzipSync(packed).toString()))).toBe(untimedText(written))

    const plain = await travelling(baseURL + path, draft, 'identity')
    expect(plain.headers['content-encoding']).toBeUndefined()
    expect(untimedText(read((await bytesOf(plain)).toString()))).toBe(untimedText(written))
  }
})

test('errors travel compressed too, as the runner’s document', async ({baseURL}) => {
  const bad = {...draft, initial_capital: -1.5e-7}
  const answer = await travelling(baseURL + ROUTE, bad, 'gzip')
  expect(answer.statusCode).toBe(422)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(gunzipSync(await bytesOf(answer)).toString()).toBe(await writtenDirectly(bad))
})

test('compressed progress arrives while the run is under way, and leaving cancels it', async ({baseURL, request}) => {
  const running = async () =>
    ((await (await request.get('/api/health')).json()) as {pool: {running: number}}).pool.running
  await expect.poll(running).toBe(0)
  const answer = await travelling(baseURL + STREAM, LONG_RUN, 'gzip')
  expect(answer.headers['content-encoding']).toBe('gzip')
  const events = answer.pipe(createGunzip())
  const stages = new Set<string>()
  for await (const piece of events) {
    for (const [, stage = ''] of String(piece).matchAll(/"stage":"(\w+)"/g)) stages.add(stage)
    expect(String(piece)).not.toContain('event: result')
    if (stages.has('simulating')) break // of a run that goes on for seconds
  }
  expect(await running()).toBe(1)
  answer.destroy()
  await expect.poll(running, {timeout: 2000, intervals: [50]}).toBe(0)
})
