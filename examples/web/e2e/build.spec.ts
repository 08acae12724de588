import {PRESETS} from '../lib/presets'
import {open, parts, paste, resultShown, runAndWait, tilesFor, tilesOf, typeSymbol} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

test('a momentum portfolio built by hand has the figures that the runner gives for the same request', async ({
  page,
}) => {
  await open(page, '/')
  const {symbol, allocation, run, progress} = parts(page)
  await typeSymbol(symbol(1), 'MSFT')
  await allocation(1).fill('40')
  await typeSymbol(symbol(2), 'KO')
  await allocation(2).fill('33.3')
  await page.getByRole('button', {name: 'Add holding'}).click()
  await expect(symbol(3)).toBeFocused()
  await typeSymbol(symbol(3), 'XOM')
  await expect(allocation(3)).toHaveValue('26.7')
  await expect(page.getByText('Sum 100 %')).toBeVisible()

  await page.getByLabel('Start date', {exact: true}).fill('2004-03-01')
  await page.getByLabel('End date', {exact: true}).fill('2019-12-31')
  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('momentum')
  await page.getByRole('combobox', {name: 'Look-back unit'}).selectOption('months')
  await page.getByRole('textbox', {name: 'Look-back', exact: true}).fill('9')
  await page.getByRole('textbox', {name: 'Holdings held'}).fill('2')
  await page.getByRole('combobox', {name: 'Weighting'}).selectOption('equal')
  await page.getByRole('combobox', {name: 'Rebalance frequency'}).selectOption('quarterly')
  await page.getByRole('textbox', {name: 'Initial capital'}).fill('25,000')
  await typeSymbol(page.getByRole('combobox', {name: 'Benchmark'}), '^GSPC')
  await page.locator('summary', {hasText: 'Costs'}).click()
  await page.getByRole('textbox', {name: 'Commission', exact: true}).fill('7.5')
  await page.getByRole('textbox', {name: 'Slippage'}).fill('2')

  // A run of milliseconds: what was said of it is written down while it is said.
  await page.evaluate(() => {
    const seen = ((window as {seen?: string[]}).seen = [] as string[])
    const look = () => seen.push(document.querySelector('progress')?.getAttribute('aria-label') ?? '')
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true, attributes: true})
  })
  const request = await runAndWait(page, () => run.click())
  const said = await page.evaluate(() => (window as {seen?: string[]}).seen?.filter(Boolean))
  expect(said?.join('; ')).toMatch(/^(Queued|[A-Z][a-z ]+), \d+ %/)
  await expect(progress).toHaveCount(0)

  expect(request).toMatchObject({
    strategy: 'momentum',
    holdings: [
      {symbol: 'MSFT', allocation: 0.4},
      {symbol: 'KO', allocation: 0.333},
      {symbol: 'XOM', allocation: 0.267},
    ],
    start_date: '2004-03-01',
    end_date: '2019-12-31',
    parameters: {
      lookback_unit: 'months',
      lookback_period: 9,
      top_n: 2,
      weighting: 'equal',
      rebalance_frequency: 'quarterly',
    },
    initial_capital: 25000,
    benchmark: '^GSPC',
    costs: {commission_bps: 7.5, slippage_bps: 2},
  })
  const result = await runDirectly(request)
  expect(result.metrics?.total_costs).toBeGreaterThan(0)
  await expect.poll(() => tilesOf(page)).toEqual(tilesFor(result))
})

test('a preset is one click from its result, and Ctrl+Enter runs it again with the result before still in sight', async ({
  page,
}) => {
  await open(page, '/')
  const {gallery, run, summary, progress} = parts(page)
  await expect(gallery).toBeVisible()
  const [, second] = PRESETS
  const first = await runAndWait(page, () => page.getByRole('link', {name: second?.name ?? ''}).click())
  await expect(gallery).toHaveCount(0)
  const before = await tilesOf(page)
  expect(before).toEqual(tilesFor(await runDirectly(first)))
  await expect(page).toHaveTitle(`${second?.name} – Backtest`)

  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/stream', async (route) => {
    await gate
    await route.continue()
  })
  await page.getByRole('textbox', {name: 'Holdings held'}).fill('5')
  await page.keyboard.press('Control+Enter')
  await expect(progress).toBeVisible()
  await expect(summary).toBeVisible()
  await expect.poll(() => tilesOf(page)).toEqual(before)
  await expect(run).toBeEnabled()
  release()
  await resultShown(page)
  await expect.poll(() => tilesOf(page)).not.toEqual(before)
  const after = await runDirectly({...first, parameters: {...first.parameters, top_n: 5}})
  await expect.poll(() => tilesOf(page)).toEqual(tilesFor(after))
})

test('twenty symbols are pasted as twenty holdings of five per cent each', async ({page}) => {
  await open(page, '/')
  const symbols = 'AAPL AMD BAC BBY CVX GE HD JNJ JPM KO LLY MRK MSFT PEP PFE PG RRC UNH WMT XOM'.split(' ')
  await paste(parts(page).symbol(1), symbols.join(', '))
  const boxes = page.getByRole('group', {name: 'Holdings', exact: true}).getByRole('combobox')
  await expect(boxes).toHaveCount(20)
  expect(await boxes.evaluateAll((all) => all.map((box) => (box as HTMLInputElement).value))).toEqual(symbols)
  await expect(page.getByText('Sum 100 %')).toBeVisible()
  await expect(parts(page).allocation(20)).toHaveValue('5')
})
