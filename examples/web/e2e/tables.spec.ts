import type {Locator, Page} from '@playwright/test'
import {LONG_RUN, linkTo, open, preset, resultShown, SHORT_RUN, unfold} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'
import {ASKED, linkToLeaders} from './support/worth'

const HUGE = Number.MAX_VALUE

test.describe.configure({timeout: 300_000}) // hundreds of clicks

/** What a cell says, as a number: figures, percents, money, dates, days. NaN is what is undefined. */
function figureIn(text: string): number {
  const plain = text.replaceAll('\u00a0', ' ').replace(/ undefined$| to .*$/, '')
  if (/^\d{1,2} [A-Z][a-z]{2} \d{4}$/.test(plain) || /^[A-Z][a-z]{2} \d{4}$/.test(plain))
    return Date.parse(`${plain} UTC`)
  if (plain === 'As asked') return 0 // sessions later
  const found = /^([−+]?)\$?([\d,]+(?:\.\d+)?)/.exec(plain)
  return found ? Number(`${found[1] === '−' ? '-' : ''}${found[2]?.replaceAll(',', '')}`) : Number.NaN
}

const columnOf = async (table: Locator, n: number): Promise<string[]> =>
  table
    .locator('tbody tr')
    .evaluateAll((rows, at) => rows.map((row) => row.querySelectorAll('th, td')[at]?.textContent ?? ''), n)

/** In order, what is undefined last; a total is below all. */
function expectInOrder(texts: readonly string[], down: boolean, words: boolean, where: string): void {
  const numbers = texts.map(figureIn)
  if (words && numbers.some(Number.isNaN)) {
    const order = new Intl.Collator('en', {numeric: true})
    const sorted = [...texts].sort((a, b) => (down ? order.compare(b, a) : order.compare(a, b)))
    expect(texts.filter(Boolean), where).toEqual(sorted.filter(Boolean))
    return
  }
  const values = numbers.map((value) => (Number.isNaN(value) ? (down ? -HUGE : HUGE) : value))
  expect(values, where).toEqual([...values].sort((a, b) => (down ? b - a : a - b)))
}

/** Presses the heading of each column thrice: largest first, smallest first, and as it was. */
async function expectSorts(table: Locator): Promise<void> {
  const name = await table.locator('caption').textContent()
  const totals = await table.locator('tbody tr[class*=total]').count()
  const headings = table.locator('thead th')
  for (let n = 0; n < (await headings.count()); n += 1) {
    const heading = headings.nth(n)
    const button = heading.getByRole('button')
    if ((await button.count()) === 0) continue
    const where = `${name}: ${await button.textContent()}`
    const words = (await heading.getAttribute('class'))?.includes('text') ?? false
    const sorted = await heading.getAttribute('aria-sort') // it was in this order at first
    const before = await columnOf(table, n)
    if (sorted !== null) await button.click() // from the first order
    if ((await heading.getAttribute('aria-sort')) !== null) await button.click()
    const first = await columnOf(table, n)
    for (const down of words ? [false, true] : [true, false]) {
      await button.click()
      await expect(heading, where).toHaveAttribute('aria-sort', down ? 'descending' : 'ascending')
      await expect(table.locator('[aria-sort]')).toHaveCount(1)
      const texts = await columnOf(table, n)
      expectInOrder(totals > 0 ? texts.slice(0, -totals) : texts, down, words, where)
      if (totals > 0) expect(texts.slice(-totals), where).toEqual(before.slice(-totals))
    }
    await button.click()
    await expect(heading, where).not.toHaveAttribute('aria-sort')
    await expect.poll(() => columnOf(table, n), where).toEqual(first)
  }
}

const sortable = (page: Page) => page.locator('#result table', {has: page.locator('thead button')})

for (const [name, link] of [
  ['a run that chooses', linkTo({name: 'Leaders', draft: preset('momentum').draft})],
  ['two runs', linkTo({name: 'One', draft: SHORT_RUN}, {name: 'Two', draft: {...SHORT_RUN, start_date: '2012-01-03'}})],
  ['the answers of analysis', linkToLeaders(ASKED)],
  ['a tree of rules', linkTo({name: 'Ladder', draft: preset('volatility-ladder').draft})],
] as const)
  test(`every column of every table of rows of one kind sorts by value: ${name}`, async ({page}) => {
    await open(page, link)
    await resultShown(page)
    await unfold(page)
    const tables = sortable(page)
    await expect(tables.first()).toBeVisible()
    const count = await tables.count()
    expect(count).toBeGreaterThan(6)
    for (let n = 0; n < count; n += 1) await expectSorts(tables.nth(n))
  })

