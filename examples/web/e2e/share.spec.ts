import {execFile} from 'node:child_process'
import {readdirSync, truncateSync, utimesSync} from 'node:fs'
import {join} from 'node:path'
import {promisify} from 'node:util'
import type {Page} from '@playwright/test'
import type {BacktestResult} from 'backtest-runner'
import {canonical, digestOf} from '../lib/canonical'
import {PRESETS} from '../lib/presets'
import {expectAccessible} from './support/axe'
import {download, linkTo, open, preset, resultShown, runAndWait, SHORT_RUN, tilesFor, tilesOf} from './support/page'
import {runDirectly, untimed, untimedText, writtenDirectly} from './support/runner'
import {REPOSITORY, type Server, startServer} from './support/server'
import {hasRedis, type Service, startService} from './support/service'
import {expect, test} from './support/test'
import {ASKED} from './support/worth'

const execute = promisify(execFile)
const {name, draft} = preset('momentum')
const ID = /^sha256:[0-9a-f]{64}$/
const FAR_AWAY = `sha256:${'0'.repeat(64)}`

let server: Server
let folder: string
test.beforeAll(async () => {
  folder = join(process.env.E2E_CACHE ?? '', 'shared')
  server = await startServer({BACKTEST_WEB_KEEP_DIR: folder})
})
test.afterAll(() => server.end())

const keepButton = (page: Page) => page.getByRole('button', {name: 'Keep and share'})
const receipt = (page: Page) => page.getByRole('region', {name: /^Receipt/})
const address = (id: string, at = server) => `${at.url}/r/${id}`
const documentAt = (id: string, at = server) => `${at.url}/api/results/${id}`
const fileOf = (id: string) => join(folder, `${id.slice(7)}.json.gz`)

/** Shares a request's result as a program does. */
async function shared(request: object, at = server): Promise<BacktestResult> {
  const result = await runDirectly(request)
  const answer = await post(result.result_id, request, at)
  expect(answer.status, await answer.clone().text()).toBe(201)
  return result
}

const post = (id: string, request: object | string, at = server) =>
  fetch(documentAt(id, at), {method: 'POST', body: typeof request === 'string' ? request : JSON.stringify(request)})

test('a result is kept when somebody asks for it, and shown to everybody who has its address', async ({newVisitor}) => {
  const visitor = await newVisitor({baseURL: server.url})
  const page = await visitor.newPage()
  await open(page, '/')
  await runAndWait(page, () => page.getByRole('link', {name}).click())
  const figures = await tilesOf(page)
  expect(() => readdirSync(folder)).toThrow() // nothing is kept before
  await keepButton(page).click()
  const link = receipt(page).getByRole('link')
  await expect(link).toHaveText(/\/r\/sha256:[0-9a-f]{64}$/)
  await expect(receipt(page).getByText(/^Kept until \d+\s\w+\s\d{4}\.$/)).toBeVisible()
  await receipt(page).getByRole('button', {name: 'Copy the address'}).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toBe(await link.textContent())
  const {text} = await download(page, 'result.json')

  const other = await (await newVisitor({baseURL: server.url})).newPage()
  await other.goto(copied)
  await resultShown(other)
  await other.locator('canvas').first().waitFor()
  expect(await tilesOf(other)).toEqual(figures)
  await expect(keepButton(other)).toHaveCount(0)
  expect(untimedText((await download(other, 'result.json')).text)).toBe(untimedText(text))

  await other.getByRole('link', {name: 'Open in the builder'}).click()
  await other.locator('html[data-ready]').waitFor({state: 'attached'})
  await resultShown(other)
  expect(await tilesOf(other)).toEqual(figures)
  await expect(other.getByRole('combobox', {name: 'Strategy'})).toHaveValue('momentum')
})

test('without a folder nothing is offered, kept or shown', async ({page, request}) => {
  await open(page, linkTo({name, draft}))
  await resultShown(page)
  await expect(receipt(page)).toBeVisible()
  await expect(keepButton(page)).toHaveCount(0)
  const {result_id} = await runDirectly(SHORT_RUN)
  expect((await request.post(`/api/results/${result_id}`, {data: SHORT_RUN})).status()).toBe(404)
  expect((await request.get(`/r/${result_id}`)).status()).toBe(404)
})

