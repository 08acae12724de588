import type {Page} from '@playwright/test'
import type {BacktestResult} from 'backtest-runner'
import {change, day, percent} from '../lib/format'
import {linkTo, open, preset, resultShown, SHORT_RUN} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

const growth = (page: Page) =>
  page.locator('figure', {has: page.getByRole('slider', {name: /^Cross-hair\. Line chart from/})})
const slider = (page: Page) => growth(page).getByRole('slider')
const range = (page: Page, name: string) =>
  growth(page).getByRole('group', {name: 'Range'}).getByRole('button', {name, exact: true})
const reset = (page: Page) => growth(page).getByRole('button', {name: 'Reset zoom'})
const visible = (page: Page) => growth(page).getByRole('table', {name: /^What is visible: /})

const rowsOf = (page: Page) =>
  visible(page)
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th, td')].map((cell) => cell.textContent ?? '')))

/** The figures from the close of a date on, from the document's returns, as the metrics are defined. */
function figuresFrom({series, benchmark, period}: BacktestResult, start: string, own: boolean): string[] {
  const dates = series?.dates ?? []
  const returns = (own ? series?.returns : benchmark?.series.returns) ?? []
  const from = dates.findIndex((date) => date >= start)
  const after = returns.slice(from + 1)
  let value = 1
  let peak = 1
  let deepest = 0
  for (const rate of after) {
    value *= 1 + rate
    peak = Math.max(peak, value)
    deepest = Math.min(deepest, value / peak - 1)
  }
  const days = (Date.parse(dates.at(-1) ?? '') - Date.parse(dates[from] ?? '')) / 86_400_000
  const mean = after.reduce((sum, rate) => sum + rate, 0) / after.length
  const variance = after.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / (after.length - 1)
  return [
    change(value - 1),
    days >= 365 ? change(value ** (365.25 / days) - 1) : '— undefined',
    percent(Math.sqrt(variance * period.periods_per_year)),
    percent(deepest),
  ]
}

for (const [id, name] of [
  ['momentum', 'a run with a benchmark'],
  ['saving-plan', 'a run with money paid in'],
] as const)
  test(`a range rebases the lines at its left edge and shows the figures of what is visible: ${name}`, async ({
    page,
  }) => {
    const {draft} = preset(id)
    const result = await runDirectly(draft)
    await open(page, linkTo({name: 'Run', draft}))
    await resultShown(page)
    await expect(reset(page)).toHaveCount(0)
    await expect(visible(page)).toHaveCount(0)
    await expect(growth(page).getByRole('heading', {name: /^Value of/})).toBeVisible()

    const dates = result.series?.dates ?? []
    const last = dates.at(-1) ?? ''
    for (const years of [3, 1]) {
      await range(page, `${years}Y`).click()
      const start = dates.find((date) => date >= `${Number(last.slice(0, 4)) - years}${last.slice(4)}`) ?? ''
      await expect(visible(page)).toHaveAccessibleName(`What is visible: ${day(start)} to ${day(last)}`)
      const curves = result.benchmark ? [true, false] : [true]
      await expect
        .poll(async () => (await rowsOf(page)).map((row) => row.slice(1)))
        .toEqual(curves.map((own) => figuresFrom(result, start, own)))
      await expect(growth(page).getByText('Computed from the visible points alone')).toBeVisible()
      await expect(growth(page).getByRole('heading', {name: /^Change of/})).toBeVisible()
      // The lines begin at nothing, and what the cross-hair reads at the end is the return of what is visible.
      await slider(page).press('Home')
      await expect(slider(page)).toHaveAttribute('aria-valuetext', new RegExp(`^${day(start)}: Portfolio 0\\.0\u00a0%`))
      await slider(page).press('End')
      const [total] = figuresFrom(result, start, true)
      await expect.poll(() => slider(page).getAttribute('aria-valuetext')).toContain(`Portfolio ${total}, `)
    }
    await reset(page).click()
    await expect(slider(page)).toBeFocused()
    await expect(reset(page)).toHaveCount(0)
    await expect(visible(page)).toHaveCount(0)
    await expect(range(page, 'Max')).toHaveAttribute('aria-pressed', 'true')
  })

