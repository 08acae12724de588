import type {Page} from '@playwright/test'
import {expectAccessible} from './support/axe'
import {formOf, runByKeys} from './support/form'
import {linkTo, open, parts, preset, resultShown, SHORT_RUN, unfold} from './support/page'
import {expect, test} from './support/test'

// The smallest is a window of 1280 by 1024 at 400 %.
const SIZES = [
  [2560, 1440],
  [1440, 900],
  [1280, 360],
  [900, 700],
  [899, 700],
  [768, 1024],
  [640, 360],
  [375, 667],
  [320, 256],
] as const
const MANY_PROBLEMS = {...SHORT_RUN, holdings: Array.from({length: 30}, () => ({symbol: '', allocation: 0}))}
const changedText = (page: Page) => page.getByRole('status').filter({hasText: 'Changed since this run'})

/** Run can be clicked where it is, whole, wherever the page is scrolled to. */
async function expectRunAtHand(page: Page): Promise<void> {
  const {run} = parts(page)
  for (const share of [0, 0.3, 0.7, 1]) {
    await page.evaluate((to) => scrollTo(0, to * document.documentElement.scrollHeight), share)
    await expect(run, `at ${share} of the page`).toBeInViewport({ratio: 1})
    await run.click({trial: true})
  }
}

for (const [width, height] of SIZES)
  test(`Run stays on the screen at ${width} by ${height}, whatever stands above it`, async ({page}) => {
    await page.setViewportSize({width, height})
    await open(page, '/?p=aGVsbG8')
    await expect(page.getByRole('main').getByRole('alert')).toBeVisible()
    await expectRunAtHand(page)
    await open(page, linkTo({name: 'Many', draft: MANY_PROBLEMS}))
    await expect(parts(page).problems).toBeFocused()
    await unfold(page)
    await expectRunAtHand(page)
    await open(page, linkTo({name: 'Short', draft: SHORT_RUN}))
    await resultShown(page)
    await parts(page).allocation(1).fill('50')
    await expect(changedText(page)).toBeVisible()
    await expectRunAtHand(page)
  })

for (const [width, height] of [
  [1280, 360],
  [375, 667],
  [320, 256],
] as const)
  test(`no field that has the focus lies behind the Run bar at ${width} by ${height}`, async ({page}) => {
    await page.setViewportSize({width, height})
    await open(page, '/')
    await unfold(page)
    await parts(page).symbol(1).focus()
    const hidden: string[] = []
    for (let pressed = 0; pressed < 200; pressed += 1) {
      await page.keyboard.press('Tab')
      const at = await page.evaluate(() => {
        const field = document.activeElement
        const bar = document.querySelector('[aria-keyshortcuts]')?.parentElement
        if (field == null || bar == null || bar.contains(field)) return null
        const under = bar.getBoundingClientRect().top
        return field.getBoundingClientRect().bottom > under + 1 ? field.outerHTML.slice(0, 120) : ''
      })
      if (at === null) break
      if (at !== '') hidden.push(at)
    }
    expect(hidden).toEqual([])
  })

test.describe('on a phone', () => {
  test.use({viewport: {width: 375, height: 667}, hasTouch: true, isMobile: true})

  test('the Run bar stands above what covers the lower end of the window', async ({page}) => {
    await open(page, '/')
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('Emulation.setPageScaleFactor', {pageScaleFactor: 2}) // as a keyboard does: less is seen than laid out
    const seen = () =>
      page.evaluate(() => {
        const bar = document.querySelector('[aria-keyshortcuts]')?.parentElement?.getBoundingClientRect()
        const view = window.visualViewport
        return bar && view ? Math.abs(Math.round(bar.bottom - view.offsetTop - view.height)) : null
      })
    await expect.poll(() => page.evaluate(() => window.visualViewport?.scale)).toBe(2)
    await expect.poll(seen).toBe(0)
    await cdp.send('Emulation.setPageScaleFactor', {pageScaleFactor: 1})
    await expect.poll(seen).toBe(0)
  })
})

