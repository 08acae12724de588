import type {BacktestResult} from 'backtest-runner'
import {money, percent, ratio} from '../lib/format'
import {open, parts, resultShown, runAndWait} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'
import {ASKED, ask, cellsOf, LEADERS, linkToLeaders, OVER, worthParts} from './support/worth'

test.describe.configure({mode: 'serial'})

let result: BacktestResult
test.beforeAll(async () => {
  result = await runDirectly(ASKED)
  expect(result.success).toBe(true)
})

const sweepOf = ({analysis}: BacktestResult) => {
  if (!analysis?.sweep) throw new Error('the run has no sweep')
  return analysis.sweep
}

test('questions are asked by switches of the form, travel in the link, and come back', async ({page, newVisitor}) => {
  await open(page, linkToLeaders(LEADERS))
  await resultShown(page)
  const {question, form, worth} = worthParts(page)
  await expect(page.getByRole('heading', {name: 'Is it worth believing?'})).toHaveCount(1) // nobody has asked yet
  await ask(question('Do other settings do better?'))
  await expect(form.getByRole('textbox', {name: 'Values of look-back'})).toHaveValue('42, 84, 126, 168, 210, 252')
  await expect(form.getByRole('textbox', {name: 'Values of holdings held'})).toHaveValue('1, 2, 3, 4, 5')
  await expect(form.getByText('30 combinations')).toBeVisible()
  await ask(question('Was it luck?'))
  const request = await runAndWait(page)
  expect(request.analysis).toEqual({
    sweep: {over: {'/parameters/lookback_period': [42, 84, 126, 168, 210, 252], '/parameters/top_n': [1, 2, 3, 4, 5]}},
    trust: {},
  })
  await expect(worth.getByRole('heading', {name: 'Do other settings do better?'})).toBeVisible()
  const other = await (await newVisitor()).newPage()
  await open(other, page.url())
  await resultShown(other)
  await expect(worthParts(other).question('Was it luck?')).toBeChecked()
  await expect(worthParts(other).worth.getByRole('heading', {name: 'Could it be chance?'})).toBeVisible()
  await question('Was it luck?').uncheck()
  expect((await runAndWait(page)).analysis).not.toHaveProperty('trust')
})

test('a question stays asked when its only field goes back to its default', async ({page}) => {
  await open(page, linkToLeaders({...LEADERS, analysis: {trust: {trials: 20}}}))
  await resultShown(page)
  const {form, question} = worthParts(page)
  await form.getByRole('textbox', {name: 'Trials', exact: true}).fill('')
  await expect(question('Was it luck?')).toBeChecked()
  expect((await runAndWait(page)).analysis).toEqual({trust: {}})
})

test('values are a list or a range; what is neither is said at its field', async ({page}) => {
  await open(page, linkToLeaders({...LEADERS, analysis: {sweep: {over: OVER}}}))
  await resultShown(page)
  const {form} = worthParts(page)
  const values = form.getByRole('textbox', {name: 'Values of look-back'})
  await values.fill('21 to 252 by 21')
  await expect(form.getByText('36 combinations')).toBeVisible()
  expect((await runAndWait(page)).analysis?.sweep?.over).toMatchObject({
    '/parameters/lookback_period': {from: 21, to: 252, step: 21},
  })
  await values.fill('many')
  await parts(page).run.click()
  await expect(parts(page).problems).toBeFocused()
  await parts(page).problems.getByRole('link').first().click()
  await expect(values).toBeFocused()
  await expect(values).toHaveAttribute('aria-invalid', 'true')
})

test('another strategy has other parameters: questions about the former ones go', async ({page}) => {
  await open(page, linkToLeaders({...LEADERS, analysis: {sweep: {over: OVER}, trust: {}}}))
  await resultShown(page)
  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('buy_hold')
  expect((await runAndWait(page)).analysis).toEqual({trust: {}})
})

test('the heat map prints the figures of the document; two of several axes and the metric are chosen', async ({
  page,
}) => {
  await open(page, linkToLeaders(ASKED))
  await resultShown(page)
  const {worth, map} = worthParts(page)
  const sweep = sweepOf(result)
  await expect(worth.getByText(sweep.overfitting.statement)).toBeVisible()
  const column = sweep.metrics.sharpe_ratio ?? []
  const cells = async () => (await cellsOf(map)).map((row) => row.map((text) => text.replace('★ ', '')))
  const frequency = worth.getByRole('combobox', {name: 'Rebalance frequency'})
  for (const [place, name] of ['monthly', 'quarterly'].entries()) {
    await frequency.selectOption({label: name})
    await expect
      .poll(() => cells())
      .toEqual([0, 1, 2].map((row) => [0, 1, 2].map((n) => ratio(column[row * 6 + n * 2 + place]))))
  }
  await worth.getByRole('combobox', {name: 'Across'}).selectOption({label: 'Rebalance frequency'})
  await expect(map.getByRole('columnheader', {name: 'quarterly'})).toBeVisible()
  expect((await cells())[0]).toHaveLength(2)
  await worth.getByRole('combobox', {name: 'Metric'}).selectOption({label: 'CAGR'})
  const grown = sweep.metrics.cagr ?? []
  const top = (Number(await worth.getByRole('combobox', {name: 'Holdings held'}).inputValue()) || 0) * 2
  const byCagr = await cellsOf(page.getByRole('table', {name: /^CAGR by /}))
  expect(byCagr[0]?.map((text) => text.replace('★ ', ''))).toEqual([percent(grown[top]), percent(grown[top + 1])])
})

