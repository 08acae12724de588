import {execFile} from 'node:child_process'
import {readdirSync, truncateSync, utimesSync} from 'node:fs'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {download, linkTo, open, preset, resultShown, runAndWait, SHORT_RUN, tilesOf} from './support/page'
import {runDirectly, untimed, untimedText, writtenDirectly} from './support/runner'
import {type Server, startServer} from './support/server'
import {hasRedis, type Service, startService} from './support/service'
import {addressOf, documentAt, folderOf, keepButton, post, receipt, share} from './support/shared'
import {expect, test} from './support/test'

const execute = promisify(execFile)
const {name, draft} = preset('momentum')
const FAR_AWAY = `sha256:${'0'.repeat(64)}`
const folder = folderOf('shared')
const fileOf = (id: string) => join(folder, `${id.slice(7)}.json.gz`)

let server: Server
test.beforeAll(async () => {
  server = await startServer({BACKTEST_WEB_KEEP_DIR: folder})
})
test.afterAll(() => server.end())

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
  const address = (await link.textContent()) ?? ''
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(address)
  const {text} = await download(page, 'result.json')

  const other = await (await newVisitor({baseURL: server.url})).newPage()
  await other.goto(address)
  await resultShown(other)
  await other.locator('canvas').first().waitFor()
  await expect.poll(() => tilesOf(other)).toEqual(figures)
  await expect(keepButton(other)).toHaveCount(0)
  expect(untimedText((await download(other, 'result.json')).text)).toBe(untimedText(text))

  await other.getByRole('link', {name: 'Open in the builder'}).click()
  await other.locator('html[data-ready]').waitFor({state: 'attached'})
  await resultShown(other)
  await expect.poll(() => tilesOf(other)).toEqual(figures)
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
  const {result_id} = await share(SHORT_RUN, server)
  const written = await writtenDirectly(SHORT_RUN)
  const second = await startServer({BACKTEST_WEB_KEEP_DIR: folder, BACKTEST_WEB_KEEP_DAYS: '10'})
  try {
    const found = await request.get(documentAt(result_id, second))
    expect(untimedText(await found.text())).toBe(untimedText(written))
    expect((await request.get(addressOf(result_id, second))).status()).toBe(200)
    const before = new Date(Date.now() - 11 * 24 * 3600 * 1000)
    utimesSync(fileOf(result_id), before, before)
    for (const path of [addressOf(result_id, second), documentAt(result_id, second)])
      expect((await request.get(path)).status()).toBe(404)
    expect((await request.get(addressOf(result_id, server))).status()).toBe(200) // 90 days there
  } finally {
    await second.end()
  }
})

test('a page that is not there says so, and a damaged file is not shown', async ({newVisitor, faults}) => {
  const page = await (await newVisitor({baseURL: server.url})).newPage()
  const {result_id} = await share({...SHORT_RUN, initial_capital: 4321}, server)
  truncateSync(fileOf(result_id), 200)
  const nowhere = [FAR_AWAY, result_id, 'sha256:abc', '..%2f..%2fetc%2fpasswd', '%25']
  for (const id of nowhere) {
    const answer = await page.goto(addressOf(id, server))
    expect(answer?.status(), id).toBe(404)
    await expect(page.getByRole('heading', {name: 'This result is not here'})).toBeVisible()
  }
  const damaged = await fetch(documentAt(result_id, server))
  expect(damaged.status).toBe(500)
  expect(await damaged.json()).toMatchObject({code: 'INTERNAL', detail: 'the file of this shared result is damaged'})
  await share({...SHORT_RUN, initial_capital: 4321}, server) // written anew
  expect((await page.goto(addressOf(result_id, server)))?.status()).toBe(200)
  await resultShown(page)
  // those pages, and the icon that a browser looks for beside them
  await expect.poll(() => faults.length).toBeGreaterThanOrEqual(nowhere.length)
  expect(faults.splice(0).filter((fault) => !fault.includes('status of 404'))).toEqual([])
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
    const answer = await post(id, request, server)
    const problem = (await answer.json()) as {detail: string}
    expect([answer.status, problem.detail], id).toEqual([status, expect.stringContaining(said)])
  }
  const foreign = await fetch(documentAt(result_id, server), {
    method: 'POST',
    headers: {'Sec-Fetch-Site': 'cross-site'},
    body: JSON.stringify({...SHORT_RUN, initial_capital: 777}),
  })
  expect(foreign.status).toBe(403)
  expect((await fetch(documentAt(result_id, server))).status).toBe(404)
})

test('a full store and a full disk are said beside the button, and leave what is kept as it is', async ({
  newVisitor,
  faults,
}) => {
  const place = folderOf('small')
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
    await share({...SHORT_RUN, initial_capital: 5}, small)
    await keepButton(page).click()
    await expect(alert).toContainText('This server keeps as many shared results as its operator allows.')
    expect(readdirSync(place).length).toBe(1)
  } finally {
    await small.end()
  }
  expect(faults.splice(0).every((fault) => fault.includes('status of 503'))).toBe(true)
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
    const result = await share({...SHORT_RUN, initial_capital: 31_415}, passing)
    const found = await request.get(documentAt(result.result_id, passing))
    expect(untimed((await found.json()) as object)).toEqual(untimed(result))
    expect((await request.get(addressOf(result.result_id, passing))).status()).toBe(200)
  })
})