test('another server finds it in the folder, until its time is over or its file is removed', async ({request}) => {
  const {result_id} = await shared(SHORT_RUN)
  const written = await writtenDirectly(SHORT_RUN)
  const second = await startServer({BACKTEST_WEB_KEEP_DIR: folder, BACKTEST_WEB_KEEP_DAYS: '10'})
  try {
    const found = await request.get(documentAt(result_id, second))
    expect(untimedText(await found.text())).toBe(untimedText(written))
    expect((await request.get(address(result_id, second))).status()).toBe(200)
    const before = new Date(Date.now() - 11 * 24 * 3600 * 1000)
    utimesSync(fileOf(result_id), before, before)
    for (const path of [address(result_id, second), documentAt(result_id, second)])
      expect((await request.get(path)).status()).toBe(404)
    expect((await request.get(address(result_id))).status()).toBe(200) // 90 days there
  } finally {
    await second.end()
  }
})

test('a page that is not there says so, and a damaged file is not shown', async ({newVisitor, faults}) => {
  const page = await (await newVisitor({baseURL: server.url})).newPage()
  const {result_id} = await shared({...SHORT_RUN, initial_capital: 4321})
  truncateSync(fileOf(result_id), 200)
  const nowhere = [FAR_AWAY, result_id, 'sha256:abc', '..%2f..%2fetc%2fpasswd', '%25']
  for (const id of nowhere) {
    const answer = await page.goto(address(id))
    expect(answer?.status(), id).toBe(404)
    await expect(page.getByRole('heading', {name: 'This result is not here'})).toBeVisible()
  }
  await expect.poll(() => faults.filter((fault) => fault.includes('status of 404')).length).toBe(nowhere.length)
  faults.splice(0, nowhere.length)
  const damaged = await fetch(documentAt(result_id))
  expect(damaged.status).toBe(500)
  expect(await damaged.json()).toMatchObject({code: 'INTERNAL', detail: 'the file of this shared result is damaged'})
  await shared({...SHORT_RUN, initial_capital: 4321}) // written anew
  expect((await page.goto(address(result_id)))?.status()).toBe(200)
})

test('nothing but its own result gets under an id', async () => {
  const {result_id} = await runDirectly({...SHORT_RUN, initial_capital: 777})
  const document = await writtenDirectly({...SHORT_RUN, initial_capital: 777})
  const inline = {
    ...SHORT_RUN,
    benchmark: null,
    data: {source: 'inline', prices: {dates: ['2019-01-02', '2019-01-03'], close: {MSFT: [1, 900], KO: [1, 900]}}},
  }
  const planted = await runDirectly(inline)
  expect(planted.success).toBe(true)
  const refusals: [string, object | string, number, string][] = [
    [result_id, SHORT_RUN, 422, 'the request has another result by now'],
    [result_id, document, 422, 'This is a result, not a request.'],
    [result_id, '{"strategy":', 400, ''],
    [result_id, {...SHORT_RUN, initial_capital: 777, request_id: 'read me'}, 422, 'request_id'],
    [planted.result_id, inline, 422, 'prices that came with the request'],
    [result_id, ' '.repeat(5 * 1024 ** 2 + 1), 413, ''],
    ['sha256:1', SHORT_RUN, 404, 'result_id'],
    ['..%2f..%2fx', SHORT_RUN, 404, 'result_id'],
  ]
  for (const [id, request, status, said] of refusals) {
    const answer = await post(id, request)
    const problem = (await answer.json()) as {detail: string}
    expect([answer.status, problem.detail], id).toEqual([status, expect.stringContaining(said)])
  }
  const foreign = await fetch(documentAt(result_id), {
    method: 'POST',
    headers: {'Sec-Fetch-Site': 'cross-site'},
    body: JSON.stringify({...SHORT_RUN, initial_capital: 777}),
  })
  expect(foreign.status).toBe(403)
  expect((await fetch(documentAt(result_id))).status).toBe(404)
})

