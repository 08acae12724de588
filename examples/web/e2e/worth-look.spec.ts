import AxeBuilder from '@axe-core/playwright'
import {open, resultShown} from './support/page'
import {expect, test} from './support/test'
import {ASKED, linkToLeaders, worthParts} from './support/worth'

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    test(`the answers at ${width} px in the ${colorScheme} theme: axe finds nothing grave, nothing is wider than the page`, async ({
      page,
    }) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 900})
      await open(page, linkToLeaders(ASKED))
      await resultShown(page)
      const {worth, form, side} = worthParts(page)
      await expect(worth.getByRole('img', {name: /^Fan chart/}).locator('svg')).toBeVisible()
      await page.evaluate(() => scrollTo(0, 0))
      await page.screenshot({
        path: `test-results/screens/worth-${width}-${colorScheme}.png`,
        fullPage: true,
        animations: 'disabled',
      })
      for (const part of [worth, form, side]) {
        await part
          .locator('details')
          .evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = true)))
        const id = await part.getAttribute('aria-labelledby')
        const {violations} = await new AxeBuilder({page}).include(`[aria-labelledby="${id}"]`).analyze()
        const grave = violations.filter(({impact}) => impact === 'serious' || impact === 'critical')
        expect(grave.map(({id, nodes}) => ({id, nodes: nodes.map(({html}) => html)}))).toEqual([])
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    })
