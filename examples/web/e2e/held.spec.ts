import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {pathToFileURL} from 'node:url'
import type {Locator, Page} from '@playwright/test'
import type {BacktestResult} from 'backtest-runner'
import {layersOf, seconds, targetOf} from '../lib/chart-data'
import {day, percent} from '../lib/format'
import {expectAccessible} from './support/axe'
import {download, linkTo, open, preset, resultShown, SHORT_RUN} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

const YEARLY = {...SHORT_RUN, parameters: {rebalance_frequency: 'annually'}} as const

const heldPart = (page: Page) => page.getByRole('region', {name: 'What it held'})
const chart = (page: Page) => heldPart(page).getByRole('slider')

/** Opens the run of a draft, and gives what the runner says of the same request. */
async function opened(page: Page, draft: Record<string, unknown>, name = 'A run'): Promise<BacktestResult> {
  const asked = page.waitForRequest('**/stream')
  await open(page, linkTo({name, draft}))
  const request = (await asked).postDataJSON() as Record<string, unknown>
  await resultShown(page)
  return (await runDirectly(request)) as BacktestResult
}

/** What was held on a session, as units times price over the value: from the trades alone. */
function recomputed(result: BacktestResult, session: string): Record<string, number> {
  const {series, trades = [], final_holdings = []} = result
  const units = (symbol: string, until: string) =>
    trades
      .filter((trade) => trade.symbol === symbol && trade.date <= until)
      .reduce((sum, {side, units}) => sum + (side === 'buy' ? units : -units), 0)
  const value = series?.portfolio_value[series.dates.indexOf(session)] ?? 0
  return Object.fromEntries(
    final_holdings.map(({symbol}) => {
      const priced = trades.find((trade) => trade.symbol === symbol && trade.date === session)
      return [symbol, (units(symbol, session) * (priced?.price ?? Number.NaN)) / value]
    }),
  )
}

test('the weights are those that were held: they drift, and are at the targets after a rebalance', async ({page}) => {
  const result = await opened(page, YEARLY)
  const {held_weights: held, weights, final_holdings = []} = result
  if (!held || !weights) throw new Error('the app asks for both')
  for (const date of weights.dates) {
    const at = held.dates.indexOf(date)
    expect(at).toBeGreaterThanOrEqual(0)
    const own = recomputed(result, date)
    for (const symbol of ['MSFT', 'KO']) expect(held.symbols[symbol]?.[at]).toBeCloseTo(own[symbol] ?? 0, 9)
    expect(held.symbols.MSFT?.[at]).toBeCloseTo(0.6, 9)
  }
  held.dates.forEach((_, n) => {
    expect((held.symbols.MSFT?.[n] ?? 0) + (held.symbols.KO?.[n] ?? 0) + (held.cash[n] ?? 0)).toBeCloseTo(1, 9)
  })

  const before = held.dates.indexOf(weights.dates[1] ?? '') - 1
  expect(Math.abs((held.symbols.MSFT?.[before] ?? 0) - 0.6)).toBeGreaterThan(0.01) // a year of drift
  await expect(chart(page)).toHaveAttribute('aria-label', /the weights of 2 holdings and cash as they were held.*marks/)
  await chart(page).press('End')
  const weight = (symbol: string) => percent(final_holdings.find((each) => each.symbol === symbol)?.weight)
  await expect(chart(page)).toHaveAttribute('aria-valuetext', new RegExp(`MSFT ${weight('MSFT')}, target 60\\.0`))
  await expect(heldPart(page).getByRole('list')).toContainText(`KO ${weight('KO')}(40.0`)
  await chart(page).press('Home')
  for (let n = 0; n < before; n++) await chart(page).press('ArrowRight')
  const drifted = `${day(held.dates[before])}: MSFT ${percent(held.symbols.MSFT?.[before])}, target 60.0`
  await expect(chart(page)).toHaveAttribute('aria-valuetext', new RegExp(`^${drifted}`))
})

