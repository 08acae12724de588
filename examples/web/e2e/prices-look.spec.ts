import type {Page} from '@playwright/test'
import {expectAccessible} from './support/axe'
import {open} from './support/page'
import {file, pricesPage, rows, importTest as test} from './support/prices'
import {expect} from './support/test'

const halved = rows(900, '2019-01-01', (n) => (n < 500 ? 80 : 40) + 5 * Math.sin(n / 20) + (n % 5) / 10)

/** Each state of the page, by name: how it comes about. */
const STATES: readonly (readonly [string, (page: Page, symbol: string) => Promise<unknown>])[] = [
  ['list', async (page) => expect(pricesPage(page).table).toBeVisible()],
  [
    'opened',
    async (page) => {
      await page.getByRole('button', {name: 'AAPL', exact: true}).click()
      await expect(page.getByRole('list', {name: 'What looks wrong'})).toBeVisible()
    },
  ],
  [
    'preview',
    async (page, symbol) => {
      await page.getByRole('button', {name: 'AAPL', exact: true}).click()
      await pricesPage(page).input.setInputFiles(file(`${symbol}.csv`, [...halved.slice(0, 600), ...halved.slice(640)]))
      await expect(pricesPage(page).import(symbol)).toBeVisible()
    },
  ],
  [
    'imported',
    async (page, symbol) => {
      await pricesPage(page).import(symbol).click()
      await expect(page.getByRole('heading', {name: `${symbol} was imported`})).toBeVisible()
    },
  ],
  [
    'clash',
    async (page) => {
      await pricesPage(page).input.setInputFiles(file('MSFT.csv'))
      await pricesPage(page).import('MSFT').click()
      await expect(page.getByRole('checkbox')).toBeFocused()
    },
  ],
  [
    'refused',
    async (page) => {
      await page.getByRole('button', {name: 'Cancel'}).click()
      await pricesPage(page).search.fill('zzz')
      await pricesPage(page).input.setInputFiles(file('my fund.csv', ['2024-01-02,1,1,ten,1']))
      await expect(pricesPage(page).refusal).toBeVisible()
    },
  ],
]

// Pictures for people to look at: test-results/screens/.
for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    test(`the page of prices at ${width} px in the ${colorScheme} theme: axe finds nothing, nothing scrolls sideways`, async ({
      page,
    }) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 900})
      await open(page, '/prices')
      for (const [name, reach] of STATES) {
        await reach(page, `L${width}${colorScheme.toUpperCase()}`)
        await expectAccessible(page)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
        await page.evaluate(() => scrollTo(0, 0)) // the header stands where it is at the top
        await page.screenshot({
          path: `test-results/screens/prices-${name}-${width}-${colorScheme}.png`,
          fullPage: true,
          animations: 'disabled',
        })
      }
    })
