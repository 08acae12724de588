import {open} from './support/page'
import {expect, test} from './support/test'

const DARK_PAGE = 'rgb(18, 21, 26)'
const LIGHT_PAGE = 'rgb(255, 255, 255)'

const background = () => getComputedStyle(document.body).backgroundColor

test('the theme follows the system, also while the page is open', async ({page}) => {
  await page.emulateMedia({colorScheme: 'dark'})
  await open(page, '/')
  const theme = page.getByRole('switch', {name: 'Dark theme'})
  await expect(theme).toBeChecked()
  expect(await page.evaluate(background)).toBe(DARK_PAGE)
  await page.emulateMedia({colorScheme: 'light'})
  await expect(theme).not.toBeChecked()
  expect(await page.evaluate(background)).toBe(LIGHT_PAGE)
})

test('the theme that was switched to is remembered, and is there before anything is painted', async ({page}) => {
  await open(page, '/')
  const theme = page.getByRole('switch', {name: 'Dark theme'})
  await expect(theme).not.toBeChecked()
  await theme.click()
  await expect(theme).toBeChecked()
  expect(await page.evaluate(background)).toBe(DARK_PAGE)

  await page.addInitScript(() => {
    const seen: string[] = ((window as {seen?: string[]}).seen = [])
    const look = (when: string) => seen.push(`${when}: ${document.documentElement.dataset.theme}`)
    document.addEventListener('DOMContentLoaded', () => look('parsed'), {once: true})
    // The first that there is of the body: nothing can have been painted.
    const observer = new MutationObserver(() => {
      if (document.body === null) return
      look('body')
      observer.disconnect()
    })
    observer.observe(document, {childList: true, subtree: true})
  })
  await page.reload()
  expect(await page.evaluate(() => (window as {seen?: string[]}).seen)).toEqual(['body: dark', 'parsed: dark'])
  await expect(theme).toBeChecked()
  expect(await page.evaluate(background)).toBe(DARK_PAGE)

  await theme.click()
  await page.reload()
  await expect(theme).not.toBeChecked()
  expect(await page.evaluate(background)).toBe(LIGHT_PAGE)
})
