import type {Page} from '@playwright/test'
import {fieldId} from '../lib/pointer'
import {expectAccessible} from './support/axe'
import {linkTo, open, parts, preset, resultShown, SHORT_RUN} from './support/page'
import {expect, test} from './support/test'
import {ASKED, linkToLeaders, worthParts} from './support/worth'

const LEADERS = {name: 'Leaders', draft: preset('momentum').draft}
const HALVES = {name: 'Half and half', draft: {...SHORT_RUN, start_date: '2000-01-03', end_date: '2022-12-28'}}

async function openResult(page: Page, link: string): Promise<void> {
  await open(page, link)
  await resultShown(page)
}

/** Each page of the app: how one comes there. */
const PAGES: Readonly<Record<string, (page: Page, faults: string[]) => Promise<void>>> = {
  empty: async (page) => {
    await open(page, '/')
    await expect(page.getByText('at worst').first()).toBeVisible()
  },
  result: (page) => openResult(page, linkTo(LEADERS)),
  compared: (page) => openResult(page, linkTo(LEADERS, HALVES)),
  worth: async (page) => {
    await openResult(page, linkToLeaders(ASKED))
    await expect(
      worthParts(page)
        .worth.getByRole('img', {name: /^Fan chart/})
        .locator('svg'),
    ).toBeVisible()
  },
  rules: async (page) => {
    const {name, draft} = preset('volatility-ladder')
    await openResult(page, linkTo({name, draft}))
    await page.locator(`#${fieldId('/parameters/tree/cases/1')}`).click()
  },
  zoomed: async (page) => {
    await openResult(page, linkTo(LEADERS))
    await page.getByRole('button', {name: '5Y', exact: true}).last().click()
    await expect(page.getByRole('table', {name: /^What is visible/})).toBeVisible()
  },
  data: async (page) => {
    await openResult(page, linkToLeaders(ASKED))
    await page
      .locator('#result details')
      .evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)))
    await expect(page.getByRole('table', {name: 'Sessions'})).toBeVisible()
  },
  prices: async (page) => {
    await open(page, '/prices')
    await expect(page.getByRole('heading', {name: 'At hand'})).toBeVisible()
  },
  problems: async (page) => {
    await open(page, linkTo({name: 'Broken', draft: {...SHORT_RUN, holdings: [{symbol: 'MSFT', allocation: 0.4}]}}))
    await expect(parts(page).problems).toBeFocused()
  },
  missing: async (page, faults) => {
    await page.goto('/nowhere/at/all')
    await expect(page.getByRole('heading', {name: 'There is no page at this address'})).toBeVisible()
    // a browser logs the status of a page that it opens as an error of its own
    await expect.poll(() => faults.splice(0)).toEqual([expect.stringContaining('status of 404')])
  },
  damaged: async (page) => {
    await open(page, linkTo(HALVES).slice(0, -12))
    await expect(page.getByRole('button', {name: 'Open what can be read'})).toBeVisible()
  },
  composer: async (page) => {
    const {name, draft} = preset('volatility-ladder')
    await openResult(page, linkTo({name, draft}))
    await page.getByRole('button', {name: 'Paste from Composer'}).click()
    await page.getByRole('textbox', {name: 'Symphony'}).fill('{"step": "root", "rebalance": "hourly", "children": []}')
    await page.getByRole('button', {name: 'Convert', exact: true}).click()
    await expect(page.getByRole('textbox', {name: 'Symphony'})).toHaveAttribute('aria-invalid', 'true')
  },
}

test.describe.configure({timeout: 300_000}) // axe looks at thousands of elements

// For people to look at, too: test-results/screens/.
for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    for (const [name, come] of Object.entries(PAGES))
      test(`${name} at ${width} px in the ${colorScheme} theme: axe finds nothing grave, nothing is wider than the page`, async ({
        page,
        faults,
      }) => {
        await page.emulateMedia({colorScheme})
        await page.setViewportSize({width, height: 900})
        await come(page, faults)
        await page.evaluate(() => scrollTo(0, 0)) // the header stands where it is at the top
        const path = `test-results/screens/${name}-${width}-${colorScheme}.png`
        const picture = await page.screenshot({path, fullPage: true, animations: 'disabled'})
        expect(picture.length).toBeGreaterThan(10_000)
        await expectAccessible(page)
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
      })
