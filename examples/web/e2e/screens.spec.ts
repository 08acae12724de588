import {linkTo, open, preset, resultShown, runAndWait, SHORT_RUN} from './support/page'
import {expect, test} from './support/test'

// For people to look at: test-results/screens/.
for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1280, 375])
    test(`pictures of the page at ${width} px in the ${colorScheme} theme`, async ({page}) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 900})
      const shoot = async (name: string) => {
        await page.evaluate(() => scrollTo(0, 0)) // the header stands where it is at the top
        const picture = await page.screenshot({
          path: `test-results/screens/${name}-${width}-${colorScheme}.png`,
          fullPage: true,
          animations: 'disabled',
        })
        expect(picture.length).toBeGreaterThan(10_000)
      }
      await open(page, '/')
      await expect(page.getByText('at worst').first()).toBeVisible()
      await shoot('empty')
      const {name, draft} = preset('momentum')
      await open(page, linkTo({name, draft}))
      await resultShown(page)
      await shoot('result')
      const examples = page.getByRole('group', {name: 'Fill in an example'}).getByRole('button')
      await examples.last().click()
      await runAndWait(page)
      await shoot('example')
      await open(
        page,
        linkTo(
          {name, draft},
          {name: 'Half and half', draft: {...SHORT_RUN, start_date: '2000-01-03', end_date: '2022-12-28'}},
        ),
      )
      await resultShown(page)
      await shoot('compared')
    })
