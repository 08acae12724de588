import type {Locator, Page} from '@playwright/test'
import type {BacktestRequest} from 'backtest-runner'
import {percent} from '../lib/format'
import {fieldId} from '../lib/pointer'
import {branchesOf} from '../lib/rules/branches'
import {expectAccessible} from './support/axe'
import {expectShownIsRun} from './support/form'
import {linkTo, open, parts, preset, resultShown, runAndWait} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

const HOLDINGS = ['MSFT', 'KO', 'XOM'].map((symbol, index) => ({symbol, allocation: [0.4, 0.3, 0.3][index] ?? 0}))
const BASE = {holdings: HOLDINGS, start_date: '2015-01-02', end_date: '2019-12-31'}
const ABOVE = {
  left: {indicator: 'price', symbol: 'MSFT'},
  is: 'above',
  right: {indicator: 'average', symbol: 'MSFT', window: 200},
}

const rules = (tree: unknown, more: object = {}) =>
  linkTo({name: 'Rules', draft: {...BASE, strategy: 'rules', parameters: {tree, ...more}}})
const row = (page: Page, pointer: string): Locator => page.locator(`#${fieldId(`/parameters${pointer}`)}`)
const treeOf = (page: Page) => page.getByRole('group', {name: 'Tree', exact: true})
const treeRun = async (page: Page): Promise<unknown> => ((await runAndWait(page)) as BacktestRequest).parameters

test('a tree is put together, changed and run: begin, add, wrap, move, name, delete', async ({page, newVisitor}) => {
  await open(page, linkTo({name: 'Mine', draft: {...BASE, strategy: 'buy_hold'}}))
  await resultShown(page)
  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('rules')
  const tree = treeOf(page)
  await tree.getByRole('button', {name: 'Hold', exact: true}).click()
  await expect(row(page, '/tree')).toBeFocused()
  await page.keyboard.press('Enter')
  await tree.getByRole('combobox', {name: 'Wrap in'}).selectOption({label: 'If'})
  await expect(row(page, '/tree')).toHaveText(/^If the close of MSFT is above the 200-session average of MSFT$/)
  await row(page, '/tree/else').click()
  await tree.getByRole('combobox', {name: 'Kind', exact: true}).selectOption({label: 'Weigh'})
  await tree.getByRole('button', {name: 'Add a child'}).click()
  await expect(row(page, '/tree/else/of/1')).toBeFocused()
  await tree.getByRole('combobox', {name: 'Symbol'}).selectOption('KO')
  await tree.getByRole('button', {name: 'Move up'}).click()
  await expect(row(page, '/tree/else/of/0')).toHaveText(/Hold KO/)
  await expect(row(page, '/tree/else/of/0')).toBeFocused()
  await row(page, '/tree/else').click()
  await tree.getByRole('combobox', {name: 'Weighting'}).selectOption('specified')
  await tree.getByRole('textbox', {name: 'Weight 1: KO'}).fill('75')
  await tree.getByRole('textbox', {name: 'Weight 2: MSFT'}).fill('25')
  await tree.getByRole('textbox', {name: 'Name'}).fill('calm')
  await expect(row(page, '/tree/else/of/0')).toHaveText(/75.0.%Hold KO/)
  const made = {
    if: ABOVE,
    then: {hold: 'MSFT'},
    else: {weigh: 'specified', weights: [0.75, 0.25], of: [{hold: 'KO'}, {hold: 'MSFT'}], name: 'calm'},
  }
  await row(page, '/tree/else').click() // what is open is nobody else's
  expect(await treeRun(page)).toEqual({tree: made})
  await expectShownIsRun(page, await (await newVisitor()).newPage())

  await row(page, '/tree/else').click()
  await tree.getByRole('button', {name: 'Replace parent'}).click()
  expect(await treeRun(page)).toEqual({tree: made.else})
  await tree.getByRole('button', {name: 'Undo'}).click()
  await row(page, '/tree/else').click()
  await tree.getByRole('button', {name: 'Delete'}).click()
  await expect(row(page, '/tree/else')).toHaveText(/^elseCash/)
})

test('the keyboard alone changes a tree, and every change is undone and redone', async ({page}) => {
  await open(page, rules({if: ABOVE, then: {hold: 'MSFT'}, else: {weigh: 'equal', of: [{hold: 'KO'}, {hold: 'XOM'}]}}))
  await resultShown(page)
  const words = async () => (await treeOf(page).locator('[data-row]').allTextContents()).join(' | ')
  const before = await words()
  await row(page, '/tree').focus()
  await page.keyboard.press('ArrowDown')
  await expect(row(page, '/tree/then')).toBeFocused()
  await page.keyboard.press('Alt+ArrowDown')
  await expect(row(page, '/tree/else')).toBeFocused()
  await expect(row(page, '/tree/else')).toHaveText(/Hold MSFT/)
  const moved = await words()
  await page.keyboard.press('Control+z')
  await expect.poll(() => words()).toBe(before)
  await page.keyboard.press('Control+y')
  await expect.poll(() => words()).toBe(moved)
  await page.keyboard.press('Control+z')
  await row(page, '/tree').focus()
  await page.keyboard.press('End')
  await expect(row(page, '/tree/else/of/1')).toBeFocused()
  await page.keyboard.press('Control+x')
  await expect(row(page, '/tree/else')).toBeFocused()
  await expect(row(page, '/tree/else/of/1')).toHaveCount(0)
  await row(page, '/tree/then').focus()
  await page.keyboard.press('Control+v')
  await expect(row(page, '/tree/then')).toHaveText(/Hold XOM/)
  await page.keyboard.press('Delete')
  await expect(row(page, '/tree/then')).toHaveText(/Cash/)
  for (let undone = 0; undone < 3; undone += 1) await page.keyboard.press('Control+z')
  await expect.poll(() => words()).toBe(before)
  await expect(treeOf(page).getByRole('button', {name: 'Redo'})).toBeEnabled()
})