test('what was changed since the run is said by its name, until it is taken back or run', async ({page}) => {
  const draft = {...SHORT_RUN, initial_capital: 10000} // which is the default: a field at it is left out
  await open(page, linkTo({name: 'Short', draft}))
  await resultShown(page)
  const {allocation} = parts(page)
  const changed = changedText(page)
  const capital = page.getByRole('textbox', {name: 'Initial capital'})
  await expect(changed).toHaveCount(0)
  await allocation(1).fill('50')
  await expect(changed).toHaveText('Changed since this run: Holdings. Run again to see it.')
  await capital.fill('5000')
  await expect(changed).toHaveText('Changed since this run: Holdings and Initial capital. Run again to see it.')
  await expectAccessible(page)
  await allocation(1).fill('60')
  await capital.fill('10,000')
  await expect(changed).toHaveCount(0)
  await page.getByRole('button', {name: 'Add holding'}).click()
  await parts(page).symbol(3).fill('XOM')
  await expect(changed).toHaveText(/: Holdings\./)
  await page.getByRole('button', {name: 'Remove holding 3, XOM'}).click()
  await expect(changed).toHaveCount(0)

  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('momentum')
  await expect(changed).toHaveText(/: Strategy\./)
  await runByKeys(page)
  await resultShown(page)
  await expect(changed).toHaveCount(0)
})

test('of several portfolios each says what was changed, and a new one that it is new', async ({page}) => {
  await open(page, linkTo({name: 'One', draft: SHORT_RUN}, {name: 'Two', draft: SHORT_RUN}))
  await resultShown(page)
  await parts(page).tab('Two').click()
  await parts(page).allocation(1).fill('50')
  await page.getByRole('button', {name: '+ Compare'}).click()
  await expect(changedText(page)).toHaveText(
    'Changed since this run: Two: Holdings; Portfolio C is new. Run again to see it.',
  )
})

test('a form that is as its result again, after a run that failed, is not said to be otherwise', async ({page}) => {
  await open(page, linkTo({name: 'Steady', draft: SHORT_RUN}))
  await resultShown(page)
  await parts(page).allocation(1).fill('ten')
  await parts(page).run.click()
  await expect(page.getByText('“Steady” did not run as it is now')).toBeVisible()
  await parts(page).allocation(1).fill('60')
  await expect(page.getByText('“Steady” did not run as it is now')).toHaveCount(0)
  await expect(changedText(page)).toHaveCount(0)
})

test('Reset leads back to the example that was opened, and can be undone', async ({page}) => {
  await open(page, '/')
  const reset = page.getByRole('button', {name: 'Reset', exact: true})
  const undo = page.getByRole('button', {name: 'Undo reset'})
  await expect(reset).toBeDisabled()
  await page.getByRole('link', {name: preset('momentum').name}).click()
  await resultShown(page)
  await expect(reset).toBeDisabled()
  const before = await formOf(page)

  await page.getByRole('textbox', {name: 'Holdings held'}).fill('5')
  await page.getByRole('textbox', {name: 'Initial capital'}).fill('777')
  await page.getByRole('button', {name: '+ Compare'}).click()
  const after = await formOf(page)
  await reset.focus()
  await page.keyboard.press('Enter')
  await expect.poll(() => formOf(page)).toEqual(before)
  await expect(parts(page).tab(/./)).toHaveCount(1)
  await expect(undo).toBeFocused()
  await page.keyboard.press('Enter')
  await expect.poll(() => formOf(page)).toEqual(after)
  await expect(parts(page).tab(/./)).toHaveCount(2)

  await reset.click()
  await parts(page).allocation(1).fill('11')
  await expect(undo).toHaveCount(0)
  await expect(reset).toBeEnabled()
})

test('Reset empties a form that was begun from nothing', async ({page}) => {
  await open(page, '/')
  const before = await formOf(page)
  await parts(page).symbol(1).fill('MSFT')
  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('momentum')
  await page.getByRole('button', {name: 'Reset', exact: true}).click()
  await expect.poll(() => formOf(page)).toEqual(before)
})
