import {spawnSync} from 'node:child_process'
import type {Page} from '@playwright/test'
import {expectAccessible} from './support/axe'
import {runByKeys} from './support/form'
import {linkTo, open, resultShown, SHORT_RUN} from './support/page'
import {PYTHON, REPOSITORY, startServer} from './support/server'
import {expect, test} from './support/test'

const asset = (ticker: string) => ({step: 'asset', ticker})
const SYMPHONY = {
  step: 'root',
  name: 'Above the average',
  rebalance: 'weekly',
  children: [
    {
      step: 'if',
      children: [
        {
          step: 'if-child',
          'is-else-condition?': false,
          'lhs-fn': 'relative-strength-index',
          'lhs-fn-params': {window: 10},
          'lhs-val': 'MSFT',
          comparator: 'gt',
          'rhs-fixed-value?': true,
          'rhs-val': '60',
          children: [{step: 'wt-cash-equal', children: [asset('MSFT'), asset('XOM'), asset('JNJ')]}],
        },
        {step: 'if-child', 'is-else-condition?': true, children: [asset('KO')]},
      ],
    },
  ],
}
const ADDRESS = '/api/convert/composer'

function converted(symphony: unknown): {strategy: string; parameters: object; holdings: {symbol: string}[]} {
  const input = JSON.stringify(symphony)
  const ended = spawnSync(PYTHON, ['-m', 'backtester', 'convert', 'composer'], {cwd: REPOSITORY, input})
  return JSON.parse(ended.stdout.toString())
}

async function pasteSymphony(page: Page, text: string): Promise<void> {
  const opener = page.getByRole('button', {name: 'Paste from Composer'})
  if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click()
  await page.getByRole('textbox', {name: 'Symphony'}).fill(text)
  await page.getByRole('button', {name: 'Convert', exact: true}).click()
}

const RULES = {...SHORT_RUN, strategy: 'rules', parameters: {tree: {hold: 'MSFT'}}, rebalancing: {absolute_band: 0.1}}

test('a symphony that is pasted fills the form with what the runner converts it to, and runs', async ({page}) => {
  await open(page, linkTo({name: 'Rules', draft: RULES}))
  await resultShown(page)
  await page.getByRole('button', {name: 'Paste from Composer'}).focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.insertText(JSON.stringify(SYMPHONY))
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByText('Filled in from “Above the average”: a tree of 4 holdings.')).toBeVisible()
  await expect(page.getByText(/no real order could have met/)).toBeVisible()
  await expect(page.getByRole('button', {name: 'Paste from Composer'})).toBeFocused()
  await expectAccessible(page)

  const {strategy, parameters, holdings} = converted(SYMPHONY)
  const request = await runByKeys(page)
  await resultShown(page)
  expect(request).toMatchObject({strategy, parameters, execution: {timing: 'same_close'}})
  expect(request.holdings.map(({symbol}) => symbol)).toEqual(holdings.map(({symbol}) => symbol))
  expect(request.holdings.map(({allocation}) => allocation)).toEqual([0.25, 0.25, 0.25, 0.25])
  expect(request).not.toHaveProperty('rebalancing')
  expect([request.start_date, request.end_date]).toEqual([SHORT_RUN.start_date, SHORT_RUN.end_date])
})

test('what a symphony has that rules do not is said with its place, and the form stays as it was', async ({page}) => {
  await open(page, linkTo({name: 'Rules', draft: RULES}))
  await resultShown(page)
  const wrong = {...SYMPHONY, rebalance: 'weeekly', children: [asset('MSFT'), asset('$')]}
  await pasteSymphony(page, JSON.stringify(wrong))
  const refused = page.getByRole('tabpanel').getByRole('alert')
  await expect(refused.getByRole('listitem')).toHaveText([
    /^“Above the average”, holding \$: A symphony has one child/,
    /^“Above the average”, rebalance: .*weekly/,
  ])
  await expectAccessible(page)
  await pasteSymphony(page, '{"step": ')
  await expect(refused).toContainText('not JSON')
  await pasteSymphony(page, '[1, 2]')
  await expect(refused).toContainText('no symphony')
  expect((await runByKeys(page)).parameters).toEqual(RULES.parameters)
})

test('the converter is asked by pages of this site, with documents of a size', async ({
  newVisitor,
  request,
  faults,
}) => {
  const data = JSON.stringify(SYMPHONY)
  expect((await request.post(ADDRESS, {data, headers: {Origin: 'http://elsewhere.example'}})).status()).toBe(403)
  const server = await startServer({BACKTEST_WEB_MAX_BODY_BYTES: '2000'})
  try {
    const page = await (await newVisitor({baseURL: server.url})).newPage()
    await open(page, '/')
    await page.getByRole('combobox', {name: 'Strategy'}).selectOption('rules')
    await pasteSymphony(page, JSON.stringify({...SYMPHONY, name: 'N'.repeat(3000)}))
    await expect(page.getByRole('tabpanel').getByRole('alert')).toContainText('larger than 2000 bytes')
    expect(faults.splice(0)).toEqual([expect.stringContaining('status of 413')])
  } finally {
    await server.end()
  }
})
