import {spawnSync} from 'node:child_process'
import type {Locator, Page} from '@playwright/test'
import type {CheckedPrices} from '../../lib/prices'
import {PYTHON, REPOSITORY, type Server, startServer} from './server'
import {test} from './test'

export const MOST_BYTES = 12 * 1024 ** 2

/** `test` with a server that lets prices be imported. */
export const importTest = test.extend<object, {readonly importing: Server}>({
  importing: [
    async ({}, use) => {
      const settings = {BACKTEST_WEB_IMPORT: '1', BACKTEST_WEB_MAX_IMPORT_BYTES: String(MOST_BYTES)}
      const server = await startServer(settings)
      await use(server)
      await server.end()
    },
    {scope: 'worker'},
  ],
  baseURL: ({importing}, use) => use(importing.url),
})

export interface FileToChoose {
  readonly name: string
  readonly mimeType: string
  readonly buffer: Buffer
}

export const csv = (name: string, content: string | Buffer): FileToChoose => ({
  name,
  mimeType: 'text/csv',
  buffer: Buffer.from(content),
})

/** A row on every weekday that has prices, in Yahoo's layout; the close moves by the row. */
export function rows(count: number, first = '2020-01-01', close = (n: number) => 50 + (n % 7)): string[] {
  const found: string[] = []
  for (const date = new Date(`${first}T00:00:00Z`); found.length < count; date.setUTCDate(date.getUTCDate() + 1)) {
    if (date.getUTCDay() % 6 === 0) continue
    const price = close(found.length)
    found.push(`${date.toISOString().slice(0, 10)},${price},${price},${(price * 0.9).toFixed(4)},1000`)
  }
  return found
}

export const HEADER = 'Date,Open,Close,Adj Close,Volume'

export const file = (name: string, lines: readonly string[] = rows(500), header = HEADER): FileToChoose =>
  csv(name, [header, ...lines].join('\n'))

/** The page's parts, by what they are called. */
export const pricesPage = (page: Page) => ({
  table: page.getByRole('table', {name: 'Symbols whose prices are at hand'}),
  search: page.getByRole('searchbox', {name: 'Search symbols and names'}),
  drop: page.getByRole('button', {name: 'Choose a CSV file'}),
  input: page.locator('input[type=file]'),
  symbol: page.getByRole('textbox', {name: 'Symbol', exact: true}),
  import: (symbol: string) => page.getByRole('button', {name: `Import ${symbol}`, exact: true}),
  fact: (name: string) => page.locator('dl > div', {has: page.getByText(name, {exact: true})}).locator('dd'),
  refusal: page.getByRole('region', {name: 'Import your own'}).getByRole('alert'),
})

/** The symbols that the table shows, in order. */
export const shownSymbols = (page: Page): Promise<string[]> =>
  pricesPage(page).table.locator('tbody th strong').allTextContents()

export const rowOf = (page: Page, symbol: string): Locator =>
  pricesPage(page)
    .table.getByRole('row')
    .filter({has: page.getByRole('button', {name: symbol, exact: true})})

/** What the command of the runner itself says. */
export function checkDirectly(symbol: string, cache: string): CheckedPrices {
  const env = {...process.env, BACKTEST_OFFLINE: '1', BACKTEST_CACHE_DIR: cache}
  const args = ['-m', 'backtester', 'prices', 'check', symbol, '--json', '--points', '400']
  const {stdout} = spawnSync(PYTHON, args, {cwd: REPOSITORY, env, encoding: 'utf8'})
  return (JSON.parse(stdout) as {checked: [CheckedPrices]}).checked[0]
}
