import {expectAccessible} from './support/axe'
import {runByKeys} from './support/form'
import {linkTo, open, parts, resultShown, SHORT_RUN} from './support/page'
import {expect, test} from './support/test'

const FLOW = {type: 'contribution', frequency: 'monthly'}

test('a cash flow has an amount or a fraction, chosen, and never both', async ({page}) => {
  await open(
    page,
    linkTo({name: 'Flows', draft: {...SHORT_RUN, cash_flows: [{...FLOW, amount: 100, growth_rate: 0.02}]}}),
  )
  await resultShown(page)
  await page.locator('summary', {hasText: 'Cash flows'}).click()
  const flow = page.getByRole('group', {name: 'Cash flow 1'})
  const [amount, fraction] = ['Amount', 'Fraction'].map((name) => flow.getByRole('textbox', {name, exact: true}))
  const [byAmount, byFraction] = ['Amount', 'Fraction'].map((name) => flow.getByRole('radio', {name}))
  await expect(byAmount!).toBeChecked()
  await expect(fraction!).toHaveCount(0)
  await byAmount!.focus()
  await page.keyboard.press('ArrowRight')
  await expect(byFraction!).toBeChecked()
  await expect(amount!).toHaveCount(0)
  await expect(flow.getByRole('textbox', {name: 'Growth'})).toHaveCount(0)
  await expectAccessible(page)

  await runByKeys(page)
  await expect(parts(page).problems).toContainText('This is still empty.')
  await expect(flow.getByText('This is still empty.')).toBeVisible()
  await fraction!.fill('1.5')
  expect((await runByKeys(page)).cash_flows).toEqual([{...FLOW, fraction: 0.015}])
  await resultShown(page)
  await byAmount!.check()
  await expect(amount!).toHaveValue('100')
  expect((await runByKeys(page)).cash_flows).toEqual([{...FLOW, amount: 100, growth_rate: 0.02}])
})

test('a new cash flow begins with one of the two, and a link that has both shows both until one is chosen', async ({
  page,
}) => {
  await open(page, linkTo({name: 'Both', draft: {...SHORT_RUN, cash_flows: [{...FLOW, amount: 100, fraction: 0.01}]}}))
  await expect(parts(page).problems).toBeFocused()
  await page.locator('summary', {hasText: 'Cash flows'}).click()
  const first = page.getByRole('group', {name: 'Cash flow 1'})
  await expect(first.getByRole('radio', {checked: true})).toHaveCount(0)
  await expect(first.getByRole('textbox', {name: 'Amount', exact: true})).toHaveValue('100')
  await expect(first.getByRole('textbox', {name: 'Fraction', exact: true})).toHaveValue('1')
  await first.getByRole('radio', {name: 'Fraction'}).check()
  await page.getByRole('button', {name: 'Add cash flow'}).click()
  const second = page.getByRole('group', {name: 'Cash flow 2'})
  await expect(second.getByRole('radio', {name: 'Amount'})).toBeChecked()
  await second.getByRole('textbox', {name: 'Amount', exact: true}).fill('50')
  expect((await runByKeys(page)).cash_flows).toEqual([
    {...FLOW, fraction: 0.01},
    {type: 'contribution', frequency: 'weekly', amount: 50},
  ])
})

test('the form goes from what everybody sets to what hardly anybody does, which is closed', async ({page}) => {
  await open(page, '/')
  const panel = page.getByRole('tabpanel')
  const order = await panel.locator('h3, summary > span:first-child').allTextContents()
  const wanted = ['Holdings', 'Period', 'Strategy', 'Capital and benchmark', 'Costs', 'Cash', 'Is it worth believing?']
  expect(order.filter((one) => wanted.includes(one))).toEqual(wanted)
  expect(order.slice(-3)).toEqual(['Data', 'Output', 'Limits'])
  await expect(panel.locator('details[open]')).toHaveCount(0)
})
