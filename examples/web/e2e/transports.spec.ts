import AxeBuilder from '@axe-core/playwright'
import type {BrowserContext, Page, WebSocket} from '@playwright/test'
import {BacktestClient, type BacktestRequest, documentText} from 'backtest-runner'
import {
  chooseWay,
  download,
  LONG_RUN,
  linkTo,
  open,
  parts,
  preset,
  resultShown,
  runsBy,
  SHORT_RUN,
  STREAM,
  tilesFor,
  tilesOf,
} from './support/page'
import {untimedText, writtenDirectly} from './support/runner'
import {freePort, type Server, startServer} from './support/server'
import {hasRedis, latestJob, type Service, startService} from './support/service'
import {expect, test} from './support/test'

const WAYS = ['This server', 'REST', 'Queue', 'Live']
const hostOf = (url: string) => new URL(url).host
const {name} = preset('momentum')

/** A page's server beside a service that takes its requests. */
async function startBoth(kind: 'local' | 'queue', env: Record<string, string> = {}, elsewhere = false) {
  const port = await freePort()
  const service = await startService(kind, `http://127.0.0.1:${port}`)
  const settings = {
    PYTHON_API_URL: service.api,
    BACKTEST_PUBLIC_SOCKET_URL: service.sockets,
    ...(service.secret !== null && {BACKTEST_SECRET: service.secret}),
    ...env,
  }
  const server = await startServer(settings, {port, elsewhere}).catch(async (error: unknown) => {
    await service.end()
    throw error
  })
  return {server, service}
}

/** What the page asks of whom, by address and path, with ids left out; and over which websockets. */
function overheard(page: Page) {
  const asked: string[] = []
  const sockets: WebSocket[] = []
  page.on('request', (request) => {
    const {host, pathname} = new URL(request.url())
    asked.push(`${request.method()} ${host}${pathname.replace(/job_\w+/, 'ID')}`)
  })
  page.on('websocket', (socket) => sockets.push(socket))
  return {asked, sockets}
}

/** The token that a visitor's browser would be given. */
async function tokenOf(context: BrowserContext): Promise<string | null> {
  return ((await (await context.request.post('/api/token')).json()) as {token: string | null}).token
}

/** The page runs the same preset by each way: what it shows, and what it saves, is the same, and the runner's own. */
async function comparesAllWays(page: Page, service: Service): Promise<void> {
  const {asked, sockets} = overheard(page)
  const [api, live] = [hostOf(service.api), hostOf(service.sockets)]
  const expected: Record<string, string[]> = {
    'This server': [`POST ${new URL(page.url()).host}${STREAM}`],
    REST: [`POST ${api}/backtest`],
    Queue: [`POST ${api}/backtests`, `GET ${api}/backtests/ID/events`],
    Live: [],
  }
  const saved: string[] = []
  for (const way of WAYS) {
    await open(page, '/')
    await chooseWay(page, way)
    asked.length = 0
    await page.getByRole('link', {name}).click()
    await resultShown(page)
    const runs = asked.filter((one) => /^(POST|GET) .*(\/backtests?(\/|$)|\/stream$)/.test(one))
    expect(runs).toEqual(expected[way])
    expect(sockets.filter((socket) => hostOf(socket.url()) === live)).toHaveLength(way === 'Live' ? 1 : 0)
    const {text} = await download(page, 'result.json')
    await expect.poll(() => tilesOf(page)).toEqual(tilesFor(JSON.parse(text)))
    saved.push(untimedText(text))
  }
  await expect(runsBy(page)).toContainText('Connected')
  const written = untimedText(await writtenDirectly(JSON.parse(await requestOf(page))))
  expect(saved).toEqual(WAYS.map(() => written))
}

async function requestOf(page: Page): Promise<string> {
  const button = page.getByRole('button', {name: 'Copy as JSON', exact: true})
  await button.click()
  await expect(button.locator('xpath=..').getByRole('status')).toHaveText('Copied')
  return page.evaluate(() => navigator.clipboard.readText())
}

test('without a service there is no choice, and the page may ask nobody else', async ({page}) => {
  const answer = await page.goto('/')
  expect(answer?.headers()['content-security-policy']).toMatch(/(^|; )connect-src 'self'(;|$)/)
  await expect(parts(page).run).toBeVisible()
  await expect(page.getByText('Runs by')).toHaveCount(0)
  const token = await page.request.post('/api/token')
  expect(await token.json()).toEqual({token: null, expiresAt: null})
})

