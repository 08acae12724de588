import {existsSync, lstatSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Page} from '@playwright/test'
import type {BacktestErrorDocument, BacktestResult} from 'backtest-runner'
import {LONG_RUN, SHORT_RUN} from './support/page'
import {pythonOf, working} from './support/processes'
import {Reader} from './support/quickstart'
import {runDirectly, untimedText, writtenDirectly} from './support/runner'
import {expect, test} from './support/test'

// docs/quickstart-nextjs.md, followed word for word from an empty app on: in development, in a standalone build, with the folder.
const ROUTE = '/api/backtest'
/** A run of seconds that needs no optimiser, which the quickstart does not install: whole shares, with costs that vary. */
const SLOW_RUN = {
  ...LONG_RUN,
  strategy: 'momentum',
  parameters: {rebalance_frequency: 'daily'},
  costs: {commission_fixed: 1, commission_minimum: 1},
  execution: {shares: 'whole'},
}
const INSTALL_MS = 600_000 // far more than it takes, so that only a hang reaches it
let reader: Reader

test.describe.configure({mode: 'serial', timeout: INSTALL_MS})

test.beforeAll(() => {
  reader = new Reader()
})

test.afterAll(async () => {
  await reader?.end()
})

test('in development its route answers, with the same processes after each edit', async ({request}) => {
  await reader.readOn()
  const answer = JSON.parse(await reader.readOn(/^curl /)) as BacktestResult
  expect(answer.success).toBe(true)

  const python = () => pythonOf(reader.cache).map(({pid}) => pid)
  const ask = async () => expect(await request.post(reader.url + ROUTE, {data: SHORT_RUN})).toBeOK()
  await ask()
  await expect.poll(() => python().length).toBe(4) // two that supervise, two that work
  const before = python().sort()
  const route = join(reader.place, 'app', 'api', 'backtest', 'route.ts')
  const text = readFileSync(route, 'utf8')
  for (let edit = 1; edit <= 5; edit += 1) {
    writeFileSync(route, `${text}export const GET = () => new Response('edit ${edit}')\n`)
    await expect.poll(async () => (await request.get(reader.url + ROUTE)).text()).toBe(`edit ${edit}`)
    await ask()
  }
  expect(python().sort()).toEqual(before)

  await reader.endServer()
  await expect.poll(() => pythonOf(reader.cache).map(({name}) => name)).toEqual([])
})

test('in a standalone build its route answers with the runner’s document and status, byte for byte', async ({
  request,
}) => {
  await reader.readOn()
  expect(existsSync(join(reader.place, '.next', 'standalone', '.venv'))).toBe(false) // nothing but the server is traced
  for (const asked of [SHORT_RUN, {...SHORT_RUN, initial_capital: -1.5e-7}]) {
    const answer = await request.post(reader.url + ROUTE, {data: asked})
    const written = await writtenDirectly(asked)
    const {success, status = 200} = JSON.parse(written) as {success: boolean; status?: number}
    expect(answer.status()).toBe(status)
    expect(answer.headers()['content-type']).toBe(success ? 'application/json' : 'application/problem+json')
    expect(untimedText(await answer.text())).toBe(untimedText(written))
  }
})

