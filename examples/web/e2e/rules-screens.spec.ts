import {fieldId} from '../lib/pointer'
import {linkTo, open, preset, resultShown} from './support/page'
import {expect, test} from './support/test'

// For people to look at: test-results/screens/.
for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1440, 768, 375])
    test(`pictures of a tree of rules at ${width} px in the ${colorScheme} theme`, async ({page}) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 1100})
      const {name, draft} = preset('volatility-ladder')
      await open(page, linkTo({name, draft}))
      await resultShown(page)
      const shoot = async (part: string, whole: boolean) => {
        const path = `test-results/screens/rules-${part}-${width}-${colorScheme}.png`
        const picture = await page.screenshot({path, fullPage: whole, animations: 'disabled'})
        expect(picture.length).toBeGreaterThan(10_000)
      }
      await page.locator('#result figure').first().scrollIntoViewIfNeeded()
      await shoot('band', false)
      for (const pointer of ['/parameters/tree/cases/1', '/parameters/tree/cases/2/then']) {
        await page.locator(`#${fieldId(pointer)}`).click()
        await page.locator(`#${fieldId(pointer)}`).evaluate((row) => row.scrollIntoView({block: 'start'}))
        await shoot(pointer.endsWith('then') ? 'node' : 'case', false)
      }
    })
