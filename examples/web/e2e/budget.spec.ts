import {gzipSync} from 'node:zlib'
import type {Page} from '@playwright/test'
import {open, parts, preset, resultShown, STREAM} from './support/page'
import {startServer} from './support/server'
import {folderOf, share} from './support/shared'
import {expect, test} from './support/test'

const MOST_SCRIPT_BYTES = 250 * 1024
/** Of the page's own thread: the runner's share of a second is some hundredths. */
const MOST_SECONDS_OF_WORK = 0.9
/** 1.75 seconds at 1.6 Mbit/s: what is left of three with the run, four round trips of 150 ms and a slow processor. */
const MOST_PHONE_BYTES = 350_000

/** The sizes of the scripts that a page loads, compressed. */
function scriptsOf(page: Page) {
  const sizes: Promise<number>[] = []
  page.on('response', (response) => {
    if (response.request().resourceType() === 'script')
      sizes.push(response.body().then((body) => gzipSync(body).length))
  })
  return async () => {
    expect(sizes.length).toBeGreaterThan(3)
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  }
}

test('the page with a result has loaded no more script than its budget, compressed', async ({page}) => {
  const total = scriptsOf(page)
  await open(page, '/')
  await page.getByRole('link', {name: /Follow the leaders/}).click()
  await page.locator('canvas').first().waitFor()
  expect(await total()).toBeLessThan(MOST_SCRIPT_BYTES)
})

test('the page of a shared result has loaded no more script than its budget, compressed', async ({newVisitor}) => {
  const server = await startServer({BACKTEST_WEB_KEEP_DIR: folderOf('budget')})
  try {
    const {result_id} = await share(preset('momentum').draft, server)
    const page = await (await newVisitor({baseURL: server.url})).newPage()
    const total = scriptsOf(page)
    await page.goto(`/r/${result_id}`)
    await page.locator('canvas').first().waitFor()
    expect(await total()).toBeLessThan(MOST_SCRIPT_BYTES)
  } finally {
    await server.end()
  }
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

for (const id of ['four-giants', 'momentum', 'average-switch'])
  test(`on a phone little travels between the click on ${id} and its figures`, async ({newVisitor}) => {
    const phone = {viewport: {width: 375, height: 740}, hasTouch: true, isMobile: true}
    const page = await (await newVisitor(phone)).newPage()
    await open(page, '/')
    await page.waitForLoadState('networkidle')
    const client = await page.context().newCDPSession(page)
    await client.send('Network.enable')
    let bytes = 0
    const asked: string[] = []
    client.on('Network.dataReceived', ({encodedDataLength}) => (bytes += encodedDataLength))
    client.on('Network.requestWillBeSent', ({request, type}) => asked.push(`${request.method} ${type}`))
    await page.getByRole('link', {name: preset(id).name}).tap()
    await expect(parts(page).summary.locator('dl dd').first()).toBeVisible()
    expect(bytes).toBeGreaterThan(20_000)
    expect(bytes).toBeLessThan(MOST_PHONE_BYTES)
    expect(asked.filter((one) => one.startsWith('POST'))).toEqual(['POST Fetch'])
    // the run, the script that shows it, the symbols that it may have brought, and the icon of the tab
    expect(asked.filter((one) => !/^(POST Fetch|GET (Script|Stylesheet|Fetch|Other))$/.test(one))).toEqual([])
    expect(asked.length).toBeLessThan(15)
    await expect(page.getByText('Changed since this run')).toHaveCount(0) // what a phone adds is no change
  })
