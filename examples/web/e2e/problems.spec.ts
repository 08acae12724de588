import type {Locator, Page} from '@playwright/test'
import {linkTo, open, parts, resultShown, SHORT_RUN, typeSymbol} from './support/page'
import {expect, test} from './support/test'

/** The field says that it is wrong, and what: to everybody. */
async function expectProblemAt(field: Locator, problem: RegExp): Promise<void> {
  await expect(field).toHaveAttribute('aria-invalid', 'true')
  await expect(field).toHaveAccessibleDescription(problem)
}

async function expectMended(field: Locator): Promise<void> {
  await expect(field).not.toHaveAttribute('aria-invalid')
}

async function failing(page: Page, count: RegExp): Promise<Locator> {
  const {run, problems} = parts(page)
  await run.click()
  await expect(problems).toBeFocused()
  await expect(problems.getByRole('heading', {level: 2})).toHaveText(count)
  return problems
}

test('everything that is wrong stands at its field and in a summary that has the focus and leads to it', async ({
  page,
}) => {
  await open(page, '/')
  const {symbol, allocation, problems} = parts(page)
  await typeSymbol(symbol(1), 'MSFT')
  await typeSymbol(symbol(2), 'KO')
  await allocation(2).fill('30')
  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('momentum')
  const start = page.getByLabel('Start date', {exact: true})
  const end = page.getByLabel('End date', {exact: true})
  await start.fill('2019-01-02')
  await end.fill('2015-12-31')
  const held = page.getByRole('textbox', {name: 'Holdings held'})
  await held.fill('0')
  const group = page.locator('details', {has: page.locator('summary', {hasText: 'Costs'})})
  await group.locator('> summary').click()
  const commission = page.getByRole('textbox', {name: 'Commission', exact: true})
  await commission.fill('2000')
  await group.locator('> summary').click()

  const summary = await failing(page, /^4 things to fix$/)
  const holdings = page.getByRole('group', {name: 'Holdings', exact: true})
  await expect(holdings).toHaveAccessibleDescription(/sum to 80 %, not to 100 %/)
  await expectProblemAt(end, /before/)
  await expectProblemAt(held, /It must be at least 1/)
  await expect(group.getByText('1 problem')).toBeVisible()

  await summary.getByRole('link', {name: 'Commission'}).click()
  await expect(commission).toBeFocused()
  await expect(commission).toBeInViewport()
  await expectProblemAt(commission, /It must be .*at most 1,?000/)
  await summary.getByRole('link', {name: 'Holdings held'}).press('Enter')
  await expect(held).toBeFocused()
  await expect(held).toBeInViewport()
  await summary.getByRole('link', {name: 'Holdings', exact: true}).click()
  await expect(holdings).toBeFocused()
  await summary.getByRole('link', {name: 'End date'}).click()
  await expect(end).toBeFocused()

  await page.getByRole('tabpanel').getByRole('button', {name: 'Use 1', exact: true}).click()
  await expect(held).toHaveValue('1')
  await expectMended(held)
  await expect(problems.getByRole('heading', {level: 2})).toHaveText('3 things to fix')
  await summary.getByRole('button', {name: 'Use 1,000'}).click()
  await expect(commission).toHaveValue('1,000')
  await summary.getByRole('button', {name: 'Use 62.5 %, 37.5 %'}).click()
  await expect(allocation(1)).toHaveValue('62.5')
  await expect(allocation(2)).toHaveValue('37.5')
  await end.fill('2021-12-31')
  await expect(problems.getByRole('heading', {level: 2})).toHaveText('Ready to run again')
  await parts(page).run.click()
  await resultShown(page)
  await expect(problems).toHaveCount(0)
})

test('a symbol that nobody knows is pointed at, with the likely one a click away', async ({page}) => {
  await open(page, '/')
  const {symbol} = parts(page)
  await typeSymbol(symbol(1), 'MSFT')
  await symbol(2).fill('JNK')
  await page.locator('summary', {hasText: 'Data'}).click()
  await page.getByRole('combobox', {name: 'Source'}).selectOption('bundled')
  const summary = await failing(page, /./)
  await expectProblemAt(symbol(2), /JNK/)
  await summary.getByRole('link', {name: 'Holding 2, Symbol'}).click()
  await expect(symbol(2)).toBeFocused()
  await summary.getByRole('button', {name: 'Use JNJ'}).click()
  await expect(symbol(2)).toHaveValue('JNJ')
  await expectMended(symbol(2))
  await parts(page).run.click()
  await resultShown(page)
})

test('a run that fails leaves the result before it on show, and says so', async ({page}) => {
  await open(page, linkTo({name: 'Steady', draft: SHORT_RUN}))
  await resultShown(page)
  await parts(page).allocation(1).fill('ten')
  const summary = await failing(page, /^One thing to fix$/)
  await expect(summary).toContainText('Allocation: This is no number.')
  await expectProblemAt(parts(page).allocation(1), /This is no number/)
  await expect(parts(page).summary).toBeVisible()
  await expect(page.getByText('“Steady” did not run as it is now. This is its result from before.')).toBeVisible()
})

test('a server that cannot be reached is said in plain words, and the run can be tried again', async ({
  page,
  context,
  faults,
}) => {
  await open(page, linkTo({name: 'Steady', draft: SHORT_RUN}))
  await resultShown(page)
  await context.setOffline(true)
  const summary = await failing(page, /^No answer came back$/)
  await expect(summary).toContainText('The server could not be reached')
  await expect(summary).not.toContainText('child process')
  // a browser logs what it could not load as an error of its own
  await expect.poll(() => faults.splice(0)).toEqual([expect.stringContaining('ERR_INTERNET_DISCONNECTED')])
  await context.setOffline(false)
  await summary.getByRole('button', {name: 'Try again'}).click()
  await expect(summary).toHaveCount(0)
  await resultShown(page)
})

test('where no place has the prices, what to do is what this page can', async ({page}) => {
  await open(page, linkTo({name: 'Unknown', draft: {...SHORT_RUN, holdings: [{symbol: 'NOPE', allocation: 1}]}}))
  const {problems} = parts(page)
  await expect(problems).toContainText('The page “Prices” lists the symbols at hand.')
  await expect(problems).not.toContainText(/GET|FILE|inline|Inline/)
})
