import {expectAccessible} from './support/axe'
import {linkTo, open, parts, preset, resultShown, SHORT_RUN, unfold} from './support/page'
import {expect, test} from './support/test'

for (const colorScheme of ['light', 'dark'] as const)
  for (const width of [1280, 375])
    test(`axe finds nothing grave at ${width} px in the ${colorScheme} theme: examples, result`, async ({page}) => {
      await page.emulateMedia({colorScheme})
      await page.setViewportSize({width, height: 800})
      await open(page, '/')
      await expect(parts(page).gallery).toBeVisible()
      await expectAccessible(page)
      await page.getByRole('link', {name: preset('dual-momentum').name}).click()
      await resultShown(page)
      await expectAccessible(page)
    })

for (const colorScheme of ['light', 'dark'] as const)
  test(`axe finds nothing grave with problems, while a run is under way, and with three portfolios, ${colorScheme}`, async ({
    page,
  }) => {
    await page.emulateMedia({colorScheme})
    const draft = {...SHORT_RUN, start_date: '2018-06-01', parameters: {rebalance_frequency: 'annually'}}
    await open(page, linkTo({name: 'First', draft}, {name: 'Second', draft}, {name: 'Third', draft}))
    await resultShown(page)
    await unfold(page)
    await expectAccessible(page)
    await page
      .locator('#result details')
      .evaluateAll((all) => all.forEach((one) => ((one as HTMLDetailsElement).open = false)))

    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    await page.route('**/stream', async (route) => {
      await gate
      await route.continue()
    })
    await parts(page).allocation(1).fill('40')
    await page.getByRole('textbox', {name: 'Commission', exact: true}).fill('-1')
    await parts(page).run.click()
    await expect(parts(page).progress).toBeVisible()
    await expectAccessible(page)
    release()
    await expect(parts(page).problems).toBeFocused()
    await expectAccessible(page)
  })
