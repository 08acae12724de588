import type {ProgressEvent} from 'backtest-runner'
import {LONG_RUN, SHORT_RUN, STREAM} from './support/page'
import {runDirectly, untimed, untimedText, writtenDirectly} from './support/runner'
import {expect, test} from './support/test'

const ROUTE = '/api/python-backtest'

test('a request is answered with the runner’s document, byte for byte, and so is a bad one', async ({request}) => {
  const answer = await request.post(ROUTE, {data: SHORT_RUN})
  expect(answer.status()).toBe(200)
  expect(answer.headers()['content-type']).toMatch(/^application\/json/)
  expect(answer.headers()['cache-control']).toBe('no-store')
  expect(untimedText(await answer.text())).toBe(untimedText(await writtenDirectly(SHORT_RUN)))
  const bad = {...SHORT_RUN, initial_capital: -1.5e-7}
  expect(await (await request.post(ROUTE, {data: bad})).text()).toBe(await writtenDirectly(bad))
})

test('an invalid request is answered with the error document and its status', async ({request}) => {
  const answer = await request.post(ROUTE, {data: {...SHORT_RUN, strategy: 'momentun'}})
  expect(answer.status()).toBe(422)
  expect(answer.headers()['content-type']).toBe('application/problem+json')
  const document = (await answer.json()) as {errors: unknown[]}
  expect(document).toMatchObject({success: false, code: 'UNKNOWN_STRATEGY'})
  expect(document.errors).toEqual([expect.objectContaining({pointer: '/strategy', suggestion: 'momentum'})])
})

for (const path of [ROUTE, STREAM])
  test(`what is no JSON is answered 400, and what is too large 413, by ${path}`, async ({request}) => {
    const headers = {'Content-Type': 'application/json'}
    const twice = JSON.stringify(SHORT_RUN).replace('{', '{"strategy":"momentum",')
    for (const data of [twice, '{"strategy":', '', Buffer.from([0x22, 0xff, 0x22])].map((one) => Buffer.from(one))) {
      const broken = await request.post(path, {headers, data})
      expect(broken.status()).toBe(400)
      expect(await broken.json()).toMatchObject({success: false, code: 'INVALID_JSON'})
    }
    const large = await request.post(path, {headers, data: Buffer.alloc(5 * 1024 ** 2 + 1, ' ')})
    expect(large.status()).toBe(413)
    expect(await large.json()).toMatchObject({success: false, code: 'REQUEST_TOO_LARGE'})
  })

for (const path of [ROUTE, STREAM, `${ROUTE}/report`])
  test(`a page of another site is refused by ${path}`, async ({request}) => {
    for (const headers of [
      {'Sec-Fetch-Site': 'cross-site'},
      {'Sec-Fetch-Site': 'same-site'},
      {Origin: 'https://example.org'},
      {Origin: 'null'},
    ]) {
      const answer = await request.post(path, {headers, data: SHORT_RUN})
      expect(answer.status()).toBe(403)
    }
  })

test('the strategies are listed with their schemas, and an entity tag', async ({request}) => {
  const answer = await request.get(ROUTE)
  const strategies = (await answer.json()) as {
    name: string
    description: string
    parameters: {type: string; properties: object}
  }[]
  expect(strategies.map(({name}) => name).sort()).toEqual([
    'buy_hold',
    'dual_momentum',
    'mean_reversion',
    'minimum_variance',
    'momentum',
    'relative_strength',
    'risk_parity',
    'rotation',
    'rules',
    'tactical_allocation',
    'target_volatility',
    'trend_following',
  ])
  for (const {description, parameters} of strategies) {
    expect(description).not.toBe('')
    expect(parameters.type).toBe('object')
    expect(Object.keys(parameters.properties)).not.toEqual([])
  }
  const {etag = ''} = answer.headers()
  expect(etag).toMatch(/^"[\w-]+"$/)
  expect((await request.get(ROUTE, {headers: {'If-None-Match': etag}})).status()).toBe(304)
  expect((await request.get(ROUTE, {headers: {'If-None-Match': `"other", W/${etag}`}})).status()).toBe(304)
  expect((await request.get(ROUTE, {headers: {'If-None-Match': '"other"'}})).status()).toBe(200)
})

test('a stream gives progress, then the result, then ends', async ({baseURL}) => {
  const answer = await fetch(baseURL + STREAM, {method: 'POST', body: JSON.stringify(SHORT_RUN)})
  expect(answer.headers.get('Content-Type')).toMatch(/^text\/event-stream/)
  const events = (await answer.text())
    .split('\n\n')
    .filter((block) => block.startsWith('event: '))
    .map((block) => {
      const [event = '', data = ''] = block.split('\n').map((line) => line.replace(/^\w+: /, ''))
      return {event, data: JSON.parse(data) as object}
    })
  const last = events.pop()
  expect(last?.event).toBe('result')
  expect(untimed(last?.data ?? {})).toEqual(untimed(await runDirectly(SHORT_RUN)))
  expect(events.map(({event}) => event)).toEqual(events.map(() => 'progress'))
  const shares = events.map(({data}) => (data as ProgressEvent).progress ?? 0)
  expect(shares.length).toBeGreaterThan(1)
  expect(shares).toEqual([...shares].sort((one, other) => one - other))
  expect(shares.at(-1)).toBe(1)
})

test('going away from a stream cancels its run', async ({baseURL, request}) => {
  const running = async () =>
    ((await (await request.get('/api/health')).json()) as {pool: {running: number}}).pool.running
  await expect.poll(running).toBe(0)
  const going = new AbortController()
  const answer = await fetch(baseURL + STREAM, {method: 'POST', body: JSON.stringify(LONG_RUN), signal: going.signal})
  const reader = answer.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toMatch(/^event: progress\n/)
  expect(await running()).toBe(1)
  going.abort()
  await expect.poll(running, {timeout: 2000, intervals: [50]}).toBe(0)
})
