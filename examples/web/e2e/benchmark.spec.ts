import type {Page} from '@playwright/test'
import type {BacktestResult} from 'backtest-runner'
import {money, percent} from '../lib/format'
import {PRESETS} from '../lib/presets'
import {linkTo, open, parts, preset, resultShown, SHORT_RUN} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

const SAVING = {
  ...SHORT_RUN,
  cash_flows: [{type: 'contribution', frequency: 'monthly', amount: 250}],
} as const

async function opened(page: Page, draft: Record<string, unknown>): Promise<BacktestResult> {
  const asked = page.waitForRequest('**/stream')
  await open(page, linkTo({name: 'A run', draft: draft as never}))
  const request = (await asked).postDataJSON() as Record<string, unknown>
  await resultShown(page)
  return (await runDirectly(request)) as BacktestResult
}

const tile = (page: Page, name: string) =>
  parts(page)
    .summary.locator('dl > div')
    .filter({has: page.locator('dt', {hasText: name})})

test('the money that is paid in is paid into the benchmark, too: its final value is of the same savings', async ({
  page,
}) => {
  const {series, benchmark, metrics} = await opened(page, SAVING)
  let value = 10_000
  series?.cash_flows?.forEach((flow, n) => {
    value = value * (1 + (benchmark?.series.returns[n] ?? 0)) + (flow ?? 0)
  })
  expect(benchmark?.metrics.final_value).toBeCloseTo(value, 4)
  expect(value).toBeGreaterThan(10_000 + (metrics?.net_contributions ?? 0))
  await expect(tile(page, 'Final value')).toContainText(
    `S&P 500† ${money(value)}, both from $10,000 and ${money(metrics?.net_contributions)} paid in`,
  )
  const growth = page.getByRole('figure').filter({hasText: 'with the fall from the peak below'})
  await expect(growth).toContainText('S&P 500 has the same cash flows.')
  await expect(growth.getByRole('slider')).toHaveAttribute('aria-label', new RegExp(`to \\${money(value)},`))
})

test('growth is compared without the money that came and went', async ({page}) => {
  const {benchmark} = await opened(page, SAVING)
  const growth = page.getByRole('figure').filter({hasText: 'with the fall from the peak below'})
  await growth.getByRole('button', {name: 'Growth'}).click()
  const grown = money(10_000 * (1 + (benchmark?.metrics.total_return ?? 0)))
  await expect(growth.getByRole('slider')).toHaveAttribute(
    'aria-label',
    new RegExp(`S&P 500 goes from .* to \\${grown},`),
  )
})

test('time-weighted figures of the benchmark do not depend on what is paid in', async ({page}) => {
  const alone = await opened(page, SHORT_RUN)
  const saved = await opened(page, SAVING)
  for (const name of ['cagr', 'max_drawdown', 'sharpe_ratio'] as const)
    expect(saved.benchmark?.metrics[name]).toBe(alone.benchmark?.metrics[name])
  await expect(tile(page, 'CAGR')).toContainText(`S&P 500† ${percent(alone.benchmark?.metrics.cagr)}`)
})

test('an index without dividends has a mark at its figures that is explained below them', async ({page}) => {
  await opened(page, SHORT_RUN)
  for (const name of ['Final value', 'CAGR', 'Volatility', 'Sharpe ratio', 'Maximum drawdown'])
    await expect(tile(page, name)).toContainText('S&P 500† ')
  await expect(parts(page).summary).toContainText('† S&P 500 is counted without dividends, the portfolio with them.')
  await open(page, linkTo({name: 'One', draft: SHORT_RUN}, {name: 'Other', draft: SAVING}))
  await resultShown(page)
  await expect(parts(page).compared.getByRole('columnheader', {name: 'S&P 500†'})).toBeVisible()
  await expect(parts(page).summary).toContainText('† S&P 500 is counted without dividends')
})

for (const [why, benchmark] of [
  ['with dividends', 'XOM'],
  ['that is not there', undefined],
] as const)
  test(`a benchmark ${why} has no mark`, async ({page}) => {
    const {benchmark: _, ...without} = SHORT_RUN
    await opened(page, benchmark === undefined ? without : {...without, benchmark})
    await expect(parts(page).summary).not.toContainText('†')
  })

test('runs with different savings have no benchmark in common but its growth', async ({page}) => {
  await open(page, linkTo({name: 'One', draft: SHORT_RUN}, {name: 'Other', draft: SAVING}))
  await resultShown(page)
  const value = parts(page)
    .compared.getByRole('row', {name: /^Final value/})
    .getByRole('cell')
  await expect(value.last()).toHaveText('')
  await expect(parts(page).compared.getByRole('row', {name: /^CAGR/}).getByRole('cell').last()).toContainText('%')
})

test('the cards say which companies were chosen today, and which index has no dividends', async ({page}) => {
  await open(page, '/')
  await expect(page.getByText('at worst').first()).toBeVisible()
  for (const {name, chosenToday} of PRESETS) {
    const card = page.getByRole('link').filter({has: page.getByText(name, {exact: true})})
    await expect(card.getByText('Grey: an index without its dividends')).toBeVisible()
    await expect(card.getByText('Companies chosen today, with hindsight')).toHaveCount(chosenToday ? 1 : 0)
  }
  await expect(parts(page).gallery.locator('xpath=..')).toContainText('An index without its dividends looks weaker')
})

test('nothing jumps when a card has its marks', async ({page}) => {
  await open(page, '/')
  const cards = page.locator('section[aria-labelledby=gallery-heading] li')
  await expect(page.getByText('at worst').first()).toBeVisible()
  const heights = () => cards.evaluateAll((all) => all.map((card) => card.getBoundingClientRect().height))
  const early = await heights()
  await expect(page.getByText('Grey: an index without its dividends')).toHaveCount(PRESETS.length)
  expect(await heights()).toEqual(early)
})

for (const {id, chosenToday} of PRESETS.filter(({id}) => ['four-giants', 'momentum', 'saving-plan'].includes(id)))
  test(`the result of ${id} ${chosenToday ? 'says that its companies were chosen today' : 'says nothing of chosen companies'}`, async ({
    page,
  }) => {
    await open(page, linkTo(preset(id)))
    await resultShown(page)
    const notice = parts(page).summary.getByText('These companies were chosen today')
    await expect(notice).toHaveCount(chosenToday ? 1 : 0)
  })