test('a heading sorts by the keyboard, and keeps the focus; tables of unlike rows have no such headings', async ({
  page,
}) => {
  await open(page, linkTo({name: 'Leaders', draft: preset('momentum').draft}))
  await resultShown(page)
  const falls = page.getByRole('table', {name: 'The deepest falls'})
  const depth = falls.getByRole('button', {name: 'Depth'})
  await depth.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Space')
  await expect(depth).toBeFocused()
  await expect(falls.getByRole('columnheader', {name: 'Depth'})).toHaveAttribute('aria-sort', 'ascending')
  await unfold(page)
  for (const name of ['Metrics and their definitions', 'Return of each month, in percent', 'Best and worst'])
    await expect(page.getByRole('table', {name}).locator('thead button')).toHaveCount(0)
})

test('sorting is of all rows, not of the page that is shown; equal ones keep their order', async ({page}) => {
  const {draft} = preset('momentum')
  const {series, trades = []} = await runDirectly(draft)
  if (!series) throw new Error('the run has no series')
  await open(page, linkTo({name: 'Leaders', draft}))
  await resultShown(page)
  await page.locator('figure', {hasText: 'Value of the portfolio'}).getByText('Show the data').click()
  const sessions = page.getByRole('table', {name: 'Sessions'})
  await expect(page.getByText(`1–25 of ${series.dates.length.toLocaleString('en-US')} sessions`)).toBeVisible()
  const column = sessions.getByRole('button', {name: 'Return'}).first()
  await column.click()
  await column.click()
  const worst = Math.min(...series.returns)
  await expect.poll(async () => figureIn((await columnOf(sessions, 2))[0] ?? '')).toBe(Number((100 * worst).toFixed(2)))

  const table = page.getByRole('table', {name: 'Trades'})
  await table.getByRole('button', {name: 'Side'}).click()
  const buys = trades.filter(({side}) => side === 'buy').slice(0, 25)
  await expect.poll(() => columnOf(table, 1)).toEqual(buys.map(({symbol}) => symbol))
  const pages = page.getByRole('navigation', {name: `Pages of ${trades.length} trades`})
  await pages.getByRole('button', {name: 'Last page'}).click()
  await expect(table.locator('tbody tr')).toHaveCount(((trades.length - 1) % 25) + 1)
  await table.getByRole('button', {name: 'Units'}).click()
  await expect(pages.getByText('1–25 of')).toBeVisible()
})

for (const width of [1440, 375])
  test(`no table cuts a row at ${width} px: what scrolls does so sideways alone`, async ({page}) => {
    await page.setViewportSize({width, height: 900})
    const draft = {...LONG_RUN, strategy: 'buy_hold', parameters: {rebalance_frequency: 'monthly'}}
    for (const link of [linkTo({name: 'Twenty', draft}), linkToLeaders(ASKED)]) {
      await open(page, link)
      await resultShown(page)
      await unfold(page)
      const cut = await page.locator('#result table').evaluateAll((tables) =>
        tables.flatMap((one) => {
          const table = one as HTMLTableElement
          const area = table.parentElement as HTMLElement
          const {clientHeight, scrollHeight} = area
          return scrollHeight > clientHeight
            ? [`${table.caption?.textContent}: ${clientHeight} of ${scrollHeight}`]
            : []
        }),
      )
      expect(cut).toEqual([])
    }
  })

for (const width of [1440, 375])
  test(`at ${width} px every heading that sorts shows it, beside its words`, async ({page}) => {
    await page.setViewportSize({width, height: 900})
    const shown = () =>
      page.locator('thead button').evaluateAll((buttons) =>
        buttons.map((button) => {
          const arrows = ['::before', '::after'].filter((part) => getComputedStyle(button, part).content !== 'none')
          const {height} = (button.lastElementChild ?? button).getBoundingClientRect()
          // The words alone are as tall as the button within its padding: the arrow takes no line of its own.
          const inner = button.getBoundingClientRect().height - 10
          return [button.textContent, arrows.length, Math.round(inner - (button.lastElementChild ? height : inner))]
        }),
      )
    await open(page, linkTo({name: 'Leaders', draft: preset('momentum').draft}))
    await resultShown(page)
    const headings = await shown()
    expect(headings.length).toBeGreaterThan(12)
    for (const [name, arrows, more] of headings) {
      expect(arrows, `${name}`).toBe(1)
      expect(more, `${name}`).toBeLessThan(8)
    }
    await open(page, '/prices')
    for (const [name, arrows] of await shown()) expect(arrows, `${name}`).toBe(1)
  })