test('the areas on the canvas end where the weights do, and the marks are at the targets', async ({page}) => {
  const {held_weights: held, weights} = await opened(page, YEARLY)
  if (!held || !weights) throw new Error('the app asks for both')
  const layers = layersOf(held.symbols, held.cash)
  const colours = await page.evaluate(() =>
    ['--s1', '--s2', '--text'].map((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()),
  )
  const [first, last] = [seconds(held.dates[0] ?? ''), seconds(held.dates.at(-1) ?? '')]
  const across = (date = '') => (seconds(date) - first) / (last - first)
  const edges = [0.25, 0.5, 0.8].map((share) => {
    const at = Math.round(share * (held.dates.length - 1))
    return {x: across(held.dates[at]), y: layers[0]?.values[at] ?? 0}
  })
  const below = await coloursAt(
    page,
    edges.map(({x, y}) => ({x, y: y - 0.1})),
  )
  expect(new Set(below)).toEqual(new Set([colours[0]]))
  const above = await coloursAt(
    page,
    edges.map(({x, y}) => ({x, y: y + 0.1})),
  )
  expect(new Set(above)).toEqual(new Set([colours[1]]))
  const marks = weights.dates.slice(1).map((date, n) => {
    return {x: across(date), y: layers[0] ? targetOf(layers[0], weights, n + 1) : 0}
  })
  expect(new Set(await coloursAt(page, marks))).toEqual(new Set([colours[2]]))
})

/** The colours of the plot at places from its lower left corner, as parts of its width and height. */
async function coloursAt(page: Page, places: readonly {x: number; y: number}[]): Promise<string[]> {
  await expect(chart(page).locator('canvas')).toBeVisible()
  return chart(page).evaluate((slider, places) => {
    const canvas = slider.querySelector('canvas') as HTMLCanvasElement
    const own = canvas.getBoundingClientRect()
    const over = (slider.querySelector('.u-over') as HTMLElement).getBoundingClientRect()
    const ratio = canvas.width / own.width
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', {willReadFrequently: true})
    copy?.drawImage(canvas, 0, 0)
    return places.map(({x, y}) => {
      const left = Math.round((over.left - own.left + x * over.width) * ratio)
      const top = Math.round((over.top - own.top + (1 - y) * over.height) * ratio)
      const [r = 0, g = 0, b = 0] = copy?.getImageData(left, top, 1, 1).data ?? []
      return `#${[r, g, b].map((part) => part.toString(16).padStart(2, '0')).join('')}`
    })
  }, places)
}

test('its data is one click away, as it was held and as it was wanted, and so are the files', async ({page}) => {
  const {held_weights: held, weights} = await opened(page, YEARLY, 'Two')
  await heldPart(page).getByText('Show the data').click()
  const shown = heldPart(page).getByRole('table', {name: 'Weights held'})
  await expect(shown.getByRole('row').nth(1)).toContainText(day(held?.dates.at(-1)))
  await expect(shown.getByRole('row').nth(1)).toContainText(percent(held?.symbols.KO?.at(-1)))
  await heldPart(page).getByRole('button', {name: 'Targets'}).click()
  const targets = heldPart(page).getByRole('table', {name: 'Target weights'})
  await expect(targets.getByRole('row')).toHaveCount((weights?.dates.length ?? 0) + 1)
  await expectAccessible(page)
  const {name, text} = await download(page, 'held_weights.csv')
  expect(name).toBe('two-held_weights.csv')
  const lines = text.trimEnd().split('\r\n')
  expect(lines[0]).toBe('date,MSFT,KO,cash')
  expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(held?.dates)
  expect(lines.at(-1)?.split(',').slice(1).map(Number)).toEqual([
    held?.symbols.MSFT?.at(-1),
    held?.symbols.KO?.at(-1),
    held?.cash.at(-1),
  ])
})

test('many holdings are the largest eight and the others; cash is named', async ({page}) => {
  const {draft} = preset('momentum')
  const {held_weights: held} = await opened(page, {...draft, cash: {allocation: 0}})
  const names = layersOf(held?.symbols ?? {}, held?.cash).map(({name}) => name)
  expect(names).toHaveLength(9)
  expect(names.at(-1)).toBe('2 others')
  const legend = heldPart(page).getByRole('list').getByRole('listitem')
  for (const [n, name] of names.entries()) await expect(legend.nth(n + 1)).toContainText(name)
  await heldPart(page).getByRole('button', {name: 'By holding'}).click()
  await expect(chart(page)).toHaveAttribute('aria-label', /A row for each holding/)
})

test('a tree of rules keeps its band of branches beside the weights', async ({page}) => {
  const {draft} = preset('average-switch')
  await opened(page, draft)
  await expect(page.getByRole('img', {name: /^Branch held, as a coloured band/})).toBeVisible()
  await expect(heldPart(page).getByRole('list').first()).toContainText('Cash')
})

test('what was bought once and never rebalanced is drawn, too, with its first targets', async ({page}) => {
  await opened(page, SHORT_RUN)
  await expect(chart(page)).toHaveAttribute('aria-label', /with the targets of 1 rebalance as marks/)
  await expect(heldPart(page).getByRole('columnheader', {name: 'First target'})).toBeVisible()
})

test('a result without them says what to ask for', async ({page}) => {
  await open(page, linkTo({name: 'Less', draft: {...SHORT_RUN, output: {include: ['metrics', 'weights']}}}))
  await resultShown(page)
  await expect(heldPart(page)).toContainText('Left out of this result. Choose “Held weights”')
  await expect(chart(page)).toHaveCount(0)
})

for (const id of ['momentum', 'average-switch'])
  test(`the report draws them in the same order and the same colours: ${id}`, async ({page, newVisitor}) => {
    const {name, draft} = preset(id)
    await open(page, linkTo({name, draft}))
    await resultShown(page)
    const ofApp = await heldPart(page)
      .getByRole('list')
      .getByRole('listitem')
      .evaluateAll((items) =>
        items.flatMap((item) => {
          const swatch = item.querySelector('i[class*=box]')
          return swatch ? [[item.childNodes[1]?.textContent?.trim(), getComputedStyle(swatch).color]] : []
        }),
      )
    const {text} = await download(page, 'report.html')
    const folder = mkdtempSync(join(tmpdir(), 'backtest-report-'))
    const file = join(folder, 'report.html')
    writeFileSync(file, text)
    const context = await newVisitor({hosts: ['']})
    const report = await context.newPage()
    await report.goto(pathToFileURL(file).href)
    await report.locator('html[data-ready]').waitFor({state: 'attached'})
    const ofReport = await report.locator('#held figure .legend li').evaluateAll((items) =>
      items.map((item) => {
        const swatch = item.querySelector('i')
        return [item.textContent?.trim(), swatch ? getComputedStyle(swatch).backgroundColor : '']
      }),
    )
    expect(ofReport.slice(0, -1)).toEqual(ofApp)
    expect(ofReport.at(-1)?.[0]).toBe('Target at a rebalance')
    rmSync(folder, {recursive: true})
  })

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    test(`what was held at ${width} px in the ${colorScheme} theme: axe finds nothing grave, nothing is wider than the page`, async ({
      page,
    }) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 900})
      const {name, draft} = preset('four-giants')
      await open(page, linkTo({name, draft}))
      await resultShown(page)
      await expect(chart(page).locator('canvas')).toBeVisible()
      await heldPart(page).screenshot({
        path: `test-results/screens/held-${width}-${colorScheme}.png`,
        animations: 'disabled',
      })
      await expectAccessible(page)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    })

