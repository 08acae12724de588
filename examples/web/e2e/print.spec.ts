import type {Page} from '@playwright/test'
import {linkTo, open, preset, resultShown} from './support/page'
import {expect, test} from './support/test'

const LEADERS = linkTo({name: 'Leaders', draft: preset('momentum').draft})
const A4 = [595, 842] // points

/** The page as the browser prints it; `look` is asked in it when it has made itself ready for that. */
async function printed<T>(page: Page, look: () => T): Promise<{pdf: Buffer; seen: T}> {
  await page.evaluate(
    `addEventListener('beforeprint', () => { window.looked = (${look})() }, {once: true})`, // after the page's own
  )
  const pdf = await page.pdf({preferCSSPageSize: true, printBackground: true})
  return {pdf, seen: (await page.evaluate('window.looked')) as T}
}

const sizesOf = (pdf: Buffer): number[][] =>
  [...pdf.toString('latin1').matchAll(/\/MediaBox ?\[0 0 ([\d.]+) ([\d.]+)\]/g)].map(([, width, height]) => [
    Math.round(Number(width)),
    Math.round(Number(height)),
  ])

/** The addresses that the pages link to. */
const linksOf = (pdf: Buffer): string[] =>
  [...pdf.toString('latin1').matchAll(/\/URI \(((?:[^()\\]|\\.)*)\)/g)].map(([, address]) =>
    (address ?? '').replaceAll('\\', ''),
  )

test('a result is printed on A4, with a link to it, and the page is as before', async ({page}) => {
  await open(page, LEADERS)
  await resultShown(page)
  const {pdf} = await printed(page, () => null)
  const sizes = sizesOf(pdf)
  expect(sizes.length).toBeGreaterThan(3)
  for (const size of sizes) expect(size).toEqual(A4)
  expect(linksOf(pdf)).toContain(page.url())
  await expect(page.getByText(page.url())).toHaveCount(0)
})

test('on paper there is no form and no bar, nothing to press, and every table is whole', async ({page}) => {
  await open(page, LEADERS)
  await resultShown(page)
  await page.emulateMedia({media: 'print'})
  for (const hidden of [
    page.getByRole('banner'),
    page.getByRole('region', {name: 'Portfolio builder'}),
    page.getByRole('navigation', {name: 'Sections of the result'}),
    page.getByRole('region', {name: 'Export'}),
  ])
    await expect(hidden).toBeHidden()
  await expect(page.getByRole('slider').first()).toBeVisible()
  await page.setViewportSize({width: 690, height: 1000}) // A4 between its margins
  const left = await page.evaluate(() => {
    const shown = (element: Element) => element.checkVisibility({checkOpacity: true, checkVisibilityCSS: true})
    const sorting = (element: Element) => element.closest('thead') !== null
    const buttons = [...document.querySelectorAll('button, select, summary')].filter(
      (one) => shown(one) && !sorting(one),
    )
    const tables = [...document.querySelectorAll('#result table')].filter(shown)
    const area = (table: Element) => table.parentElement as HTMLElement
    return {
      buttons: buttons.map(({textContent}) => textContent),
      cut: tables.filter((one) => getComputedStyle(area(one)).overflow !== 'visible').length,
      wide: tables
        .filter((one) => one.getBoundingClientRect().width > area(one).clientWidth + 1)
        .map((one) => one.textContent?.slice(0, 40)),
      tables: tables.length,
    }
  })
  expect(left).toEqual({buttons: [], cut: 0, wide: [], tables: left.tables})
  expect(left.tables).toBeGreaterThan(8)
})

test('the dark theme is printed in light colours, its charts too, and comes back', async ({page}) => {
  await page.emulateMedia({colorScheme: 'dark'})
  await open(page, LEADERS)
  await resultShown(page)
  const look = () => {
    const canvas = document.querySelector<HTMLCanvasElement>('#result .uplot canvas')
    const context = canvas?.getContext('2d')
    const {data} = context?.getImageData(0, 0, canvas?.width ?? 1, canvas?.height ?? 1) ?? {data: []}
    let dark = 0
    // The names at the ends of the lines: nearly black in the light theme, where the dark one has nothing so dark.
    for (let n = 0; n < data.length; n += 4)
      if ((data[n + 3] ?? 0) > 200) {
        const sum = (data[n] ?? 0) + (data[n + 1] ?? 0) + (data[n + 2] ?? 0)
        if (sum < 120) dark += 1
      }
    const width = canvas?.closest('.uplot')?.getBoundingClientRect().width ?? 0
    return {page: getComputedStyle(document.body).backgroundColor, dark, width}
  }
  const before = await page.evaluate(look)
  expect(before.page).toBe('rgb(18, 21, 26)')
  expect(before.dark).toBe(0)
  const {seen} = await printed(page, look)
  expect(seen.page).toBe('rgb(255, 255, 255)')
  expect(seen.dark).toBeGreaterThan(50)
  expect(seen.width).toBeLessThanOrEqual(690)
  await expect.poll(() => page.evaluate(look)).toEqual(before)
})
