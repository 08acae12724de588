// From the click on an example to its figures, on a phone that is slow and far away: 1.6 Mbit/s, 150 ms, a quarter of this
// machine's speed. Needs a server that runs: `npm start`, then `npm run slow-phone -- http://localhost:3000`.
import {chromium} from '@playwright/test'

const [address = 'http://localhost:3000', repeats = '5'] = process.argv.slice(2)
const NETWORK = {offline: false, latency: 150, downloadThroughput: 1.6e6 / 8, uploadThroughput: 0.75e6 / 8}
const PHONE = {viewport: {width: 375, height: 740}, hasTouch: true, isMobile: true, deviceScaleFactor: 2}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH || '/usr/bin/chromium',
  args: ['--no-sandbox'],
})

/** Milliseconds from the click to the figures, and the bytes that came in between. */
async function measured(name) {
  const context = await browser.newContext(PHONE) // nothing cached
  const page = await context.newPage()
  const client = await context.newCDPSession(page)
  await client.send('Network.enable')
  await client.send('Network.emulateNetworkConditions', NETWORK)
  await client.send('Emulation.setCPUThrottlingRate', {rate: 4})
  let bytes = 0
  client.on('Network.dataReceived', ({encodedDataLength}) => (bytes += encodedDataLength))
  await page.goto(address)
  await page.locator('html[data-ready]').waitFor({state: 'attached'})
  await page.waitForLoadState('networkidle')
  bytes = 0
  const took = await page.evaluate(async (wanted) => {
    const card = [...document.querySelectorAll('#result li a')].find((one) => one.textContent.includes(wanted))
    const began = performance.now()
    card.click()
    const shown = () => document.querySelector('[aria-label="Summary"] dl dd')
    while (!shown()) await new Promise(requestAnimationFrame)
    return performance.now() - began
  }, name)
  await context.close()
  return {took, bytes}
}

const page = await browser.newPage()
await page.goto(address)
const names = await page.locator('#result li a strong').allTextContents()
await page.close()
const median = (values) => values.sort((one, other) => one - other)[values.length >> 1]
for (const name of names) {
  const runs = []
  for (let n = 0; n < Number(repeats); n++) runs.push(await measured(name))
  const seconds = (median(runs.map(({took}) => took)) / 1000).toFixed(2)
  const kilobytes = Math.round(median(runs.map(({bytes}) => bytes)) / 1000)
  console.log(`${seconds} s  ${String(kilobytes).padStart(4)} kB  ${name}`)
}
await browser.close()