for (const width of [1440, 375])
  test(`at ${width} px the weights stand under the growth: the same days at the same places`, async ({page}) => {
    await page.setViewportSize({width, height: 900})
    // The two runs begin apart: the weights of one have room where it had none.
    await open(
      page,
      linkTo({name: 'Late', draft: {...YEARLY, start_date: '2017-01-03'}}, {name: 'Early', draft: YEARLY}),
    )
    await resultShown(page)
    const edges = () =>
      page.locator('#result .uplot .u-over').evaluateAll((plots) =>
        plots.slice(0, 3).map((plot) => {
          const {left, right} = plot.getBoundingClientRect()
          return [Math.round(left), Math.round(right)]
        }),
      )
    const together = () =>
      expect(async () => {
        const [growth, falls, weights] = await edges()
        expect(growth).toBeDefined()
        expect([falls, weights]).toEqual([growth, growth])
      }).toPass()
    await together()
    // The cross-hair at the middle of each tells the same session, one of those that the weights have.
    const told = async (slider: Locator) => {
      await slider.scrollIntoViewIfNeeded()
      const over = slider.locator('.u-over').first()
      const box = await over.boundingBox()
      if (box === null) throw new Error('there is no plot')
      await over.hover({position: {x: Math.round(box.width * 0.8), y: 10}})
      await expect(slider).toHaveAttribute('aria-valuetext', /\d/)
      const text = (await slider.getAttribute('aria-valuetext')) ?? ''
      return Date.parse(`${text.split(':')[0]?.replaceAll('\u00a0', ' ')} UTC`)
    }
    const growth = page.getByRole('slider', {name: /^Cross-hair\. Line chart from/})
    const days = Math.abs((await told(growth)) - (await told(chart(page)))) / 86_400_000
    expect(days).toBeLessThan(8) // one is drawn from more sessions than the other
    await heldPart(page).getByRole('button', {name: 'By holding'}).click()
    await together()
  })
