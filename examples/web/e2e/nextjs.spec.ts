import {execFileSync} from 'node:child_process'
import {cpSync, mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, join} from 'node:path'
import type {Page} from '@playwright/test'
import type {BacktestResult} from 'backtest-runner'
import {LONG_RUN, SHORT_RUN} from './support/page'
import {pythonOf, working} from './support/processes'
import {runDirectly, untimedText, writtenDirectly} from './support/runner'
import {REPOSITORY, RUNNER, type Server, startServer} from './support/server'
import {expect, test} from './support/test'

// examples/nextjs, copied out of the repository and given the packed client, as its README tells a reader to do.
const ROUTE = '/api/backtest'
const BUILD_MS = 600_000 // far more than it takes, so that only a hang reaches it
let copy: string
let server: Server

test.describe.configure({mode: 'serial'})

function npm(folder: string, ...args: string[]): void {
  const env = {...process.env, NEXT_TELEMETRY_DISABLED: '1'}
  execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {cwd: folder, env})
}

test.beforeAll(async () => {
  test.setTimeout(BUILD_MS)
  copy = mkdtempSync(join(tmpdir(), 'backtest-nextjs-'))
  const example = join(REPOSITORY, 'examples', 'nextjs')
  cpSync(example, copy, {recursive: true, verbatimSymlinks: true, filter: (path) => basename(path) !== '.next'})
  npm(REPOSITORY, 'pack', './clients/typescript', '--ignore-scripts', '--pack-destination', copy)
  npm(copy, 'install', '--offline', './backtest-runner-0.1.0.tgz')
  npm(copy, 'run', 'build')
  server = await startServer({BACKTEST_RUNNER: RUNNER}, {app: copy, ready: '/icon.svg'})
})

test.afterAll(async () => {
  await server?.end()
  rmSync(copy, {recursive: true, force: true})
})

test('its route answers with the runner’s document and status, byte for byte', async ({request}) => {
  for (const asked of [SHORT_RUN, {...SHORT_RUN, initial_capital: -1.5e-7}]) {
    const answer = await request.post(server.url + ROUTE, {data: asked})
    const written = await writtenDirectly(asked)
    const {success, status = 200} = JSON.parse(written) as {success: boolean; status?: number}
    expect(answer.status()).toBe(status)
    expect(answer.headers()['content-type']).toBe(success ? 'application/json' : 'application/problem+json')
    expect(untimedText(await answer.text())).toBe(untimedText(written.trimEnd()))
  }
})

test('its route answers a body that is not JSON with the error document', async ({request}) => {
  const answer = await request.post(server.url + ROUTE, {data: Buffer.from('{"strategy"')})
  expect(answer.status()).toBe(400)
  expect(await answer.json()).toMatchObject({success: false, code: 'INVALID_JSON'})
})

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1280, 360])
    test(`its page shows a result, then a refusal, at ${width} px in the ${colorScheme} theme`, async ({
      newVisitor,
      faults,
    }) => {
      const context = await newVisitor({baseURL: server.url, colorScheme, viewport: {width, height: 900}})
      const page = await context.newPage()
      const asked = page.waitForRequest((request) => new URL(request.url()).pathname === ROUTE)
      await page.goto('/')
      await page.getByRole('combobox', {name: 'Strategy'}).selectOption('momentum')
      await page.getByRole('button', {name: 'Run'}).click()
      await expect(page.getByRole('listitem')).toHaveText(figures(await runDirectly((await asked).postDataJSON())))
      const line = page.getByRole('img', {name: /^Portfolio value, [\d,]+ to [\d,]+, 2015-01-02 to 2019-12-31$/})
      expect((await line.boundingBox())?.width).toBeGreaterThan(width / 3)
      expect((await line.locator('polyline').getAttribute('points'))?.split(' ')).toHaveLength(1258)
      await expectNothingSideways(page)
      await page.screenshot({path: `test-results/screens/nextjs-result-${width}-${colorScheme}.png`, fullPage: true})

      await page.getByRole('textbox', {name: 'Symbols'}).fill('MSFT MSFT')
      await page.getByLabel('End date').fill('2014-12-31')
      await page.getByRole('button', {name: 'Run'}).click()
      const refused = page.getByRole('main').getByRole('alert')
      await expect(refused).toContainText('/holdings/1/symbol: ')
      await expect(refused).toContainText('/end_date: end_date lies before start_date (2015-01-02)')
      expect(faults.splice(0)).toEqual([expect.stringContaining('status of 422')]) // the browser's own, of any refusal
      await expect(refused).toContainText('Mend what each entry of `errors` points at')
      await expectNothingSideways(page)
      await page.screenshot({path: `test-results/screens/nextjs-refused-${width}-${colorScheme}.png`, fullPage: true})
    })

test('a caller that goes away leaves no process that works for it, and the server leaves none at its end', async () => {
  test.skip(process.platform !== 'linux', 'looks into /proc')
  const caller = new AbortController()
  const body = JSON.stringify(LONG_RUN)
  const left = fetch(server.url + ROUTE, {method: 'POST', body, signal: caller.signal}).catch(() => 'left')
  await expect.poll(async () => [...(await working(server.cache))].some(([, ticks]) => ticks >= 5)).toBe(true)
  const busy = [...(await working(server.cache))].filter(([, ticks]) => ticks >= 5).map(([pid]) => pid)
  expect(busy).toHaveLength(1)
  caller.abort()
  expect(await left).toBe('left')
  await expect.poll(() => pythonOf(server.cache).some(({pid}) => pid === busy[0]), {intervals: [50]}).toBe(false)
  await expect.poll(async () => [...(await working(server.cache))], {timeout: 5000}).toEqual([])

  const ended = new Promise((resolve) => server.process.once('exit', resolve))
  server.process.kill('SIGTERM')
  await ended
  await expect.poll(() => pythonOf(server.cache).map(({name}) => name), {timeout: 5000}).toEqual([])
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
