import type {Locator, Page} from '@playwright/test'
import {day} from '../lib/format'
import {fieldId} from '../lib/pointer'
import {expectShownIsRun, formOf, runByKeys} from './support/form'
import {isStream, linkTo, open, parts, resultShown, typeSymbol} from './support/page'
import {expect, test} from './support/test'

const WEIGHTED = [
  {period: 1, weight: 2},
  {period: 6, weight: 1},
]
const DRAFT = {
  strategy: 'momentum',
  holdings: [
    {symbol: 'MSFT', allocation: 0.5},
    {symbol: 'KO', allocation: 0.3},
    {symbol: 'XOM', allocation: 0.2},
  ],
  start_date: '2015-01-02',
  end_date: '2017-12-29',
  initial_capital: 25000,
  parameters: {lookback_unit: 'months', lookbacks: WEIGHTED, top_n: 1},
  cash_flows: [{type: 'contribution', frequency: 'monthly', amount: 150, growth_rate: 0.02}],
}
const LINK = linkTo({name: 'Written', draft: DRAFT})

/** Places of a request, what a person types there, and whether it is undone: of each kind of field one. */
const FIELDS: readonly (readonly [place: string, typed: string, undone?: true])[] = [
  ['/parameters/top_n', '2', true],
  ['/parameters/lookbacks/1/period', '9'],
  ['/initial_capital', '1234567'],
  ['/holdings/1/allocation', '30.5'],
  ['/holdings/0/allocation', '49.9', true],
  ['/holdings/2/symbol', 'jpm', true],
  ['/benchmark', '^gspc'],
  ['/start_date', '2015-06-01'],
  ['/cash_flows/0/amount', '275', true],
  ['/cash_flows/0/growth_rate', '3.5'],
]
const INVALID: readonly (readonly [place: string, typed: string])[] = [
  ['/parameters/top_n', 'ten'],
  ['/holdings/0/allocation', '150'],
  ['/holdings/2/symbol', 'NO SUCH'],
  ['/start_date', ''],
  ['/cash_flows/0/amount', '-5'],
  ['/cash_flows/0/growth_rate', ''],
]

const box = (page: Page, place: string): Locator => page.locator(`#${fieldId(place)}`)

async function opened(page: Page): Promise<void> {
  await open(page, LINK)
  await resultShown(page)
  await page.locator('#portfolio-panel details').evaluateAll((all) => {
    for (const one of all) (one as HTMLDetailsElement).open = true
  })
}

/** By the keys, as a person does; a browser's own parts of a date are none of this page's. */
async function type(field: Locator, text: string): Promise<void> {
  await field.focus()
  if ((await field.getAttribute('type')) === 'date') return field.fill(text)
  await field.press('Control+a')
  await field.press('Delete')
  await field.pressSequentially(text)
}

for (const [place, typed] of [...FIELDS, ...INVALID])
  test(`back and forward change what stands in ${place} while it has the focus after “${typed}”`, async ({page}) => {
    await opened(page)
    const field = box(page, place)
    const before = await formOf(page)
    const asked = await runByKeys(page)
    await resultShown(page)
    await type(field, typed)
    const after = await formOf(page)
    const askedAfter = await runByKeys(page)

    await page.goBack()
    await resultShown(page)
    await expect.poll(() => formOf(page)).toEqual(before)
    expect(await runByKeys(page)).toEqual(asked)
    await resultShown(page)
    await page.goForward()
    await expect.poll(() => formOf(page)).toEqual(after)
    expect(await runByKeys(page)).toEqual(askedAfter)
  })

test('what is being typed and was never run is gone after Back, in whichever field', async ({page}) => {
  await opened(page)
  const before = await formOf(page)
  const asked = await runByKeys(page)
  await resultShown(page)
  for (const [place, typed] of FIELDS) {
    await type(box(page, '/parameters/top_n'), '3')
    await runByKeys(page)
    await type(box(page, place), typed)
    await page.goBack()
    await expect.poll(() => formOf(page), place).toEqual(before)
    expect(await runByKeys(page), place).toEqual(asked)
    await resultShown(page)
  }
})

for (const [how, leave] of [
  ['reload', (page: Page) => page.reload()],
  [
    'visit to another page and Back',
    async (page: Page) => {
      await page.goto('about:blank')
      await page.goBack()
    },
  ],
] as const)
  test(`after a ${how} the form shows what it runs, whatever was typed before`, async ({page, newVisitor}) => {
    await opened(page)
    for (const [place, typed] of FIELDS) await type(box(page, place), typed)
    await page.getByRole('combobox', {name: 'Score'}).selectOption('risk_adjusted')
    await page.getByRole('switch', {name: 'Positive returns only'}).check()
    await leave(page)
    await page.locator('html[data-ready]').waitFor({state: 'attached'})
    await resultShown(page)
    await expectShownIsRun(page, await (await newVisitor()).newPage())
  })

test('what the browser fills in is run', async ({page, newVisitor}) => {
  await opened(page)
  for (const [place, typed] of FIELDS)
    await box(page, place).evaluate((input, text) => {
      // As autofill does it: past the page, and told with events.
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value')?.set?.call(input, text)
      input.dispatchEvent(new Event('input', {bubbles: true}))
      input.dispatchEvent(new Event('change', {bubbles: true}))
    }, typed)
  const request = await expectShownIsRun(page, await (await newVisitor()).newPage())
  expect(request).toMatchObject({
    initial_capital: 1234567,
    start_date: '2015-06-01',
    benchmark: '^GSPC',
    cash_flows: [{amount: 275, growth_rate: 0.035}],
    parameters: {top_n: 2, lookbacks: [{period: 1}, {period: 9}]},
  })
  expect(request.holdings[2]?.symbol).toBe('JPM')
})