test('a full store and a full disk are said beside the button, and leave what is kept as it is', async ({
  newVisitor,
  faults,
}) => {
  const place = join(process.env.E2E_CACHE ?? '', 'small')
  const small = await startServer({BACKTEST_WEB_KEEP_DIR: place, BACKTEST_WEB_KEEP_MAX_COUNT: '1'})
  try {
    const page = await (await newVisitor({baseURL: small.url})).newPage()
    await open(page, linkTo({name, draft: SHORT_RUN}))
    await resultShown(page)
    const limit = (bytes: string) => execute('prlimit', ['--pid', String(small.process.pid), `--fsize=${bytes}`])
    await limit('1000:unlimited')
    await keepButton(page).click()
    const alert = receipt(page).getByRole('alert')
    await expect(alert).toHaveText(
      /^The result was not shared\. This server could not write the result\. The operator /,
    )
    expect(readdirSync(place)).toEqual([])
    await limit('unlimited:unlimited')
    await shared({...SHORT_RUN, initial_capital: 5}, small)
    await keepButton(page).click()
    await expect(alert).toContainText('This server keeps as many shared results as its operator allows.')
    expect(readdirSync(place).length).toBe(1)
  } finally {
    await small.end()
  }
  expect(faults.splice(0).every((fault) => fault.includes('status of 503'))).toBe(true)
})

test('the head of its page has what previews of a link show', async ({request}) => {
  const result = await shared(draft)
  const text = await (await request.get(address(result.result_id))).text()
  const [head = ''] = text.split('</head>') // no further do programs read that make previews
  const meta = Object.fromEntries(
    [...head.matchAll(/<meta (?:name|property)="([^"]+)" content="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  ) as Record<string, string>
  expect(meta['og:title']).toBe('Momentum: AAPL, CVX, HD and 7 more, 3\u00a0Jan\u00a02000 to 28\u00a0Dec\u00a02022')
  expect(meta['og:url']).toBe(address(result.result_id))
  for (const figure of Object.values(tilesFor(result)).slice(0, 2)) expect(meta.description).toContain(figure)
  expect(meta['twitter:card']).toBe('summary_large_image')
  expect(meta.robots).toBe('noindex')
  expect(text).toContain(`<h1>Momentum: AAPL, CVX, HD and 7 more</h1>`)

  const picture = await request.get(meta['og:image'] ?? '')
  expect(picture.headers()['content-type']).toBe('image/png')
  expect(picture.headers()['cross-origin-resource-policy']).toBe('cross-origin')
  const bytes = await picture.body()
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630])
  expect((await request.get(`${address(FAR_AWAY)}/opengraph-image`)).status()).toBe(404)

  const site = await startServer({BACKTEST_WEB_KEEP_DIR: folder, BACKTEST_WEB_ORIGIN: 'https://example.org/'})
  try {
    const other = await (await request.get(address(result.result_id, site))).text()
    expect(other).toContain(`<meta property="og:url" content="https://example.org/r/${result.result_id}"/>`)
    expect(other).toMatch(/<meta property="og:image" content="https:\/\/example\.org\/r\//)
  } finally {
    await site.end()
  }
})

test('its receipt identifies it, and its command runs it again and finds the same id', async ({newVisitor}) => {
  const result = await shared(draft)
  const page = await (await newVisitor({baseURL: server.url})).newPage()
  await page.goto(address(result.result_id))
  await page.locator('canvas').first().waitFor()
  const copied = async (what: string) => {
    await receipt(page).getByRole('button', {name: what}).click()
    return page.evaluate(() => navigator.clipboard.readText())
  }
  const paper = JSON.parse(await copied('Copy the receipt as JSON')) as Record<string, unknown>
  expect(paper).toMatchObject({
    result_id: result.result_id,
    request_digest: await digestOf(result.request),
    engine: result.engine,
    prices: result.data.symbols,
  })
  await expect(receipt(page)).toContainText('they agree.')
  await expect(receipt(page)).toContainText('No tax was taken')
  await expect(receipt(page)).not.toContainText('Trades cost no commission')

  // anybody can compute the id from what the receipt names
  const prices = Object.fromEntries(Object.entries(result.data.symbols).map(([symbol, {digest}]) => [symbol, digest]))
  expect(await digestOf({request: result.request, prices, engine: result.engine.version})).toBe(result.result_id)
  expect(canonical(result.request)).toContain('"strategy":"momentum"')

  const command = await copied('Copy the command')
  const env = {...process.env, BACKTEST_OFFLINE: '1', BACKTEST_CACHE_DIR: server.cache}
  const run = (text: string) => execute('sh', ['-c', text], {cwd: REPOSITORY, env, maxBuffer: 64 * 1024 ** 2})
  expect((await run(command)).stdout).toBe('The same result.\n')
  expect((await run(command.replaceAll('-m backtester', '-m backtester | sed s/sha256:/sha256:0/'))).stdout).toBe(
    'Another result.\n',
  )
})

