import {expectAccessible} from './support/axe'
import {
  isStream,
  LONG_RUN,
  linkTo,
  open,
  parts,
  preset,
  resultShown,
  runAndWait,
  SHORT_RUN,
  tilesOf,
} from './support/page'
import {expect, test} from './support/test'

test('a copied link runs again for somebody else, and gives the same figures', async ({page, newVisitor}) => {
  const {draft, name} = preset('momentum')
  await open(page, '/')
  await runAndWait(page, () => page.getByRole('link', {name}).click())
  const figures = await tilesOf(page)
  await page.getByRole('button', {name: 'Copy link'}).click()
  await expect(page.getByText('Link copied')).toBeVisible()
  const link = await page.evaluate(() => navigator.clipboard.readText())
  expect(link).toBe(page.url())
  expect(new URL(link).pathname + new URL(link).search).toBe(linkTo({name, draft}))

  const other = await (await newVisitor()).newPage()
  await open(other, link)
  await resultShown(other)
  await expect.poll(() => tilesOf(other)).toEqual(figures)
  await expect(other).toHaveTitle(`${name} – Backtest`)
  await expect(other.getByRole('combobox', {name: 'Strategy'})).toHaveValue('momentum')
})

test('an example that is clicked before the page has its script leads to its result, too', async ({page}) => {
  let release = () => {}
  const gate = new Promise<void>((resolve) => (release = resolve))
  await page.route('**/_next/static/**/*.js', async (route) => {
    await gate
    await route.continue().catch(() => undefined) // of the page that was left
  })
  await page.goto('/', {waitUntil: 'commit'})
  const {name, draft} = preset('four-giants')
  await page.getByRole('link', {name}).click({noWaitAfter: true})
  await page.waitForURL(linkTo({name, draft}), {waitUntil: 'commit'})
  release()
  await resultShown(page)
  await expect(page).toHaveTitle(`${name} – Backtest`)
})

test('back and forward lead through the runs, and back to the examples', async ({page}) => {
  await open(page, '/')
  const held = page.getByRole('textbox', {name: 'Holdings held'})
  await runAndWait(page, () => page.getByRole('link', {name: preset('momentum').name}).click())
  const first = await tilesOf(page)
  await held.fill('5')
  await runAndWait(page)
  await expect.poll(() => tilesOf(page)).not.toEqual(first)
  const second = await tilesOf(page)

  await page.goBack()
  await expect.poll(() => tilesOf(page)).toEqual(first)
  await expect(held).toHaveValue('3')
  await page.goForward()
  await expect.poll(() => tilesOf(page)).toEqual(second)
  await expect(held).toHaveValue('5')
  await page.goBack()
  await page.goBack()
  await expect(parts(page).gallery).toBeVisible()
  await expect(page).toHaveTitle('Backtest')
})

test('a run that is left by going back is cancelled', async ({page, request}) => {
  const running = async () =>
    ((await (await request.get('/api/health')).json()) as {pool: {running: number}}).pool.running
  await open(page, linkTo({name: 'Short', draft: SHORT_RUN}))
  await resultShown(page)
  const short = await tilesOf(page)
  await open(page, linkTo({name: 'Long', draft: LONG_RUN}))
  await expect.poll(running).toBe(1)
  await page.goBack()
  await expect.poll(() => tilesOf(page)).toEqual(short)
  await expect.poll(running, {timeout: 3000}).toBe(0)
})

for (const [what, link, said] of [
  ['of something else', '/?p=aGVsbG8', 'This link cannot be opened: it is damaged.'],
  ['empty', '/?p=', 'This link cannot be opened: it is damaged.'],
  ['of another version', '/?p=eyJ2IjoyfQ', 'This link cannot be opened: it was made by another version of this page.'],
] as const)
  test(`a link that is ${what} is answered with a clear message, and the page works`, async ({page}) => {
    await open(page, link)
    const alert = page.getByRole('main').getByRole('alert')
    await expect(alert).toHaveText(said)
    await expectAccessible(page)
    await expect(page.getByRole('button', {name: 'Open what can be read'})).toHaveCount(0)
    await page.getByRole('button', {name: 'Begin anew'}).click()
    await expect(alert).toHaveCount(0)
    expect(new URL(page.url()).search).toBe('')
    await runAndWait(page, () => page.getByRole('link', {name: preset('four-giants').name}).click())
  })

for (const [what, link, said] of [
  ['cut off', linkTo({name: 'Short', draft: SHORT_RUN}).slice(0, -12), 'only its beginning can be read'],
  ['of another shape', linkTo({name: 'Short', draft: {...SHORT_RUN, costs: [1, 2]}}), 'Costs cannot be read'],
] as const)
  test(`of a link that is ${what}, what can be read is offered, and run by nobody unasked`, async ({page}) => {
    const sent: string[] = []
    page.on('request', (request) => isStream(request) && sent.push(request.url()))
    await open(page, link)
    const alert = page.getByRole('main').getByRole('alert')
    await expect(alert).toHaveText(`This link is damaged: ${said}. There is still “Short” with 2 holdings.`)
    await expect(parts(page).gallery).toBeVisible()
    await page.getByRole('button', {name: 'Open what can be read'}).click()
    await expect(parts(page).symbol(2)).toHaveValue('KO')
    await expect(alert).toHaveText('Filled in is what could be read. Check it, then run it.')
    expect(sent).toEqual([])
    const request = await runAndWait(page)
    expect(request.holdings).toEqual(SHORT_RUN.holdings)
    await expect(alert).toHaveCount(0)
  })

test('whatever sign of a link is changed on its way, the page opens', async ({page}) => {
  const link = linkTo({name: 'Short', draft: SHORT_RUN})
  for (let at = 5; at < link.length; at += 37) {
    await open(page, `${link.slice(0, at)}%25${link.slice(at + 1)}`)
    await expect(page.getByRole('main').getByRole('alert')).toBeVisible()
  }
})
