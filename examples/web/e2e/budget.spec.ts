import {gzipSync} from 'node:zlib'
import {open} from './support/page'
import {expect, test} from './support/test'

const MOST_SCRIPT_BYTES = 250 * 1024

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
