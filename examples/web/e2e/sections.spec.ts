import type {Page} from '@playwright/test'
import {linkTo, open, preset, resultShown} from './support/page'
import {expect, test} from './support/test'
import {ASKED, linkToLeaders} from './support/worth'

const LEADERS = linkTo({name: 'Leaders', draft: preset('momentum').draft})

const nav = (page: Page) => page.getByRole('navigation', {name: 'Sections of the result'})
const current = (page: Page) => nav(page).locator('[aria-current="location"]')
const headings = (page: Page) => page.locator('#result').getByRole('heading', {level: 2})

/** How far a heading is below the bar; negative where the bar hides it. */
const belowBar = (page: Page, name: string) =>
  page.evaluate((title) => {
    const bar = document.querySelector('nav[aria-label^="Sections"]')?.getBoundingClientRect().bottom ?? 0
    const heading = [...document.querySelectorAll('#result h2')].find(({textContent}) => textContent === title)
    return (heading?.getBoundingClientRect().top ?? -1) - bar
  }, name)

/** The bar names what is there, also once more of it has been loaded. */
const expectAllNamed = (page: Page) =>
  expect(async () => {
    const names = ['Summary', ...(await headings(page).allTextContents())]
    expect(await nav(page).getByRole('link').allTextContents()).toEqual(names)
  }).toPass()

test('the bar names every section of the result once, in their order, and no other', async ({page}) => {
  await open(page, LEADERS)
  await resultShown(page)
  await expect(nav(page)).toHaveCount(1)
  await expectAllNamed(page)
  await expect(current(page)).toHaveText('Summary')
  await open(page, linkToLeaders(ASKED))
  await expect(nav(page).getByRole('link', {name: 'Side by side'})).toBeVisible()
  await expect(headings(page).filter({hasText: 'Side by side'})).toBeVisible()
  await expectAllNamed(page)
  const ids = await page.locator('#result [id]').evaluateAll((all) => all.map(({id}) => id))
  expect(ids.filter((id, n) => ids.indexOf(id) !== n)).toEqual([])
})

for (const width of [1440, 360])
  test(`at ${width} px each link leads to its section, whose heading the bar does not hide, and is marked`, async ({
    page,
  }) => {
    await page.setViewportSize({width, height: 740})
    await open(page, LEADERS)
    await resultShown(page)
    const titles = (await nav(page).getByRole('link').allTextContents()).slice(1)
    for (const title of [...titles, ...[...titles].reverse()]) {
      await nav(page).getByRole('link', {name: title}).click()
      await expect(current(page)).toHaveText(title)
      await expect(current(page)).toBeInViewport({ratio: 0.98})
      await expect(nav(page)).toBeInViewport({ratio: 1})
      await expect(async () => {
        const below = await belowBar(page, title)
        expect(below).toBeGreaterThanOrEqual(0)
        expect(below).toBeLessThan(740)
      }).toPass()
      await expect(page.locator(`section[data-section="${title}"]`)).toBeFocused()
    }
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    expect(page.url()).not.toContain('#')
  })

test('the section that is read is marked while one scrolls, the last at the end of the page', async ({page}) => {
  await open(page, LEADERS)
  await resultShown(page)
  for (const title of ['What it held', 'How steady it was', 'Where it came from']) {
    await headings(page)
      .filter({hasText: title})
      .evaluate((heading) => scrollBy(0, heading.getBoundingClientRect().top - 140))
    await expect(current(page)).toHaveText(title)
  }
  await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight))
  await expect(current(page)).toHaveText('Export')
  await page.evaluate(() => scrollTo(0, 0))
  await expect(current(page)).toHaveText('Summary')
})

test('the bar is used by the keyboard: Tab goes from link to link, Enter leads there, and Tab goes on in the section', async ({
  page,
}) => {
  await page.setViewportSize({width: 360, height: 740})
  await open(page, LEADERS)
  await resultShown(page)
  const links = nav(page).getByRole('link')
  await links.first().focus()
  for (let n = 1; n < 4; n += 1) {
    await page.keyboard.press('Tab')
    await expect(links.nth(n)).toBeFocused()
    await expect(links.nth(n)).toBeInViewport({ratio: 0.98})
  }
  await page.keyboard.press('Enter')
  const section = page.locator('section[data-section="How steady it was"]')
  await expect(section).toBeFocused()
  await page.keyboard.press('Tab')
  await expect.poll(() => section.evaluate((element) => element.contains(document.activeElement))).toBe(true)
})

/** How dark the bar is in the two pixels at an edge, above its links: 0 as the page. */
async function shadowAt(page: Page, edge: 'left' | 'right'): Promise<number> {
  const box = await nav(page).boundingBox()
  if (box === null) throw new Error('the bar is not there')
  const x = edge === 'left' ? box.x : box.x + box.width - 2
  const picture = await page.screenshot({clip: {x, y: box.y + 3, width: 2, height: 2}})
  return page.evaluate(
    async (bytes) => {
      const {data} = await createImageBitmap(new Blob([new Uint8Array(bytes)], {type: 'image/png'})).then((image) => {
        const canvas = new OffscreenCanvas(2, 2).getContext('2d')
        canvas?.drawImage(image, 0, 0)
        return canvas?.getImageData(0, 0, 1, 1) ?? {data: [0]}
      })
      const page = getComputedStyle(document.body).backgroundColor.match(/\d+/g)?.map(Number) ?? []
      return Math.max(...[0, 1, 2].map((n) => Math.abs((data[n] ?? 0) - (page[n] ?? 0))))
    },
    [...picture],
  )
}

for (const width of [1440, 375])
  for (const colorScheme of ['light', 'dark'] as const)
    test(`at ${width} px, ${colorScheme}, a shadow is at the edge where the bar goes on, and at no other`, async ({
      page,
    }) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 740})
      await open(page, linkToLeaders(ASKED))
      await resultShown(page)
      await expect(nav(page).getByRole('link', {name: 'Side by side'})).toBeVisible()
      await expect.poll(() => shadowAt(page, 'right')).toBeGreaterThan(20)
      await expect.poll(() => shadowAt(page, 'left')).toBeLessThan(4)
      await nav(page).evaluate((bar) => bar.scrollTo({left: bar.scrollWidth}))
      await expect.poll(() => shadowAt(page, 'right')).toBeLessThan(4)
      await expect.poll(() => shadowAt(page, 'left')).toBeGreaterThan(20)
    })
