import type {Page} from '@playwright/test'
import {linkTo, open, parts, preset, resultShown, SHORT_RUN, unfold} from './support/page'
import {expect, test} from './support/test'
import {ASKED, linkToLeaders} from './support/worth'

/** Keys, pointers and codes of documents, which nobody who invests is to read. */
const TECHNICAL =
  /\b[a-z][a-z0-9]+_[a-z0-9_]+|\b[A-Z][A-Z0-9]+_[A-Z0-9_]+\b|(?<![\w/])\/[a-z_]+\/|\b(data|output|costs|limits)\.[a-z]/g

/** Everything that the page says: texts, also folded ones, and tips; but for code to copy. */
function told(page: Page): Promise<string> {
  return page.evaluate(() => {
    const body = document.body.cloneNode(true) as HTMLElement
    for (const code of body.querySelectorAll('pre, code, script, style')) code.remove()
    const said = [...body.querySelectorAll('*')].flatMap((one) =>
      ['data-tip', 'aria-label', 'title', 'placeholder'].flatMap((name) => one.getAttribute(name) ?? []),
    )
    return [body.textContent, ...said].join('\n').replaceAll(/[a-z_]+\.csv/g, '') // names of files to take along
  })
}

const technical = async (page: Page): Promise<string[]> => [...new Set((await told(page)).match(TECHNICAL) ?? [])]

test('no help of the form has a key, for any strategy; a sentence for everybody comes before the definition', async ({
  page,
}) => {
  await open(page, '/')
  const strategy = page.getByRole('combobox', {name: 'Strategy'})
  const names = await strategy
    .locator('option')
    .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))
  expect(names.length).toBeGreaterThan(10)
  for (const name of names) {
    await strategy.selectOption(name)
    expect(await technical(page), name).toEqual([])
  }
  await strategy.selectOption('trend_following')
  await page.getByRole('button', {name: 'About Moving average'}).click()
  const help = page.getByText('How long a stretch of prices is averaged; a longer one reacts more slowly.')
  await expect(help).toBeVisible()
  await expect(help.locator('+ p')).toHaveText(/^The number of closes in the moving average/)
})

for (const {name, draft} of [
  preset('momentum'),
  preset('saving-plan'),
  preset('volatility-ladder'),
  {name: 'Short of blocks', draft: {...SHORT_RUN, output: {include: ['metrics']}}},
])
  test(`nothing of a result has a key, a pointer or a code: ${name}`, async ({page}) => {
    await open(page, linkTo({name, draft}))
    await resultShown(page)
    await unfold(page)
    await expect(parts(page).summary).toBeVisible()
    expect(await technical(page)).toEqual([])
  })

test('nor have the answers to questions', async ({page}) => {
  await open(page, linkToLeaders(ASKED))
  await resultShown(page)
  await unfold(page)
  expect(await technical(page)).toEqual([])
})

test('problems stand in the order of the form, in its words', async ({page}) => {
  await open(page, '/')
  const {run, problems, allocation, symbol} = parts(page)
  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('trend_following')
  await page.getByRole('textbox', {name: 'Moving average'}).fill('0')
  await page.getByLabel('Start date', {exact: true}).fill('2019-01-02')
  await symbol(2).fill('KO')
  await allocation(2).fill('200')
  await page.locator('summary', {hasText: 'Costs'}).click()
  await page.getByRole('textbox', {name: 'Slippage', exact: true}).fill('2000')
  await page.getByRole('textbox', {name: 'Commission', exact: true}).fill('2000')
  await page.getByRole('textbox', {name: 'Initial capital'}).fill('0')
  await run.click()
  await expect(problems).toBeFocused()
  await expect(problems.getByRole('listitem').nth(1)).toContainText('Holding 1, Symbol: Choose a symbol.')
  const links = await problems.getByRole('link').evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''))
  expect(links.length).toBeGreaterThan(6)
  const places = await page.evaluate((ids) => {
    const all = [...document.querySelectorAll('[id]')].map(({id}) => id)
    return ids.map((id) => all.indexOf(id.slice(1)))
  }, links)
  expect(places).not.toContain(-1)
  expect(places).toEqual([...places].sort((one, other) => one - other))
  expect(await technical(page)).toEqual([])
})

test('a problem that the runner alone can see has the names of the fields', async ({page}) => {
  const draft = {...SHORT_RUN, strategy: 'trend_following'}
  const parameters = {rule: 'averages_crossing', fast_period: 300, ma_period: 200}
  await open(page, linkTo({name: 'Crossed', draft: {...draft, parameters}}))
  await expect(parts(page).problems).toContainText('“Moving average”')
  expect(await technical(page)).toEqual([])
})

test('ten stale symbols are one warning, which says each when it is asked', async ({page}) => {
  const symbols = ['AAPL', 'AMD', 'BAC', 'CVX', 'GE', 'HD', 'JNJ', 'JPM', 'KO', 'XOM']
  const holdings = symbols.map((symbol) => ({symbol, allocation: 0.1}))
  const draft = {...SHORT_RUN, holdings, end_date: '2023-06-30', rebalancing: {bands_checked: 'at_frequency'}}
  await open(page, linkTo({name: 'Stale', draft}))
  await resultShown(page)
  const notices = parts(page).summary.getByRole('listitem')
  const stale = notices.filter({hasText: 'Stored or bundled prices were used instead'})
  await expect(stale).toHaveCount(1)
  await expect(stale).toContainText('AAPL, AMD, BAC, CVX, GE, HD, JNJ, JPM and 3 more.')
  await stale.getByText('Each of the 11').click()
  await expect(stale.getByRole('listitem')).toHaveCount(11)
  await expect(stale).toContainText('The bundled sample was used for XOM.')
  await expect(notices.filter({hasText: '“Rebalancing, When bands are checked” changes nothing.'})).toHaveCount(1)
  expect(await technical(page)).toEqual([])
})

test('a figure explains itself in a sentence, with its definition below', async ({page}) => {
  await open(page, linkTo({name: 'Steady', draft: SHORT_RUN}))
  await resultShown(page)
  await parts(page).summary.getByText('Sharpe ratio', {exact: true}).first().focus()
  const lines = page.getByRole('tooltip').locator('span')
  await expect(lines).toHaveText([
    'How much you earned for each unit of risk; above 1 is rare over long periods.',
    /^mean\(r − rf\) \/ sd\(r − rf, ddof 1\)/,
  ])
})

test('the benchmark is called by its name, with its symbol beside it', async ({page}) => {
  await open(page, linkTo({name: 'Steady', draft: SHORT_RUN}))
  await resultShown(page)
  const {summary} = parts(page)
  await expect(summary).toContainText('against S&P 500 (^GSPC).')
  await expect(summary).toContainText('The bundled S&P 500 (^GSPC) is a price index.')
  await expect(summary.locator('dl')).toContainText('S&P 500† $')
  const prices = page.getByRole('table', {name: 'Prices used'})
  await expect(prices.getByRole('row', {name: /^\^GSPC S&P 500/})).toBeVisible()
})
