import {figureColumns} from './support/compared'
import {linkTo, open, parts, preset, resultShown, runAndWait, SHORT_RUN, tilesFor, typeSymbol} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

test('two and three portfolios stand side by side, each by its name, with the runner’s figures', async ({page}) => {
  await open(page, '/')
  const {symbol, allocation, tab, compared, summary} = parts(page)
  await typeSymbol(symbol(1), 'MSFT')
  await typeSymbol(symbol(2), 'KO')
  await page.getByLabel('Start date', {exact: true}).fill('2010-01-04')
  await page.getByLabel('End date', {exact: true}).fill('2019-12-31')
  const name = page.getByRole('textbox', {name: 'Name', exact: true})

  await page.getByRole('button', {name: '+ Compare'}).click()
  await expect(tab('Portfolio B')).toHaveAttribute('aria-selected', 'true')
  await name.fill('Mostly Microsoft')
  await allocation(1).fill('90')
  await allocation(2).fill('10')
  await tab('Portfolio A').click()
  await expect(allocation(1)).toHaveValue('50')
  await name.fill('Half and half')
  await runAndWait(page)
  await expect(compared.getByRole('columnheader')).toHaveText(['Metric', 'Half and half', 'Mostly Microsoft'])
  await expect(summary.getByText(/^Half and half:/)).toBeVisible()
  await expect(summary.getByText(/^Mostly Microsoft:/)).toBeVisible()

  await tab('Mostly Microsoft').click()
  await page.getByRole('button', {name: '+ Compare'}).click()
  await name.fill('All of Coke')
  await page.getByRole('button', {name: 'Remove holding 1, MSFT'}).click()
  await allocation(1).fill('100')
  await runAndWait(page)
  await expect(page.getByRole('button', {name: '+ Compare'})).toHaveCount(0)
  await expect(compared.getByRole('columnheader')).toHaveText([
    'Metric',
    'Half and half',
    'Mostly Microsoft',
    'All of Coke',
  ])

  const period = {strategy: 'buy_hold', start_date: '2010-01-04', end_date: '2019-12-31'}
  const shares = [
    [0.5, 0.5],
    [0.9, 0.1],
    [0, 1],
  ]
  const results = await Promise.all(
    shares.map(([msft = 0, ko = 0]) => {
      const holdings = [
        {symbol: 'MSFT', allocation: msft},
        {symbol: 'KO', allocation: ko},
      ].filter((one) => one.allocation > 0)
      return runDirectly({...period, holdings})
    }),
  )
  const columns = await figureColumns(compared)
  results.forEach((result, n) => {
    const wanted = Object.entries(tilesFor(result))
    expect(Object.entries(columns[n] ?? {})).toEqual(expect.arrayContaining(wanted))
  })

  // Every part that is about one run says which, and can be about another.
  const pickers = page.getByRole('group', {name: 'Run', exact: true})
  await pickers.first().getByRole('button', {name: 'All of Coke'}).click()
  for (const picker of await pickers.all())
    await expect(picker.getByRole('button', {name: 'All of Coke'})).toHaveAttribute('aria-pressed', 'true')
})

test('a portfolio keeps its colour when the one before it fails', async ({page}) => {
  const broken = {...SHORT_RUN, holdings: [{symbol: 'MSFT', allocation: 0.4}]}
  await open(
    page,
    linkTo(
      {name: 'First', draft: SHORT_RUN},
      {name: 'Broken', draft: broken},
      {name: 'Third', draft: preset('four-giants').draft},
    ),
  )
  const {problems, tab, compared, summary} = parts(page)
  await expect(problems).toBeFocused()
  await expect(compared.getByRole('columnheader')).toHaveText(['Metric', 'First', 'Third', 'S&P 500†'])
  await tab('Third').click()
  const underline = await tab('Third').evaluate((element) => getComputedStyle(element).borderBottomColor)
  const swatches = page.locator('p', {hasText: /^Third:/}).locator('i')
  await expect.poll(() => swatches.evaluate((element) => getComputedStyle(element).color)).toBe(underline)
  const pill = page
    .getByRole('group', {name: 'Run', exact: true})
    .first()
    .getByRole('button', {name: 'Third'})
    .locator('i')
  await expect.poll(() => pill.evaluate((element) => getComputedStyle(element).color)).toBe(underline)

  await tab(/^Broken/).click()
  await parts(page).allocation(1).fill('100')
  await runAndWait(page)
  await expect(compared.getByRole('columnheader')).toHaveText(['Metric', 'First', 'Broken', 'Third', 'S&P 500†'])
  await expect(summary).toBeVisible()
  await resultShown(page)
})
