import {gzipSync} from 'node:zlib'
import {open, preset, resultShown, STREAM} from './support/page'
import {expect, test} from './support/test'

const MOST_SCRIPT_BYTES = 250 * 1024
/** Of the page's own thread: the runner's share of a second is some hundredths. */
const MOST_SECONDS_OF_WORK = 0.9

test('the page with a result has loaded no more script than its budget, compressed', async ({page}) => {
  const sizes: Promise<number>[] = []
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      sizes.push(response.body().then((body) => gzipSync(body).length))
  })
  await open(page, '/')
  await page.getByRole('link', {name: /Follow the leaders/}).click()
  await page.locator('canvas').first().waitFor()
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  expect(sizes.length).toBeGreaterThan(3)
  expect(total).toBeLessThan(MOST_SCRIPT_BYTES)
})

test('from the click on an example to its result is one run, whose script is there already, and a fraction of a second of work', async ({
  page,
}) => {
  await open(page, '/')
  const example = page.getByRole('link', {name: preset('momentum').name})
  const fetched = page.waitForResponse((response) => response.request().resourceType() === 'script')
  await example.hover() // a pointer is there before its click
  await fetched
  await page.waitForLoadState('networkidle')
  const asked: string[] = []
  page.on('request', (request) => {
    if (['script', 'stylesheet', 'fetch'].includes(request.resourceType())) asked.push(new URL(request.url()).pathname)
  })
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('Performance.enable', {timeDomain: 'threadTicks'}) // of the page's own thread, however busy the machine
  const worked = async () => {
    const {metrics} = await cdp.send('Performance.getMetrics')
    return metrics.find((one) => one.name === 'TaskDuration')?.value ?? Number.NaN
  }
  const before = await worked()
  await example.click()
  await resultShown(page)
  await page.locator('canvas').first().waitFor()
  expect(asked).toEqual([STREAM])
  expect((await worked()) - before).toBeLessThan(MOST_SECONDS_OF_WORK)
})
