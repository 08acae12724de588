import type {Page} from '@playwright/test'
import {linkTo, open, parts, preset, resultShown, tilesFor, tilesOf} from './support/page'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

/** Presses Tab until what has the focus is called so. */
async function tabTo(page: Page, name: RegExp, key = 'Tab'): Promise<void> {
  for (let pressed = 0; pressed < 200; pressed += 1) {
    await page.keyboard.press(key)
    if (name.test((await focused(page)).name)) return
  }
  throw new Error(`the Tab key never comes to ${name}`)
}

/** What has the focus, and whether that can be seen. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement
    if (!(element instanceof HTMLElement) || element === document.body) return {name: '', visible: true, at: 'body'}
    const {outlineStyle, outlineWidth, boxShadow} = getComputedStyle(element)
    const {width, height} = element.getBoundingClientRect()
    const labels = (element as HTMLInputElement).labels
    const name = element.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element.textContent ?? ''
    const marked = (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 1) || boxShadow !== 'none'
    return {name: name.trim(), visible: marked && width > 0 && height > 0, at: element.outerHTML.slice(0, 120)}
  })

test('a result is reached from the loaded page by the keyboard alone', async ({page}) => {
  await open(page, '/')
  await page.keyboard.press('Tab')
  const skip = page.getByRole('link', {name: 'Skip to the result'})
  await expect(skip).toBeFocused()
  await expect(skip).toBeInViewport({ratio: 1})
  await tabTo(page, /^Symbol 1$/)
  await page.keyboard.type('ms')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(parts(page).symbol(1)).toHaveValue('MSFT')
  await page.keyboard.press('Tab')
  await page.keyboard.type('75')
  await tabTo(page, /^Symbol 2$/)
  await page.keyboard.type('coca')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(parts(page).symbol(2)).toHaveValue('KO')
  await page.keyboard.press('Tab')
  await page.keyboard.type('25')
  await tabTo(page, /^Initial capital$/)
  await page.keyboard.type('50,000')
  await tabTo(page, /^Run backtest$/)
  const asked = page.waitForRequest('**/stream')
  await page.keyboard.press('Enter')
  const request = (await asked).postDataJSON() as Record<string, unknown>
  await resultShown(page)
  expect(request).toMatchObject({
    holdings: [
      {symbol: 'MSFT', allocation: 0.75},
      {symbol: 'KO', allocation: 0.25},
    ],
    initial_capital: 50000,
  })
  await expect.poll(() => tilesOf(page)).toEqual(tilesFor(await runDirectly(request)))

  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  await tabTo(page, /^Skip to the result$/)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect
    .poll(() => page.evaluate(() => document.getElementById('result')?.contains(document.activeElement)))
    .toBe(true)
})

test('what was changed is reset, brought back and run by the keyboard alone', async ({page}) => {
  await open(page, linkTo({name: 'Trend', draft: preset('trend').draft}))
  await resultShown(page)
  await parts(page).allocation(1).focus()
  await page.keyboard.type('40')
  await tabTo(page, /^Run backtest$/)
  await page.keyboard.press('Tab')
  await expect.poll(() => focused(page)).toMatchObject({name: 'Reset', visible: true})
  await page.keyboard.press('Enter')
  await expect(parts(page).allocation(1)).toHaveValue('25')
  await expect.poll(() => focused(page)).toMatchObject({name: 'Undo reset', visible: true})
  await page.keyboard.press('Enter')
  await expect(parts(page).allocation(1)).toHaveValue('40')
})

test('wherever the Tab key leads, on the form and on the result, the focus can be seen', async ({page}) => {
  await open(page, linkTo({name: 'Trend', draft: preset('trend').draft}))
  await resultShown(page)
  await page.evaluate(() => (document.activeElement as HTMLElement).blur())
  const unseen: string[] = []
  let count = 0
  for (; count < 250; count += 1) {
    await page.keyboard.press('Tab')
    const {visible, at} = await focused(page)
    if (at === 'body') break
    if (!visible) unseen.push(at)
  }
  expect(unseen).toEqual([])
  expect(count).toBeGreaterThan(60)
  expect(count).toBeLessThan(250)
})
