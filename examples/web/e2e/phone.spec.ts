import type {Page} from '@playwright/test'
import {linkTo, open, parts, preset, resultShown, SHORT_RUN, unfold} from './support/page'
import {expect, test} from './support/test'

test.use({viewport: {width: 360, height: 740}, hasTouch: true, isMobile: true})

/** Nothing is wider than the screen but what scrolls inside itself. */
async function expectNarrow(page: Page): Promise<void> {
  const wide = await page.evaluate(() => {
    const {clientWidth, scrollWidth} = document.documentElement
    scrollTo(1000, scrollY)
    const moved = scrollX
    scrollTo(0, scrollY)
    return {clientWidth, scrollWidth, moved}
  })
  expect(wide).toEqual({clientWidth: 360, scrollWidth: 360, moved: 0})
}

test('on a phone nothing scrolls sideways, and Run is always at hand', async ({page}) => {
  await open(page, '/')
  const {run, gallery} = parts(page)
  await expect(run).toBeInViewport({ratio: 1})
  await expectNarrow(page)
  await unfold(page)
  await expectNarrow(page)
  await expect(run).toBeInViewport({ratio: 1})
  await page.getByRole('link', {name: 'Start with an example'}).tap()
  await expect(gallery).toBeInViewport()
  await page.getByRole('link', {name: preset('saving-plan').name}).tap()
  await resultShown(page)
  await expect(parts(page).summary).toBeInViewport()
  await expectNarrow(page)
  await unfold(page)
  await expectNarrow(page)
})

test('on a phone three portfolios with long names fit', async ({page}) => {
  const long = 'A portfolio whose name is as long as it is'.slice(0, 40)
  const draft = {...SHORT_RUN}
  await open(
    page,
    linkTo({name: long, draft}, {name: `${long.slice(0, 36)} two`, draft}, {name: 'Unbreakable'.repeat(3), draft}),
  )
  await resultShown(page)
  await expectNarrow(page)
  await page.evaluate(() => scrollTo(0, 0))
  await expectNarrow(page)
  await expect(parts(page).run).toBeInViewport({ratio: 1})
})

test('on a phone Run leads to the result, with the focus, and from there a button back to the form', async ({page}) => {
  await open(page, linkTo({name: 'Short', draft: SHORT_RUN}))
  await resultShown(page)
  const back = page.getByRole('button', {name: 'Back to the form'})
  const top = () => page.locator('#result').evaluate((result) => result.getBoundingClientRect().top)
  const belowHeader = async () => Math.abs((await top()) - 56) <= 1 // what is scrolled stands at whole pixels
  for (const step of ['linked', 'run'] as const) {
    if (step === 'run') {
      await unfold(page)
      await page.getByRole('textbox', {name: 'Initial capital'}).fill('5000')
      await parts(page).run.tap()
    }
    await expect.poll(belowHeader).toBe(true)
    await expect(page.locator('#result')).toBeFocused()
    await back.tap()
    await expect(parts(page).symbol(1)).toBeInViewport()
    await expect(page.locator('#builder-heading')).toBeFocused()
    await page.keyboard.press('Tab')
    await expect.poll(() => page.evaluate(() => document.activeElement?.closest('form') !== null)).toBe(true)
  }
})

test('on a phone nothing leads back before there is a result', async ({page}) => {
  await open(page, '/')
  await expect(page.getByRole('button', {name: 'Back to the form'})).toHaveCount(0)
})
