import {LONG_RUN, linkTo, open, parts, runAndWait, tilesFor, tilesOf} from './support/page'
import {processesOf, working} from './support/processes'
import {runDirectly} from './support/runner'
import {expect, test} from './support/test'

const CACHE = process.env.E2E_CACHE ?? ''

test('a long run shows its progress and is cancelled at once, and the process that worked on it is gone', async ({
  page,
  request,
}) => {
  test.skip(process.platform !== 'linux', 'looks into /proc')
  const pool = async () =>
    ((await (await request.get('/api/health')).json()) as {pool: {running: number; queued: number}}).pool
  await open(page, linkTo({name: 'Long', draft: LONG_RUN}))
  const {cancel, progress, run} = parts(page)
  await expect.poll(async () => Number(await progress.getAttribute('value'))).toBeGreaterThan(0.02)
  await expect(progress).toHaveAccessibleName(/^Simulating, \d+ %$/)
  expect(await pool()).toMatchObject({running: 1, queued: 0})
  let busy: number[] = []
  await expect
    .poll(async () => {
      busy = [...(await working(CACHE))].filter(([, ticks]) => ticks >= 5).map(([pid]) => pid)
      return busy.length
    })
    .toBe(1)

  await cancel.click()
  await expect(page.getByText('Cancelled.')).toBeVisible()
  await expect(progress).toHaveCount(0)
  await expect(run).toBeFocused()
  // A warm process outlives what it runs; that this one is gone means that it was stopped.
  await expect.poll(() => processesOf(CACHE).some(({pid}) => pid === busy[0]), {intervals: [50]}).toBe(false)
  await expect.poll(pool, {intervals: [50]}).toMatchObject({running: 0, queued: 0})
  await expect.poll(async () => [...(await working(CACHE))]).toEqual([])

  await page.getByRole('combobox', {name: 'Strategy'}).selectOption('buy_hold')
  const next = await runAndWait(page)
  await expect.poll(() => tilesOf(page)).toEqual(tilesFor(await runDirectly(next)))
})