for (const [place, typed] of FIELDS.filter(([, , undone]) => undone))
  test(`undo in ${place} undoes what is run`, async ({page, newVisitor}) => {
    await opened(page)
    const field = box(page, place)
    const before = await field.inputValue()
    await field.focus()
    await page.keyboard.insertText(typed)
    await page.keyboard.press('Control+z')
    expect((await field.inputValue()).replaceAll(',', '')).toBe(before.replaceAll(',', ''))
    const other = await (await newVisitor()).newPage()
    await expectShownIsRun(page, other)
    await resultShown(page)
    await page.keyboard.press('Control+Shift+z')
    await expectShownIsRun(page, other)
    await page.goBack()
    await resultShown(page)
    await page.keyboard.press('Control+z') // of what the browser remembers of the text before
    await expectShownIsRun(page, other)
  })

test('Enter in a field runs nothing, sends nothing and changes nothing', async ({page, newVisitor}) => {
  await opened(page)
  const other = await (await newVisitor()).newPage()
  const address = page.url()
  for (const [place, typed] of FIELDS) await type(box(page, place), typed)
  const sent: string[] = []
  page.on('request', (request) => sent.push(request.url()))
  const before = await formOf(page)
  for (const [place] of FIELDS) await box(page, place).press('Enter')
  await expect.poll(() => formOf(page)).toEqual(before)
  expect(page.url()).toBe(address)
  expect(sent.filter((url) => !url.includes('/_next/'))).toEqual([])
  await expectShownIsRun(page, other)
})

test('half a date is gone with the request that it was begun in', async ({page}) => {
  const {start_date: _, ...undated} = DRAFT
  await open(page, linkTo({name: 'Undated', draft: undated}))
  await expect(parts(page).problems).toBeVisible()
  await page.getByRole('combobox', {name: 'Score'}).selectOption('risk_adjusted')
  await runByKeys(page)
  const start = box(page, '/start_date')
  await start.focus()
  await page.keyboard.type('05')
  const half = () => start.evaluate((input) => (input as HTMLInputElement).validity.badInput)
  expect(await half()).toBe(true)
  await page.goBack()
  await expect(page.getByRole('combobox', {name: 'Score'})).toHaveValue('return')
  expect(await half()).toBe(false)
})

test('an emptied field says in grey what it runs with', async ({page}) => {
  await opened(page)
  const field = box(page, '/parameters/top_n')
  await type(field, '')
  await expect(field).toHaveAttribute('placeholder', '3')
  expect((await runByKeys(page)).parameters).not.toHaveProperty('top_n')
})

test('symbols are typed in the middle, too, and in small letters', async ({page}) => {
  await opened(page)
  const field = parts(page).symbol(1)
  await type(field, 'bc')
  await field.press('Home')
  await field.press('ArrowRight')
  await field.pressSequentially('rk-')
  await field.press('Tab')
  await expect(field).toHaveValue('BRK-C')
  await field.fill('')
  await typeSymbol(field, 'MSFT')
})

test('nothing can be typed before the page listens', async ({page}) => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/_next/static/**/*.js', async (route) => {
    await gate
    await route.continue()
  })
  await page.goto(LINK, {waitUntil: 'commit'})
  const field = box(page, '/parameters/top_n')
  await field.waitFor()
  await field.evaluate((input) => (input as HTMLElement).focus())
  await page.keyboard.type('7')
  release()
  await resultShown(page)
  await expect(field).toHaveValue('1')
  expect((await runByKeys(page)).parameters).toMatchObject({top_n: 1})
})

test('what only a link can say is shown, too', async ({page}) => {
  const [first, ...others] = DRAFT.holdings
  const draft = {
    ...DRAFT,
    holdings: [{...first, expense_ratio: 0.005}, ...others],
    start_date: 'the first',
    initial_capital: true,
    output: {include: ['metrics', 'weather']},
  }
  const p = Buffer.from(JSON.stringify({v: 1, p: [{n: 'x', r: draft}]})).toString('base64url')
  const asked = page.waitForRequest(isStream)
  await open(page, `/?p=${p}`)
  expect((await asked).postDataJSON()).toMatchObject(draft)
  await expect(box(page, '/holdings/0/expense_ratio')).toHaveValue('0.5')
  await expect(box(page, '/start_date')).toHaveValue('the first')
  await expect(box(page, '/initial_capital')).toHaveValue('true')
  await page.locator('summary', {hasText: 'Output'}).click()
  await expect(page.getByRole('checkbox', {name: 'Weather'})).toBeChecked()
})

test('a date stands below its field as the result writes it', async ({page}) => {
  await open(page, LINK)
  const field = page.getByLabel('Start date', {exact: true})
  const said = field.locator('xpath=following-sibling::small')
  await expect(said).toHaveText(day('2015-01-02'))
  await field.fill('2016-02-29')
  await expect(said).toHaveText(day('2016-02-29'))
  await field.fill('')
  await expect(said).toHaveCount(0)
  await expect(page.getByText(/^Prices from/)).toContainText(
    new RegExp(`from ${day('1990-01-02')}.* to .*${day('2022-12-28')}`),
  )
})