test('what the runner finds wrong in a tree stands at its node, and the summary leads there', async ({page}) => {
  const wrong = {...ABOVE, right: {indicator: 'average', symbol: 'MSFT', window: 0}}
  await open(page, rules({if: wrong, then: {hold: 'MSFT'}, else: {weigh: 'equal', of: [{hold: 'KO'}, {hold: 'JNJ'}]}}))
  const {problems} = parts(page)
  await expect(problems).toBeFocused()
  await expect(row(page, '/tree')).toHaveAccessibleDescription(/at least 1/)
  await problems.getByRole('link', {name: 'Tree, If, Right, Window'}).click()
  await expect(row(page, '/tree')).toBeFocused()
  await page.keyboard.press('Enter')
  const window = treeOf(page).getByRole('textbox', {name: 'Window'})
  await expect(window).toHaveAttribute('aria-invalid', 'true')
  await window.fill('100')
  await expect(window).not.toHaveAttribute('aria-invalid')
  await parts(page).run.click()
  await expect(row(page, '/tree/else/of/1')).toHaveAccessibleDescription(/JNJ/)
  await expect(row(page, '/tree/else')).not.toHaveAttribute('data-wrong')
  await treeOf(page).getByRole('button', {name: 'Add JNJ'}).click()
  await parts(page).run.click()
  await resultShown(page)
  await expect(parts(page).symbol(4)).toHaveValue('JNJ')
})

test('conditions, values and definitions are edited in the words of the schema', async ({page}) => {
  await open(page, rules({if: ABOVE, then: {hold: 'MSFT'}, else: {hold: 'KO'}}))
  await resultShown(page)
  const tree = treeOf(page)
  await row(page, '/tree').click()
  const condition = tree.getByRole('group', {name: 'If', exact: true})
  await condition.getByRole('combobox', {name: 'Left'}).selectOption({label: 'RSI'})
  await condition.getByRole('textbox', {name: 'Window'}).first().fill('10')
  await condition.getByRole('combobox', {name: 'Comparison'}).selectOption('below')
  await condition.getByRole('combobox', {name: 'Right'}).selectOption({label: 'Number'})
  await condition.getByRole('textbox', {name: 'Number'}).fill('30')
  await condition.getByRole('combobox', {name: 'Kind'}).selectOption({label: 'Any'})
  await condition.getByRole('button', {name: 'Add a condition'}).click()
  await expect(row(page, '/tree')).toHaveText(
    'If the 10-session RSI of MSFT is below 30 or the close of MSFT is above the 200-session average of MSFT',
  )
  await row(page, '/tree/else').click()
  await tree.getByRole('button', {name: 'Make a definition'}).click()
  await tree.getByRole('textbox', {name: 'Definition'}).fill('defence')
  await tree.getByRole('textbox', {name: 'Definition'}).press('Enter')
  await expect(row(page, '/tree/else')).toHaveText(/Use defence/)
  expect(await treeRun(page)).toEqual({
    tree: {
      if: {any: [{left: {indicator: 'rsi', symbol: 'MSFT', window: 10}, is: 'below', right: 30}, ABOVE]},
      then: {hold: 'MSFT'},
      else: {use: 'defence'},
    },
    definitions: {defence: {hold: 'KO'}},
  })
})

test('the branch that was held is a band under the growth chart, and a table', async ({page}) => {
  const {name, draft} = preset('volatility-ladder')
  await open(page, linkTo({name, draft}))
  await resultShown(page)
  const held = branchesOf(await runDirectly({...draft, output: {include: ['decisions']}}))
  const band = page.getByRole('img', {name: /^Branch held, as a coloured band/})
  await expect(band).toHaveAccessibleName(new RegExp(`calm at ${percent(held?.branches[0]?.share)} of the decisions`))
  const legend = page.locator('#result figure').first().locator('ul > li', {hasText: '%'})
  await expect(legend).toHaveText(
    (held?.branches ?? []).map(({label, share}) => new RegExp(`^${label} ${percent(share)}`)),
  )
  await page.getByText('Show when each branch was held').click()
  const table = page.getByRole('table', {name: 'Branches held, one after the other'})
  const spans = held?.spans.length ?? 0
  expect(spans).toBeGreaterThan(25)
  await expect(table.locator('tbody tr')).toHaveCount(25) // the first page
  await expect(page.getByText(new RegExp(`^1–25 of ${spans} `))).toBeVisible()
})

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing grave in a tree with everything open, ${colorScheme}`, async ({page}) => {
    await page.emulateMedia({colorScheme})
    await open(page, rules({cases: [{if: {any: [ABOVE]}, then: {hold: 'JNJ', name: 'one'}}], else: {cash: true}}))
    await expect(parts(page).problems).toBeFocused()
    await expectAccessible(page)
    await row(page, '/tree/cases/0').click()
    await treeOf(page).getByText('Tolerance and duration').click()
    await expectAccessible(page)
    await row(page, '/tree/cases/0/then').click()
    await treeOf(page).getByText('The tree in words').click()
    await expectAccessible(page)
    await treeOf(page).getByRole('button', {name: 'Add JNJ'}).click()
    await runAndWait(page)
    await page.getByText('Show when each branch was held').click()
    await expectAccessible(page)
  })