test('a click on a cell runs its setting; the best of many says so beside its figures', async ({page}) => {
  await open(page, linkToLeaders({...LEADERS, analysis: {sweep: {over: OVER}}}))
  await resultShown(page)
  const {map, worth} = worthParts(page)
  const {summary} = parts(page)
  await expect(summary.getByText('that were tried, seen with hindsight')).toHaveCount(0)
  await expect(map.getByRole('button', {name: /As asked/})).toHaveAttribute('aria-disabled', 'true')
  const request = await runAndWait(page, () => map.getByRole('button', {name: /The best of all/}).click())
  const own = await runDirectly(request)
  const {best, metrics} = sweepOf(own)
  expect(best?.patch).toEqual({parameters: request.parameters})
  await expect(map.getByRole('button', {name: /The best of all\. As asked/})).toHaveText(
    `★ ${ratio(metrics.sharpe_ratio?.[best?.index ?? 0])}`,
  )
  await expect(summary).toContainText('This setting is the best of 9 that were tried, seen with hindsight. Expect less')
  await expect(worth.getByText('rank 1 of 9')).toBeVisible()
  await expect(page.getByRole('textbox', {name: 'Holdings held', exact: true})).toHaveValue(
    String((request.parameters as {top_n?: number}).top_n),
  )
  await page.goBack()
  await expect(summary.getByText('that were tried, seen with hindsight')).toHaveCount(0)
})

test('the heat map is one stop of the Tab key; arrows move in it, and Enter runs', async ({page}) => {
  await open(page, linkToLeaders({...LEADERS, analysis: {sweep: {over: OVER}}}))
  await resultShown(page)
  const {map} = worthParts(page)
  await expect(map.locator('button[tabindex="0"]')).toHaveCount(1)
  await map.locator('button[tabindex="0"]').focus() // the asked one: 126 sessions, the best two
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowRight')
  await expect(map.locator('button:focus')).toHaveAccessibleName(/Look-back 252, Holdings held 3/)
  const request = await runAndWait(page, () => page.keyboard.press('Enter'))
  expect(request.parameters).toEqual({lookback_period: 252, top_n: 3})
})

test('the heat map of a large grid draws some of its values, says so, and has the best and the asked', async ({
  page,
}) => {
  const over = {'/parameters/lookback_period': {from: 20, to: 139, step: 1}, '/parameters/top_n': [1, 2]}
  await open(page, linkToLeaders({...LEADERS, analysis: {sweep: {over}}}))
  await resultShown(page)
  const {map, worth} = worthParts(page)
  const drawn = map.locator('tbody tr')
  await expect(drawn.first()).toBeVisible()
  const rows = await drawn.count()
  expect(rows).toBeLessThanOrEqual(60)
  await expect(worth.getByText(`The map draws ${rows} of the 120 values of Look-back:`)).toBeVisible()
  await expect(map.getByRole('button', {name: /The best of all/})).toBeVisible()
  const asked = map.getByRole('button', {name: /Look-back 126, .* As asked/})
  await asked.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowUp')
  await expect(asked).toBeFocused()
})

test('walk-forward: the stitched curve, its windows, and the same months by other rules', async ({page}) => {
  await open(page, linkToLeaders(ASKED))
  await resultShown(page)
  const {worth} = worthParts(page)
  const walk = result.analysis?.walk_forward
  if (!walk) throw new Error('the run has no walk-forward')
  await expect(worth).toContainText(`choosing the setting on the past alone grew ${percent(walk.metrics.cagr)} a year`)
  await expect(
    worth
      .getByRole('img', {name: /^Line chart of the value of the walk-forward portfolio/})
      .locator('rect[data-tip*=" to "]'),
  ).toHaveCount(walk.windows.test_end.length)
  const rules = worth.getByRole('table', {name: 'The same months by other rules'})
  await expect(rules.getByRole('row', {name: /^Walk-forward/})).toContainText(percent(walk.metrics.max_drawdown))
  await expect(rules.getByRole('row', {name: /^As asked/})).toContainText(
    ratio(walk.yardsticks.as_asked.metrics.sharpe_ratio),
  )
  const stitched = worth.locator('figure', {has: page.getByRole('heading', {name: /^The stitched curve/})})
  await stitched.getByText('Show the data').click()
  await expect(stitched.getByRole('row').nth(1)).toContainText(money(walk.series.portfolio_value[0]))
  await worth.getByText(`Show the ${walk.windows.test_end.length} windows`).click()
  await expect(worth.getByRole('table', {name: 'The windows'}).locator('tbody tr')).toHaveCount(
    walk.windows.test_end.length,
  )
})