test.describe('beside a service on the same machine', () => {
  let server: Server
  let service: Service
  test.beforeAll(async () => {
    ;({server, service} = await startBoth('local'))
  })
  test.afterAll(async () => {
    await server?.end()
    await service?.end()
  })
  const visit = async (newVisitor: (options: object) => Promise<BrowserContext>, options = {}) => {
    const hosts = [hostOf(service.api), hostOf(service.sockets)]
    return newVisitor({baseURL: server.url, hosts, acceptDownloads: true, ...options})
  }

  test('a preset has the same result by every way, to the byte', async ({newVisitor}) => {
    const page = await (await visit(newVisitor)).newPage()
    await open(page, '/')
    await comparesAllWays(page, service)
  })

  test('what is chosen is remembered, and its script is loaded only then', async ({newVisitor}) => {
    const context = await visit(newVisitor)
    const page = await context.newPage()
    const scripts: string[] = []
    page.on('response', async (response) => {
      if (response.request().resourceType() === 'script') scripts.push(await response.text().catch(() => ''))
    })
    const answer = await page.goto('/')
    const [api, sockets] = [service.api, service.sockets.replace('http', 'ws')]
    expect(answer?.headers()['content-security-policy']).toContain(`connect-src 'self' ${api} ${sockets};`)
    await open(page, linkTo({name: 'Short', draft: SHORT_RUN}))
    await resultShown(page)
    await expect(runsBy(page)).toContainText('This server')
    const loaded = () => scripts.some((text) => text.includes('backtest_progress'))
    expect(loaded()).toBe(false)
    await chooseWay(page, 'Live')
    await parts(page).run.click()
    await expect(runsBy(page)).toContainText('Connected')
    await resultShown(page)
    expect(loaded()).toBe(true)

    const {asked, sockets: opened} = overheard(page)
    await page.reload()
    await resultShown(page)
    await expect(runsBy(page)).toContainText('Live')
    expect(asked.filter((one) => one.endsWith('/stream'))).toEqual([])
    expect(opened).toHaveLength(1)
  })

  test('the choice is made by keys alone, and looks well', async ({newVisitor}) => {
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of [1280, 375]) {
        const context = await visit(newVisitor, {viewport: {width, height: 900}, colorScheme})
        const page = await context.newPage()
        await open(page, '/')
        const summary = runsBy(page).locator('summary')
        await summary.focus()
        await page.keyboard.press('Enter')
        await page.keyboard.press('Tab')
        await expect(page.getByRole('radio', {name: 'This server'})).toBeFocused()
        for (let step = 0; step < 3; step += 1) await page.keyboard.press('ArrowDown')
        await expect(page.getByRole('radio', {name: 'Live'})).toBeChecked()
        await expect(page.getByRole('radio', {name: 'Live'})).toBeFocused()
        await runsBy(page).scrollIntoViewIfNeeded()
        const {violations} = await new AxeBuilder({page}).analyze()
        expect(violations.filter(({impact}) => impact === 'serious' || impact === 'critical')).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        await page.evaluate(() => scrollTo(0, document.querySelector('fieldset')?.offsetTop ?? 0))
        await runsBy(page).screenshot({path: `test-results/screens/runs-by-${width}-${colorScheme}.png`})
        await page.screenshot({path: `test-results/screens/runs-by-page-${width}-${colorScheme}.png`})
      }
  })

  for (const way of ['REST', 'Queue', 'Live'])
    test(`a run that is cancelled ends on the service, too: ${way}`, async ({newVisitor}) => {
      const page = await (await visit(newVisitor)).newPage()
      await open(page, '/')
      await chooseWay(page, way)
      const before = (await latestJob(service, null))?.id
      await page.goto(linkTo({name: 'Long', draft: LONG_RUN}))
      await expect.poll(async () => (await latestJob(service, null))?.id).not.toBe(before)
      await expect.poll(async () => (await latestJob(service, null))?.status).toBe('running')
      await parts(page).cancel.click()
      await expect(page.getByText('Cancelled.')).toBeVisible()
      await expect.poll(async () => (await latestJob(service, null))?.status).toBe('cancelled')
    })

  for (const way of ['This server', 'Queue', 'Live'])
    test(`a run whose page is left ends, too: ${way}`, async ({newVisitor}) => {
      const page = await (await visit(newVisitor)).newPage()
      await open(page, '/')
      await chooseWay(page, way)
      const running = async () =>
        way === 'This server'
          ? ((await (await fetch(`${server.url}/api/health`)).json()) as {pool: {running: number}}).pool.running > 0
          : (await latestJob(service, null))?.status === 'running'
      await page.goto(linkTo({name: 'Long', draft: LONG_RUN}))
      await expect.poll(running).toBe(true)
      await page.goto('about:blank')
      await expect.poll(running, {timeout: 4000}).toBe(false)
    })

  test('a service that is away is said to be, and the page runs by its own server', async ({newVisitor, faults}) => {
    const page = await (await visit(newVisitor)).newPage()
    await page.route(`${service.api}/**`, (route) => route.abort())
    await open(page, '/')
    await chooseWay(page, 'REST')
    await page.getByRole('link', {name}).click()
    await expect(parts(page).problems).toContainText('choose another way under “Runs by”')
    await chooseWay(page, 'This server')
    await parts(page).problems.getByRole('button', {name: 'Try again'}).click()
    await resultShown(page)
    expect(faults.splice(0).every((fault) => fault.includes('net::ERR_FAILED'))).toBe(true)
  })
})

