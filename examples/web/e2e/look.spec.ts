import type {Page} from '@playwright/test'
import {linkTo, open, preset, resultShown, SHORT_RUN} from './support/page'
import {expect, test} from './support/test'
import {ASKED, linkToLeaders} from './support/worth'

const LEADERS = linkTo({name: 'Leaders', draft: preset('momentum').draft})

interface Box {
  left: number
  top: number
  width: number
  height: number
}

const boxOf = (page: Page, selector: string): Promise<Box> =>
  page
    .locator(selector)
    .first()
    .evaluate((element) => {
      const {left, top, width, height} = element.getBoundingClientRect()
      return {left, top: top + scrollY, width, height}
    })

test('at 2,560 px the header, the form and the result share their edges, and the content is 1,200 px at most', async ({
  page,
}) => {
  await page.setViewportSize({width: 2560, height: 1200})
  await open(page, LEADERS)
  await resultShown(page)
  const [brand, theme, form, tiles] = await Promise.all([
    boxOf(page, 'header a'),
    boxOf(page, 'header [role="switch"]'),
    boxOf(page, '#portfolio-panel'),
    boxOf(page, '#result dl'),
  ])
  expect(brand.left).toBeCloseTo(form.left, 0)
  expect(tiles.width).toBeLessThanOrEqual(1200)
  expect(tiles.width).toBeGreaterThan(1100)
  const end = tiles.left + tiles.width
  expect(Math.abs(theme.left + theme.width - end)).toBeLessThan(60) // the margins beside the content
  expect(Math.abs(brand.left - (2560 - theme.left - theme.width))).toBeLessThan(2) // in the middle
})

for (const width of [360, 375])
  test(`at ${width} px the plots have nearly the whole width, and no label of an axis is cut`, async ({page}) => {
    await page.setViewportSize({width, height: 740})
    for (const link of [LEADERS, linkToLeaders(ASKED)]) {
      await open(page, link)
      await resultShown(page)
      await expect(page.locator('#result .u-over').first()).toBeVisible()
      const plots = await page.locator('#result .uplot .u-over').evaluateAll((all) => all.map((one) => one.clientWidth))
      for (const plot of plots) expect(plot).toBeGreaterThan(0.7 * width)
      expect(plots[0]).toBeGreaterThan(0.78 * width)
      const cut = await page.locator('#result figure svg text').evaluateAll((texts) =>
        texts.flatMap((text) => {
          const {left, right} = text.getBoundingClientRect()
          return left < 0 || right > innerWidth ? [text.textContent] : []
        }),
      )
      expect(cut).toEqual([])
    }
  })

for (const width of [1440, 375])
  test(`at ${width} px the figures of the values are not cut, and days stand above each other`, async ({page}) => {
    await page.setViewportSize({width, height: 740})
    await open(page, linkTo({name: 'Days', draft: {...SHORT_RUN, start_date: '2019-12-16', end_date: '2019-12-31'}}))
    await resultShown(page)
    const plots = page.locator('#result .uplot')
    await expect(plots).toHaveCount(3)
    const rooms = () =>
      plots.evaluateAll((all) =>
        all.map((plot) => {
          const over = plot.querySelector('.u-over') as HTMLElement
          return over.getBoundingClientRect().left - plot.getBoundingClientRect().left
        }),
      )
    await expect.poll(async () => new Set(await rooms()).size).toBe(1)
    const widest = await page.evaluate(() => {
      const pen = document.createElement('canvas').getContext('2d') as CanvasRenderingContext2D
      pen.font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif'
      return Math.max(...['$10.2k', '−0.5\u00a0%'].map((figure) => pen.measureText(figure).width))
    })
    for (const room of await rooms()) expect(room).toBeGreaterThan(widest)
  })