test('the figures of nearly all of a run are those of its metrics', async ({page}) => {
  const draft = {...SHORT_RUN, costs: {commission_bps: 0}}
  const {metrics, series} = await runDirectly(draft)
  await open(page, linkTo({name: 'Run', draft}))
  await resultShown(page)
  // All but the last session: dragging from before the first to just short of the last.
  const box = await slider(page).locator('.u-over').first().boundingBox()
  if (!box || !metrics || !series) throw new Error('there is no chart')
  await page.mouse.move(box.x + 1, box.y + 50)
  await page.mouse.down()
  await page.mouse.move(box.x + box.width / 2, box.y + 60, {steps: 3})
  await page.mouse.move(box.x + box.width - 3, box.y + 60, {steps: 3})
  await page.mouse.up()
  await expect(reset(page)).toBeVisible()
  await expect(range(page, 'Max')).toHaveAttribute('aria-pressed', 'false')
  const number = (text = '') => Number(text.replace('−', '-').replace(/[^-\d.]/g, ''))
  const figure = (n: number) => expect.poll(async () => number((await rowsOf(page))[0]?.[n]))
  await figure(2).toBeCloseTo(100 * (metrics.cagr ?? 0), 0)
  await figure(3).toBeCloseTo(100 * (metrics.annual_volatility ?? 0), 0)
  await figure(4).toBeCloseTo(100 * (metrics.max_drawdown ?? 0), 0)
  await slider(page)
    .locator('.u-over')
    .first()
    .dblclick({position: {x: 100, y: 40}})
  await expect(reset(page)).toHaveCount(0)
})

test('plus and minus zoom around the cross-hair, 0 shows all again', async ({page}) => {
  await open(page, linkTo({name: 'Run', draft: SHORT_RUN}))
  await resultShown(page)
  const span = async () => {
    const [from, to] = await Promise.all(
      ['aria-valuemin', 'aria-valuemax'].map(async (name) => Number(await slider(page).getAttribute(name))),
    )
    return (to ?? 0) - (from ?? 0)
  }
  await slider(page).focus()
  const all = await span()
  await page.keyboard.press('Home')
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('PageUp')
  const at = await slider(page).getAttribute('aria-valuenow')
  await page.keyboard.press('+')
  await expect(visible(page)).toBeVisible()
  await expect.poll(() => span()).toBe(Math.round(all / 2))
  await expect.poll(() => slider(page).getAttribute('aria-valuenow')).toBe(at)
  await page.keyboard.press('=')
  await expect.poll(() => span()).toBe(Math.round(Math.round(all / 2) / 2))
  await expect(slider(page)).toBeFocused()
  await page.keyboard.press('-')
  await page.keyboard.press('-')
  await expect.poll(() => span()).toBe(all)
  await expect(reset(page)).toHaveCount(0)
  await page.keyboard.press('+')
  await expect(reset(page)).toBeVisible()
  await page.keyboard.press('0')
  await expect(reset(page)).toHaveCount(0)
  await expect.poll(() => span()).toBe(all)
})

test('what is loaded for a zoom holds up neither the zoom nor the keys that follow', async ({page}) => {
  await open(page, linkTo({name: 'Run', draft: SHORT_RUN}))
  await resultShown(page)
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/_next/static/**', async (route) => {
    await released
    await route.continue()
  })
  const from = async () => Number(await slider(page).getAttribute('aria-valuemin'))
  const all = Number(await slider(page).getAttribute('aria-valuemax'))
  await slider(page).focus()
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('+')
  await expect.poll(from).toBe(all - Math.round(Math.round(Math.round(all / 2) / 2) / 2))
  await expect(visible(page)).toHaveCount(0)
  release()
  await expect(visible(page)).toBeVisible()
})

test('under a year there is no growth a year, and the dash says why', async ({page}) => {
  await open(page, linkTo({name: 'Run', draft: {...SHORT_RUN, output: {max_points: 300}}}))
  await resultShown(page)
  await slider(page).focus()
  for (let n = 0; n < 3; n += 1) await page.keyboard.press('+')
  await expect.poll(async () => (await rowsOf(page))[0]?.[2]).toBe('— undefined')
  await expect(visible(page).locator('[data-tip*="under one year"]').first()).toBeVisible()
  // Of a thinned series sessions are left out: no standard deviation of what is left.
  await expect.poll(async () => (await rowsOf(page))[0]?.[3]).toBe('— undefined')
  await expect(visible(page).locator('[data-tip*="leaves sessions out"]').first()).toBeVisible()
})
