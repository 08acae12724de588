import {PRESETS} from '../lib/presets'
import {
  LONG_RUN,
  linkTo,
  open,
  parts,
  preset,
  resultShown,
  runAndWait,
  SHORT_RUN,
  STREAM,
  tilesFor,
  tilesOf,
} from './support/page'
import {runDirectly} from './support/runner'
import {type Server, startServer} from './support/server'
import {expect, test} from './support/test'

const ROUTE = '/api/python-backtest'

test('two visitors who run at once each get their own figures', async ({page, newVisitor}) => {
  const other = await (await newVisitor()).newPage()
  await Promise.all([open(page, '/'), open(other, '/')])
  const names = ['risk-parity', 'trend'].map((id) => preset(id).name)
  const requests = await Promise.all(
    [page, other].map((one, n) => runAndWait(one, () => one.getByRole('link', {name: names[n] ?? ''}).click())),
  )
  const results = await Promise.all(requests.map(runDirectly))
  await expect.poll(() => tilesOf(page)).toEqual(tilesFor(results[0]!))
  await expect.poll(() => tilesOf(other)).toEqual(tilesFor(results[1]!))
})

test.describe('with one process and one place in the queue', () => {
  let server: Server
  test.beforeAll(async () => {
    server = await startServer({BACKTEST_WEB_WORKERS: '1', BACKTEST_WEB_QUEUE: '1'})
  })
  test.afterAll(() => server.end())

  test('the run for which there is no room is answered 429, and the page says so and tries again', async ({
    newVisitor,
  }) => {
    const pool = async () =>
      (
        (await (await fetch(`${server.url}/api/health`)).json()) as {
          pool: {running: number; queued: number; settled: number}
        }
      ).pool
    const visitor = await newVisitor({baseURL: server.url})
    const page = await visitor.newPage()
    await open(page, '/')
    await expect.poll(async () => (await pool()).settled).toBe(PRESETS.length) // their sparklines

    const busy = new AbortController()
    const post = (path: string, request: unknown) =>
      fetch(server.url + path, {
        method: 'POST',
        headers: {'Content-Type': 'application/json'},
        body: JSON.stringify(request),
        signal: busy.signal,
      })
    const long = post(STREAM, LONG_RUN).catch(() => null)
    await expect.poll(pool).toMatchObject({running: 1, queued: 0})
    const waiting = post(ROUTE, SHORT_RUN).catch(() => null)
    await expect.poll(pool).toMatchObject({running: 1, queued: 1})

    const refused = await post(ROUTE, SHORT_RUN)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0)
    expect(refused.headers.get('Content-Type')).toBe('application/problem+json')
    expect(await refused.json()).toMatchObject({
      success: false,
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      retryable: true,
    })

    await open(page, linkTo({name: 'Patient', draft: SHORT_RUN}))
    const {problems} = parts(page)
    await expect(problems).toBeFocused()
    await expect(problems).toContainText(
      /There are too many requests.*The server is busy with other runs. Try again in a few seconds./,
    )
    const again = problems.getByRole('button', {name: 'Try again'})
    await again.click()
    await expect(problems).toBeFocused()

    busy.abort()
    await Promise.all([long, waiting])
    await expect.poll(pool).toMatchObject({running: 0, queued: 0})
    await again.click()
    await resultShown(page)
    await expect(problems).toHaveCount(0)
  })
})