test('a result of one’s own has its receipt too', async ({page}) => {
  await open(page, linkTo({name, draft: SHORT_RUN}))
  await resultShown(page)
  await receipt(page).locator('summary').click()
  const {result_id, request} = await runDirectly({...SHORT_RUN, output: {include: await included(page)}})
  await expect(receipt(page)).toContainText(result_id)
  await expect(receipt(page)).toContainText((await digestOf(request)) ?? 'none')
  await expect(receipt(page)).toContainText('cat result.json')
})

/** The blocks that the page asks for. */
async function included(page: Page): Promise<unknown> {
  const {text} = await download(page, 'result.json')
  return (JSON.parse(text) as {request: {output: {include: unknown}}}).request.output.include
}

test('the way from the page of every example’s result to the form carries a request with the same result', async ({
  request,
}) => {
  for (const one of PRESETS) {
    const result = await shared(one.draft)
    const html = await (await request.get(address(result.result_id))).text()
    const link = /href="\/\?p=([\w-]+)"[^>]*>Open in the builder/.exec(html)?.[1] ?? ''
    const {p} = JSON.parse(Buffer.from(link, 'base64url').toString()) as {p: {r: {holdings: [string, number][]}}[]}
    const holdings = p[0]?.r.holdings.map(([symbol, allocation]) => ({symbol, allocation}))
    expect((await runDirectly({...p[0]?.r, holdings})).result_id, one.id).toBe(result.result_id)
    expect(link.length, one.id).toBeLessThan(
      Buffer.from(JSON.stringify(result.request)).toString('base64url').length / 1.5,
    )
  }
})

test('every question’s answer can be shared, and opened in the builder again', async ({newVisitor}) => {
  const result = await shared(ASKED)
  const page = await (await newVisitor({baseURL: server.url})).newPage()
  await page.goto(address(result.result_id))
  await expect(page.getByRole('heading', {name: 'Is it worth believing?'})).toBeVisible()
  const asked = page.waitForRequest('**/stream')
  await page.getByRole('link', {name: 'Open in the builder'}).click()
  const sent = (await asked).postDataJSON() as object
  expect(untimed(await runDirectly(sent)).result_id).toBe(result.result_id)
})

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    test(`its page at ${width} px in the ${colorScheme} theme: axe finds nothing grave, nothing is cut`, async ({
      newVisitor,
    }) => {
      const {result_id} = await shared(draft)
      const visitor = await newVisitor({baseURL: server.url, colorScheme, viewport: {width, height: 900}})
      const page = await visitor.newPage()
      await page.goto(address(result_id))
      await page.locator('canvas').first().waitFor()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      await page.screenshot({path: `test-results/screens/shared-${width}-${colorScheme}.png`, fullPage: true})
    })

test.describe('where the service runs every request', () => {
  test.skip(!hasRedis, 'needs redis-server')
  let service: Service
  let passing: Server
  test.beforeAll(async () => {
    test.setTimeout(120_000)
    service = await startService('queue', 'http://127.0.0.1')
    const nowhere = {PYTHON_PATH: '/nowhere/python', BACKTEST_RUNNER: ''}
    const settings = {PYTHON_API_URL: service.api, BACKTEST_SECRET: service.secret ?? '', BACKTEST_WEB_KEEP_DIR: folder}
    passing = await startServer({...settings, ...nowhere, BACKTEST_WEB_MODE: 'api'}, {elsewhere: true})
  })
  test.afterAll(async () => {
    await passing?.end()
    await service?.end()
  })

  test('its results are shared in the same way', async ({request}) => {
    const result = await shared({...SHORT_RUN, initial_capital: 31_415}, passing)
    expect(ID.test(result.result_id)).toBe(true)
    const found = await request.get(documentAt(result.result_id, passing))
    expect(untimed((await found.json()) as object)).toEqual(untimed(result))
    expect((await request.get(address(result.result_id, passing))).status()).toBe(200)
  })
})