test('trust: intervals beside the tiles, a dot for each day, later fills, costs, chance', async ({page}) => {
  await open(page, linkToLeaders(ASKED))
  await resultShown(page)
  const {worth} = worthParts(page)
  const trust = result.analysis?.trust
  const {timing_luck: luck, bootstrap, lag, break_even: even, random} = trust ?? {}
  if (!luck || !bootstrap || !lag || !even || !random) throw new Error('a test of trust is missing')
  const [low, high] = bootstrap.sharpe_ratio
  await expect(parts(page).summary).toContainText(
    `95 % interval ${ratio(low)} to ${ratio(high)}`.replace('95 %', percent(0.95, 0)),
  )
  const strip = worth.getByRole('img', {name: /^Strip of/})
  await expect(strip.locator('circle')).toHaveCount(luck.offsets.length)
  await expect(strip.locator('circle[data-tip^="As asked"]')).toHaveAttribute(
    'data-tip',
    `As asked: ${percent(luck.cagr[0])}`,
  )
  await worth.getByRole('group', {name: 'Metric'}).getByRole('button', {name: 'Sharpe ratio'}).click()
  await expect(strip.locator('circle[data-tip^="As asked"]')).toHaveAttribute(
    'data-tip',
    `As asked: ${ratio(luck.sharpe_ratio[0])}`,
  )
  const curve = worth.getByRole('img', {name: /^Line chart: At the deciding close/})
  await expect(curve).toHaveAccessibleName(
    new RegExp(`10 sessions later ${percent(lag.cagr.at(-1))}`.replace('.', '\\.')),
  )
  await expect(curve.locator('circle')).toHaveCount(lag.sessions.length)
  await expect(worth.getByText(`${Math.round(even.zero ?? 0)} bps`).first()).toBeVisible()
  await expect(worth.getByText('Random picks beaten').locator('xpath=../..')).toContainText(percent(random.percentile))
})

test('projection: a fan of the percentiles, and what could be taken out', async ({page}) => {
  await open(page, linkToLeaders(ASKED))
  await resultShown(page)
  const {worth} = worthParts(page)
  const projection = result.analysis?.projection
  if (!projection) throw new Error('the run has no projection')
  const fan = worth.getByRole('img', {name: /^Fan chart over 30 years/})
  await expect(fan).toHaveAccessibleName(
    new RegExp(`50 per cent of the paths are below \\${money(10_000 * (projection.bands['50']?.at(-1) ?? 0))}`),
  )
  await expect(fan.locator('rect[data-tip^="Year 30"]')).toHaveCount(1)
  const rates = worth.getByRole('table', {name: 'What could be taken out each year'})
  await expect(rates.getByRole('row', {name: /^Used up/})).toContainText(percent(projection.safe_withdrawal_rate['50']))
})

test('variations are asked from the form and stand side by side, from one request', async ({page}) => {
  await open(page, linkToLeaders(LEADERS))
  await resultShown(page)
  const {question, form, side} = worthParts(page)
  await ask(question('Side by side'))
  for (const name of ['Never', 'Daily', 'Weekly', 'Semiannually']) await form.getByRole('checkbox', {name}).uncheck()
  const request = await runAndWait(page)
  expect(request.compare?.map(({patch}) => patch)).toEqual(
    ['quarterly', 'annually'].map((often) => ({parameters: {rebalance_frequency: often}})),
  )
  const own = await runDirectly(request)
  const table = side.getByRole('table', {name: /^The variations/})
  await expect(table.getByRole('columnheader')).toHaveText([
    'Metric',
    'As asked',
    'Rebalance frequency quarterly',
    'Rebalance frequency annually',
  ])
  await expect(table.getByRole('row', {name: /^CAGR/}).getByRole('cell')).toHaveText(
    (own.comparison?.metrics.cagr ?? []).map((value) => percent(value)),
  )
  await expect(side.getByRole('img')).toHaveAccessibleName(/As asked ends at/)
  await side.getByText('Show the data').click()
  const data = side.getByRole('table', {name: 'Portfolio value of each variation'})
  await expect(data.getByRole('columnheader')).toHaveText([
    'Session',
    'As asked',
    'Rebalance frequency quarterly',
    'Rebalance frequency annually',
  ])
  const {names = [], portfolio_value: values} = own.comparison ?? {}
  await expect(data.getByRole('row').nth(1).getByRole('cell')).toHaveText(
    names.map((name) => money(values?.[name]?.[0])),
  )
})