test.describe('beside a service with a queue, which asks who is calling', () => {
  test.skip(!hasRedis, 'needs redis-server')
  let server: Server
  let service: Service
  test.beforeAll(async () => {
    test.setTimeout(120_000)
    ;({server, service} = await startBoth('queue'))
  })
  test.afterAll(async () => {
    await server?.end()
    await service?.end()
  })
  const visit = (newVisitor: (options: object) => Promise<BrowserContext>) =>
    newVisitor({baseURL: server.url, hosts: [hostOf(service.api), hostOf(service.sockets)], acceptDownloads: true})

  test('a preset has the same result by every way, to the byte', async ({newVisitor}) => {
    const page = await (await visit(newVisitor)).newPage()
    await open(page, '/')
    await comparesAllWays(page, service)
  })

  test('a long run shows its progress live, from a worker of Celery, and is cancelled there', async ({newVisitor}) => {
    const context = await visit(newVisitor)
    const page = await context.newPage()
    const frames: string[] = []
    page.on('websocket', (socket) => socket.on('framereceived', ({payload}) => frames.push(String(payload))))
    await open(page, '/')
    await chooseWay(page, 'Live')
    await page.goto(linkTo({name: 'Long', draft: LONG_RUN}))
    const {cancel, progress, run} = parts(page)
    const seen = new Set<number>()
    await expect
      .poll(
        async () => {
          seen.add(Number(await progress.getAttribute('value')))
          return seen.size
        },
        {intervals: [100]},
      )
      .toBeGreaterThan(4)
    await expect(progress).toHaveAccessibleName(/^Simulating, \d+ %$/)
    await expect.poll(() => frames.filter((frame) => frame.includes('"backtest_progress"')).length).toBeGreaterThan(4)
    const token = await tokenOf(context)
    expect(await latestJob(service, token)).toMatchObject({status: 'running'})
    await cancel.click()
    await expect(page.getByText('Cancelled.')).toBeVisible()
    await expect(run).toBeFocused()
    await expect.poll(async () => (await latestJob(service, token))?.status).toBe('cancelled')
    // The same connection serves the next run.
    await page.getByRole('combobox', {name: 'Strategy'}).selectOption('buy_hold')
    await run.click()
    await resultShown(page)
    expect(await latestJob(service, token)).toMatchObject({status: 'completed'})
  })

  test('every visitor is an owner of their own, by a token that only their browser is given', async ({
    newVisitor,
    request,
  }) => {
    const [one, other] = [await visit(newVisitor), await visit(newVisitor)]
    const page = await one.newPage()
    const bodies: Promise<string>[] = []
    page.on('response', (response) => {
      bodies.push(response.text().catch(() => ''))
    })
    await open(page, '/')
    await chooseWay(page, 'Queue')
    await page.getByRole('link', {name}).click()
    await resultShown(page)
    expect(await latestJob(service, await tokenOf(one))).toMatchObject({status: 'completed'})
    expect(await latestJob(service, await tokenOf(other))).toBeUndefined()
    for (const body of await Promise.all(bodies)) expect(body).not.toContain(service.secret)

    const answer = await other.request.post('/api/token')
    expect(answer.headers()['cache-control']).toBe('no-store')
    const {token, expiresAt} = (await answer.json()) as {token: string; expiresAt: string}
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const [cookie] = await other.cookies()
    expect(cookie).toMatchObject({name: 'backtest-visitor', httpOnly: true, sameSite: 'Strict', secure: false})
    expect(claims).toEqual({
      aud: 'backtest',
      sub: cookie?.value,
      scope: 'run read',
      iat: claims.iat,
      exp: claims.iat + 600,
    })
    expect(Date.parse(expiresAt)).toBe(claims.exp * 1000)
    expect(await page.evaluate(() => document.cookie)).toBe('')
    for (const headers of [{'Sec-Fetch-Site': 'cross-site'}, {Origin: 'https://example.org'}])
      expect((await request.post(`${server.url}/api/token`, {headers})).status()).toBe(403)
    expect((await request.get(`${server.url}/api/token`)).status()).toBe(405)
    const forged = await request.post(`${server.url}/api/token`, {headers: {Cookie: 'backtest-visitor=somebody'}})
    const {token: fresh} = (await forged.json()) as {token: string}
    expect(Buffer.from(fresh.split('.')[1] ?? '', 'base64url').toString()).not.toContain('somebody')
  })
})

