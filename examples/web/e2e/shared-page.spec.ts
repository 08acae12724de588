import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import type {Page} from '@playwright/test'
import {canonical, digestOf} from '../lib/canonical'
import {PRESETS} from '../lib/presets'
import {expectAccessible} from './support/axe'
import {download, linkTo, open, preset, resultShown, SHORT_RUN, tilesFor} from './support/page'
import {runDirectly} from './support/runner'
import {REPOSITORY, type Server, startServer} from './support/server'
import {addressOf, folderOf, receipt, share} from './support/shared'
import {expect, test} from './support/test'
import {ASKED} from './support/worth'

const execute = promisify(execFile)
const {name, draft} = preset('momentum')
const FAR_AWAY = `sha256:${'0'.repeat(64)}`
const folder = folderOf('shown')

let server: Server
test.beforeAll(async () => {
  server = await startServer({BACKTEST_WEB_KEEP_DIR: folder})
})
test.afterAll(() => server.end())

test('the head of its page has what previews of a link show', async ({request}) => {
  const result = await share(draft, server)
  const text = await (await request.get(addressOf(result.result_id, server))).text()
  const [head = ''] = text.split('</head>') // no further do programs read that make previews
  const meta = Object.fromEntries(
    [...head.matchAll(/<meta (?:name|property)="([^"]+)" content="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  ) as Record<string, string>
  expect(meta['og:title']).toBe('Momentum: AAPL, CVX, HD and 7 more, 3\u00a0Jan\u00a02000 to 28\u00a0Dec\u00a02022')
  expect(meta['og:url']).toBe(addressOf(result.result_id, server))
  for (const figure of Object.values(tilesFor(result)).slice(0, 2)) expect(meta.description).toContain(figure)
  expect(meta['twitter:card']).toBe('summary_large_image')
  expect(meta.robots).toBe('noindex')
  expect(text).toContain(`<h1>Momentum: AAPL, CVX, HD and 7 more</h1>`)

  const picture = await request.get(meta['og:image'] ?? '')
  expect(picture.headers()['content-type']).toBe('image/png')
  expect(picture.headers()['cross-origin-resource-policy']).toBe('cross-origin')
  const bytes = await picture.body()
  expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([1200, 630])
  expect((await request.get(`${addressOf(FAR_AWAY, server)}/opengraph-image`)).status()).toBe(404)

  const site = await startServer({BACKTEST_WEB_KEEP_DIR: folder, BACKTEST_WEB_ORIGIN: 'https://example.org/'})
  try {
    const other = await (await request.get(addressOf(result.result_id, site))).text()
    expect(other).toContain(`<meta property="og:url" content="https://example.org/r/${result.result_id}"/>`)
    expect(other).toMatch(/<meta property="og:image" content="https:\/\/example\.org\/r\//)
  } finally {
    await site.end()
  }
})

test('its receipt identifies it, and its command runs it again and finds the same id', async ({newVisitor}) => {
  const result = await share(draft, server)
  const page = await (await newVisitor({baseURL: server.url})).newPage()
  await page.goto(addressOf(result.result_id, server))
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
    const result = await share(one.draft, server)
    const html = await (await request.get(addressOf(result.result_id, server))).text()
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
  const result = await share(ASKED, server)
  const page = await (await newVisitor({baseURL: server.url})).newPage()
  await page.goto(addressOf(result.result_id, server))
  await expect(page.getByRole('heading', {name: 'Is it worth believing?'})).toBeVisible()
  const asked = page.waitForRequest('**/stream')
  await page.getByRole('link', {name: 'Open in the builder'}).click()
  const sent = (await asked).postDataJSON() as object
  expect((await runDirectly(sent)).result_id).toBe(result.result_id)
})

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    test(`its page at ${width} px in the ${colorScheme} theme: axe finds nothing grave, nothing is cut`, async ({
      newVisitor,
    }) => {
      const {result_id} = await share(draft, server)
      const visitor = await newVisitor({baseURL: server.url, colorScheme, viewport: {width, height: 900}})
      const page = await visitor.newPage()
      await page.goto(addressOf(result_id, server))
      await page.locator('canvas').first().waitFor()
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      await page.screenshot({path: `test-results/screens/shared-${width}-${colorScheme}.png`, fullPage: true})
    })