for (const width of [1440, 360])
  test(`at ${width} px a figure and its unit stay on one line`, async ({page}) => {
    await page.setViewportSize({width, height: 740})
    await open(page, linkToLeaders(ASKED))
    await resultShown(page)
    const broken = await page.locator('#result').evaluate((root) => {
      const found: string[] = []
      const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
      const range = document.createRange()
      for (let node = walk.nextNode(); node !== null; node = walk.nextNode()) {
        const text = node.textContent ?? ''
        for (const {0: figure, index} of text.matchAll(/[−+$]?[\d,.]*\d\s?(?:%|bps|days?\b|years?\b)/g)) {
          if (node.parentElement?.closest('details:not([open]), option') || /\d bps/.test(figure)) continue
          range.setStart(node, index)
          range.setEnd(node, index + figure.length)
          const lines = new Set([...range.getClientRects()].map(({top}) => Math.round(top)))
          if (lines.size > 1) found.push(figure)
        }
      }
      return found
    })
    expect(broken).toEqual([])
  })

for (const width of [1440, 375])
  test(`at ${width} px the sketch that stands while the first result loads has its shape`, async ({page}) => {
    await page.setViewportSize({width, height: 900})
    let release = () => {}
    let gate = Promise.resolve()
    await page.route('**/stream', async (route) => {
      await gate
      await route.continue()
    })
    for (const [link, runs, tiles] of [
      [LEADERS, 1, '#result dl'],
      [
        linkTo({name: 'One', draft: preset('momentum').draft}, {name: 'Two', draft: SHORT_RUN}),
        2,
        '#result [class*="compare"], #result [class*="rows"]',
      ],
    ] as const) {
      gate = new Promise<void>((resolve) => (release = resolve))
      await open(page, link)
      const sketch = page.locator('#result [class*="skeleton"]')
      await expect(sketch).toBeVisible()
      const before = await Promise.all([
        boxOf(page, tiles),
        boxOf(page, '#result [class*="chart"]:not([class*="skeleton"])'),
      ])
      release()
      await resultShown(page)
      await expect(page.locator('#result .uplot').first()).toBeVisible()
      await expect(sketch).toHaveCount(0)
      const after = await Promise.all([boxOf(page, tiles), boxOf(page, '#result .uplot')])
      before.forEach((box, n) => {
        const {left = 0, top = 0, width: wide = 0, height = 0} = after[n] ?? {}
        expect([box.left, box.width].map(Math.round)).toEqual([left, wide].map(Math.round))
        expect(Math.abs(box.top - top)).toBeLessThan(45 * runs) // a line or two of each sentence
        expect(Math.abs(box.height - height)).toBeLessThan(60)
      })
    }
  })

test('on a phone that is held sideways nothing is left between the screen and the navigation', async ({page}) => {
  await page.setViewportSize({width: 720, height: 450})
  await open(page, LEADERS)
  await resultShown(page)
  await page.getByRole('heading', {name: 'How steady it was'}).scrollIntoViewIfNeeded()
  const navigation = page.getByRole('navigation', {name: 'Sections of the result'})
  await expect.poll(() => navigation.evaluate((bar) => bar.getBoundingClientRect().top)).toBe(0)
})

test('the figures of the years stand on no other bar and on no year', async ({page}) => {
  const draft = {...SHORT_RUN, start_date: '2000-01-03', end_date: '2003-12-31'} // falls, side by side
  await open(page, linkTo({name: 'Falls', draft}))
  await resultShown(page)
  const bars = page.getByRole('img', {name: /^Bar chart of the return of each year/})
  await expect(bars.getByText('%').first()).toBeVisible()
  const touched = await bars.evaluate((chart) => {
    const texts = [...chart.querySelectorAll('text')]
    const figures = texts.filter((text) => text.previousElementSibling?.matches('[class*="bar"], [class*="pale"]'))
    const others = [...texts, ...chart.querySelectorAll('rect[class*="bar"], rect[class*="pale"]')]
    const touch = (one: Element, other: Element) => {
      const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()]
      return a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1
    }
    const own = (figure: Element, other: Element) => other === figure || other === figure.previousElementSibling
    return {
      figures: figures.length,
      touched: figures.flatMap((one) =>
        others.some((other) => !own(one, other) && touch(one, other)) ? [one.textContent] : [],
      ),
    }
  })
  expect(touched).toEqual({figures: 8, touched: []})
})
