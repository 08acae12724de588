import {readFileSync} from 'node:fs'
import {expect, type Locator, type Page, type Request} from '@playwright/test'
import type {BacktestRequest, BacktestResult} from 'backtest-runner'
import {money, percent, ratio} from '../../lib/format'
import {PRESETS} from '../../lib/presets'

export const STREAM = '/api/python-backtest/stream'

/** A run of ten seconds: twenty holdings, decided anew at every session of thirty years. */
export const LONG_RUN = {
  strategy: 'minimum_variance',
  holdings: [
    'AAPL',
    'AMD',
    'BAC',
    'BBY',
    'CVX',
    'GE',
    'HD',
    'JNJ',
    'JPM',
    'KO',
    'LLY',
    'MRK',
    'MSFT',
    'PEP',
    'PFE',
    'PG',
    'RRC',
    'UNH',
    'WMT',
    'XOM',
  ].map((symbol) => ({symbol, allocation: 0.05})),
  start_date: '1992-01-02',
  end_date: '2022-12-28',
  parameters: {volatility_window: 2500, rebalance_frequency: 'daily'},
} as const

/** A run of milliseconds. */
export const SHORT_RUN = {
  strategy: 'buy_hold',
  holdings: [
    {symbol: 'MSFT', allocation: 0.6},
    {symbol: 'KO', allocation: 0.4},
  ],
  start_date: '2015-01-02',
  end_date: '2019-12-31',
  benchmark: '^GSPC',
} as const

interface Linked {
  readonly name: string
  readonly draft: {readonly holdings?: unknown; readonly [key: string]: unknown}
}

/** The address that opens with these portfolios, and runs them. */
export function linkTo(...portfolios: Linked[]): string {
  const packed = (row: {symbol: string; allocation: number}) => [row.symbol, row.allocation]
  const p = portfolios.map(({name, draft}) => {
    const holdings = (draft.holdings as {symbol: string; allocation: number}[]).map(packed)
    return {n: name, r: {...draft, holdings}}
  })
  return `/?p=${Buffer.from(JSON.stringify({v: 1, p})).toString('base64url')}`
}

export function preset(id: string): (typeof PRESETS)[number] {
  const found = PRESETS.find((one) => one.id === id)
  if (found === undefined) throw new Error(`there is no preset ${id}`)
  return found
}

/** Opens the page, and waits until it listens: what is clicked before is lost. */
export async function open(page: Page, address: string): Promise<void> {
  await page.goto(address)
  await page.locator('html[data-ready]').waitFor({state: 'attached'})
}

/** The page's parts, by what they are called. */
export const parts = (page: Page) => ({
  run: page.getByRole('button', {name: /^Run (backtest|all)$/}),
  cancel: page.getByRole('button', {name: 'Cancel'}),
  progress: page.getByRole('progressbar'),
  gallery: page.getByRole('heading', {name: 'Try a strategy on past prices'}),
  summary: page.getByRole('region', {name: 'Summary'}),
  problems: page.locator('section', {has: page.locator('> #problems-heading')}),
  symbol: (number: number) => page.getByRole('combobox', {name: `Symbol ${number}`, exact: true}),
  allocation: (number: number) => page.getByRole('textbox', {name: new RegExp(`^Allocation ${number}\\b`)}),
  tab: (name: string | RegExp) => page.getByRole('tab', {name}),
  compared: page.getByRole('table', {name: 'The runs compared'}),
})

/** Runs, and waits for the result; gives the request that the page sent. */
export async function runAndWait(
  page: Page,
  start: () => Promise<unknown> = () => parts(page).run.click(),
): Promise<BacktestRequest> {
  const asked = page.waitForRequest(isStream)
  await start()
  const request = await asked
  await resultShown(page)
  return request.postDataJSON() as BacktestRequest
}

export const isStream = (request: Request): boolean => new URL(request.url()).pathname === STREAM

/** The result is there, and no run is under way. */
export async function resultShown(page: Page): Promise<void> {
  await expect(parts(page).summary).toBeVisible()
  await expect(parts(page).cancel).toHaveCount(0)
}

/** The six tiles of a single result: name and figure. */
export async function tilesOf(page: Page): Promise<Record<string, string>> {
  const tiles = parts(page).summary.locator('dl > div')
  const pairs = await tiles.evaluateAll((all) =>
    all.map((tile) => [tile.querySelector('dt')?.textContent ?? '', tile.querySelector('dd')?.textContent ?? '']),
  )
  return Object.fromEntries(pairs) as Record<string, string>
}

/** What the tiles have to say of a result. */
export function tilesFor({metrics}: BacktestResult): Record<string, string> {
  return {
    'Final value': money(metrics?.final_value),
    CAGR: percent(metrics?.cagr),
    Volatility: percent(metrics?.annual_volatility),
    'Sharpe ratio': ratio(metrics?.sharpe_ratio),
    'Maximum drawdown': percent(metrics?.max_drawdown),
    'Total costs': money(metrics?.total_costs),
  }
}

/** Unfolds everything that is folded, and waits for what is loaded then. */
export async function unfold(page: Page): Promise<void> {
  await page.locator('details').evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)))
  await expect(page.locator('details[open]:not(:has(> summary ~ :not(:empty)))')).toHaveCount(0)
}

/** Puts a text into a combobox as a person does: by its keys, taking the first symbol that is offered. */
export async function typeSymbol(box: Locator, symbol: string): Promise<void> {
  await box.pressSequentially(symbol)
  await box.press('ArrowDown')
  await box.press('Enter')
  await expect(box).toHaveValue(symbol)
}

/** Pastes as the clipboard does. */
export async function paste(box: Locator, text: string): Promise<void> {
  await box.evaluate((element, pasted) => {
    const data = new DataTransfer()
    data.setData('text/plain', pasted)
    element.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true}))
  }, text)
}

/** What the page says of how a run travels. */
// what the server has streamed lies in the page a second time, hidden, until it is put in its place
export const runsBy = (page: Page) =>
  page.locator('details', {has: page.locator('summary', {hasText: 'Runs by'})}).filter({visible: true})

/** Chooses how runs travel, by the name that the page gives it. */
export async function chooseWay(page: Page, name: string): Promise<void> {
  await runsBy(page).evaluate((details) => ((details as HTMLDetailsElement).open = true))
  await page.getByRole('radio', {name: new RegExp(`^${name}\\b`)}).check()
}

/** Saves a file of the result, and gives what is in it. */
export async function download(page: Page, file: string): Promise<{name: string; text: string}> {
  const saving = page.waitForEvent('download')
  await page.getByRole('button', {name: file, exact: true}).click()
  const saved = await saving
  return {name: saved.suggestedFilename(), text: readFileSync(await saved.path(), 'utf8')}
}