test.describe('where the page’s server has no Python, and passes everything on', () => {
  test.skip(!hasRedis, 'needs redis-server')
  let server: Server
  let service: Service
  test.beforeAll(async () => {
    test.setTimeout(120_000)
    const nowhere = {BACKTEST_WEB_MODE: 'api', PYTHON_PATH: '/nowhere/python', BACKTEST_RUNNER: ''}
    ;({server, service} = await startBoth('queue', nowhere, true))
  })
  test.afterAll(async () => {
    await server?.end()
    await service?.end()
  })
  const ROUTE = '/api/python-backtest'

  test('its routes answer as the service does, byte for byte', async ({request, playwright}) => {
    const asking = await playwright.request.newContext({baseURL: server.url})
    const answer = await asking.post(ROUTE, {data: SHORT_RUN})
    expect(answer.status()).toBe(200)
    expect(untimedText(await answer.text())).toBe(untimedText(await writtenDirectly(SHORT_RUN)))
    const {token} = (await (await asking.post('/api/token')).json()) as {token: string}
    const client = new BacktestClient({url: service.api, token})
    const [job] = (await client.list()).jobs // the visitor’s own, by the cookie
    const {result} = await client.get(job?.id ?? '')
    expect(`${result && documentText(result)}\n`).toBe(await answer.text())

    const bad = {...SHORT_RUN, initial_capital: -1.5e-7}
    const refused = await asking.post(ROUTE, {data: bad})
    expect(refused.status()).toBe(422)
    expect(await refused.text()).toBe(await writtenDirectly(bad))
    const streamed = await (await asking.post(STREAM, {data: SHORT_RUN})).text()
    const last = /event: result\ndata: (.*)\n\n$/.exec(streamed)?.[1] ?? ''
    expect(untimedText(`${last}\n`)).toBe(untimedText(await writtenDirectly(SHORT_RUN)))
    expect(streamed).toMatch(/^event: progress\n/)

    const strategies = (await (await asking.get(ROUTE)).json()) as {name: string}[]
    expect(strategies).toEqual(await client.strategies())
    expect(await (await asking.get('/api/symbols')).json()).toEqual(await client.symbols())
    expect(await (await asking.get('/api/health')).json()).toMatchObject({status: 'ok', pool: null})
    expect((await asking.post(`${ROUTE}/report`, {data: SHORT_RUN})).status()).toBe(404)
    expect((await request.post(`${server.url}${ROUTE}`, {data: SHORT_RUN, headers: {Origin: 'null'}})).status()).toBe(
      403,
    )
    await asking.dispose()
  })

  test('going away from a stream cancels the job', async ({playwright}) => {
    const asking = await playwright.request.newContext({baseURL: server.url})
    const minted = await asking.post('/api/token')
    const {token} = (await minted.json()) as {token: string}
    const {cookies} = await asking.storageState()
    const going = new AbortController()
    const answer = await fetch(server.url + STREAM, {
      method: 'POST',
      headers: {Cookie: cookies.map(({name: key, value}) => `${key}=${value}`).join('; ')},
      body: JSON.stringify(LONG_RUN satisfies BacktestRequest),
      signal: going.signal,
    })
    await answer.body?.getReader().read()
    await expect.poll(async () => (await latestJob(service, token))?.status).toBe('running')
    going.abort()
    await expect.poll(async () => (await latestJob(service, token))?.status).toBe('cancelled')
    await asking.dispose()
  })

  test('the page works, and offers no report', async ({newVisitor}) => {
    const hosts = [hostOf(service.api), hostOf(service.sockets)]
    const page = await (await newVisitor({baseURL: server.url, hosts})).newPage()
    await open(page, '/')
    await expect(page.getByText('at worst').first()).toBeVisible()
    await page.getByRole('link', {name}).click()
    await resultShown(page)
    await expect.poll(() => tilesOf(page)).toEqual(tilesFor(JSON.parse((await download(page, 'result.json')).text)))
    await expect(page.getByRole('button', {name: 'report.html'})).toHaveCount(0)
    await chooseWay(page, 'This server')
    await expect(runsBy(page)).toContainText('It passes the run on to the service.')
  })
})