for (const [kind, body, status] of [
  ['that is cut short', '{"strategy"', 400],
  ['that repeats a key', `{"strategy": "momentum",\n"strategy": "buy_hold"}`, 400],
  ['that is too large', ' '.repeat(6 * 1024 ** 2), 413],
] as const)
  test(`its route answers a body ${kind} with the error document`, async ({request}) => {
    const answer = await request.post(reader.url + ROUTE, {data: Buffer.from(body)})
    expect(answer.status()).toBe(status)
    expect(answer.headers()['content-type']).toBe('application/problem+json')
    expect(await answer.json()).toMatchObject({success: false, status})
  })

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1280, 360])
    test(`its page shows a result, then a refusal, at ${width} px in the ${colorScheme} theme`, async ({
      newVisitor,
      faults,
    }) => {
      const context = await newVisitor({baseURL: reader.url, colorScheme, viewport: {width, height: 900}})
      const page = await context.newPage()
      const asked = page.waitForRequest((request) => new URL(request.url()).pathname === ROUTE)
      await page.goto('/')
      await page.getByRole('combobox', {name: 'Strategy'}).selectOption('momentum')
      await page.getByRole('button', {name: 'Run'}).click()
      expect(faults.splice(0).filter((fault) => !fault.includes('404'))).toEqual([]) // an empty app has no icon
      await expect(page.getByRole('listitem')).toHaveText(figures(await runDirectly((await asked).postDataJSON())))
      const line = page.getByRole('img', {name: /^Portfolio value, [\d,]+ to [\d,]+, 2015-01-02 to 2019-12-31$/})
      expect((await line.boundingBox())?.width).toBeGreaterThan(width / 3)
      expect((await line.locator('polyline').getAttribute('points'))?.split(' ')).toHaveLength(1258)
      await expectNothingSideways(page)
      await page.screenshot({path: `test-results/screens/nextjs-result-${width}-${colorScheme}.png`, fullPage: true})

      await page.getByRole('textbox', {name: 'Symbols'}).fill('MSFT MSFT')
      await page.getByLabel('End date').fill('2014-12-31')
      const asking = page.waitForResponse((answer) => new URL(answer.url()).pathname === ROUTE)
      await page.getByRole('button', {name: 'Run'}).click()
      const {errors, remedy} = (await (await asking).json()) as BacktestErrorDocument
      const refused = page.getByRole('main').getByRole('alert')
      expect(errors.map(({pointer}) => pointer)).toEqual(['/end_date', '/holdings/1/symbol'])
      for (const {pointer, detail} of errors) await expect(refused).toContainText(`${pointer}: ${detail}`)
      expect(faults.splice(0)).toEqual([expect.stringContaining('status of 422')]) // the browser's own, of any refusal
      await expect(refused).toContainText(remedy)
      await expectNothingSideways(page)
      await page.screenshot({path: `test-results/screens/nextjs-refused-${width}-${colorScheme}.png`, fullPage: true})
    })

test('a caller that goes away leaves no process that works for it, and the server leaves none at its end', async () => {
  test.skip(process.platform !== 'linux', 'looks into /proc')
  const caller = new AbortController()
  const body = JSON.stringify(SLOW_RUN)
  const left = fetch(reader.url + ROUTE, {method: 'POST', body, signal: caller.signal}).catch(() => 'left')
  await expect.poll(async () => [...(await working(reader.cache))].some(([, ticks]) => ticks >= 5)).toBe(true)
  const busy = [...(await working(reader.cache))].filter(([, ticks]) => ticks >= 5).map(([pid]) => pid)
  expect(busy).toHaveLength(1)
  caller.abort()
  expect(await left).toBe('left')
  await expect.poll(() => pythonOf(reader.cache).some(({pid}) => pid === busy[0]), {intervals: [50]}).toBe(false)
  await expect.poll(async () => [...(await working(reader.cache))], {timeout: 5000}).toEqual([])

  await reader.endServer()
  await expect.poll(() => pythonOf(reader.cache).map(({name}) => name)).toEqual([])
})

test('the folder of the client works as a copy, which stays one, and as a link with a root that holds it', async () => {
  const installed = join(reader.place, 'node_modules', 'backtest-runner')
  await reader.readOn(/npm install .*typescript$/m)
  reader.shell('npm install --no-audit --no-fund')
  expect(lstatSync(installed).isSymbolicLink()).toBe(false)
  reader.shell('npm run build')

  reader.shell('rm .npmrc && npm install --no-audit --no-fund')
  expect(lstatSync(installed).isSymbolicLink()).toBe(true)
  expect(() => reader.shell('npm run build')).toThrow(/Module not found/)
  const config = join(reader.place, 'next.config.ts')
  const rooted = readFileSync(config, 'utf8').replace('turbopack: {', 'outputFileTracingRoot: root, turbopack: { root,')
  writeFileSync(config, `import {dirname} from 'node:path'\n\nconst root = dirname(process.cwd())\n${rooted}`)
  reader.shell('npm run build')
  expect(existsSync(join(reader.place, '.next', 'standalone', 'my-app', 'server.js'))).toBe(true)
})

/** The list of figures that a result has on the page. */
function figures({metrics}: BacktestResult): string[] {
  const percent = (value: number | null | undefined) => `${(100 * (value ?? NaN)).toFixed(1)}%`.replace('-', '−')
  return [
    `Final value ${Math.round(metrics?.final_value ?? NaN).toLocaleString('en')}`,
    `CAGR ${percent(metrics?.cagr)}`,
    `Sharpe ratio ${metrics?.sharpe_ratio?.toFixed(2)}`,
    `Maximum drawdown ${percent(metrics?.max_drawdown)}`,
  ]
}

async function expectNothingSideways(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0)
}
