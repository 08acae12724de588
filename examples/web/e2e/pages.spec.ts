import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expectAccessible} from './support/axe'
import {parts} from './support/page'
import {startServer} from './support/server'
import {expect, test} from './support/test'

/** A browser logs the status of a page that it opens as an error of its own. */
const LOGGED = /Failed to load resource: the server responded with a status of/

/** One that lists a strategy which no page can show. */
const BROKEN_RUNNER = `import sys
print('[{"name": "broken", "description": "", "parameters": null}]' if "--list-strategies" in sys.argv else "[]")
`

for (const colorScheme of ['light', 'dark'] as const) {
  test(`an address without a page has a page of its own, ${colorScheme}`, async ({page, faults}) => {
    await page.emulateMedia({colorScheme})
    const answer = await page.goto('/nowhere/at/all')
    expect(answer?.status()).toBe(404)
    await expect(page).toHaveTitle('Not found – Backtest')
    await expect(page.getByRole('heading', {level: 1})).toHaveText('There is no page at this address')
    await expectAccessible(page)
    expect(faults.splice(0).filter((fault) => !LOGGED.test(fault))).toEqual([])
    await page.getByRole('link', {name: 'Go to the first page'}).click()
    await expect(parts(page).gallery).toBeVisible()
  })

  test(`a page that fails says so, and leads on, ${colorScheme}`, async ({newVisitor, faults}) => {
    const folder = mkdtempSync(join(tmpdir(), 'backtest-e2e-'))
    const runner = join(folder, 'backtest_runner.py')
    writeFileSync(runner, BROKEN_RUNNER)
    const server = await startServer({BACKTEST_RUNNER: runner})
    try {
      const page = await (await newVisitor({baseURL: server.url, colorScheme})).newPage()
      await page.goto('/', {waitUntil: 'commit'})
      await expect(page.getByRole('heading', {level: 1})).toHaveText('This page has failed')
      await expect(page.getByRole('button', {name: 'Try again'})).toBeVisible()
      await expect(page.getByRole('link', {name: 'Begin anew'})).toHaveAttribute('href', '/')
      await expectAccessible(page)
      await page.close() // its examples are still on their way
      expect(faults.splice(0).length).toBeGreaterThan(0)
    } finally {
      await server.end()
      rmSync(folder, {recursive: true})
    }
  })
}

test('an address with a damaged escape has the page of one that leads nowhere', async ({page, request, faults}) => {
  const damaged = [
    '/r/%',
    '/r/%E0%A4%A',
    '/r/%FF%FE',
    '/r/%zz/opengraph-image',
    '/prices/%',
    '/%',
    '/api/results/%',
    '/api/prices/%c0',
  ]
  for (const path of damaged) {
    const answer = await request.get(path)
    expect([path, answer.status()]).toEqual([path, 404])
    expect(await answer.text()).toContain('There is no page at this address')
  }
  const header = async (path: string) => {
    expect((await page.goto(path))?.status()).toBe(404)
    return page.getByRole('banner').ariaSnapshot()
  }
  expect(await header('/r/%')).toBe(await header('/r/sha256:0000')) // of a result that is not here
  expect(await header('/nowhere')).toBe(await header('/r/%'))
  await expectAccessible(page)
  expect(faults.splice(0).filter((fault) => !LOGGED.test(fault))).toEqual([])
  expect((await request.get('/api/prices/%5EGSPC')).status()).toBe(200) // what can be read is not touched
})
