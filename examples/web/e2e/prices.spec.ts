import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import type {ListedSymbol} from '../lib/schema/types'
import {open, parts, resultShown} from './support/page'
import {checkDirectly, HEADER, pricesPage, rowOf, rows, shownSymbols} from './support/prices'
import {freePort, startServer} from './support/server'
import {startService} from './support/service'
import {expect, test} from './support/test'

const CACHE = process.env.E2E_CACHE ?? ''

test('the header leads to the prices, and every symbol of the runner has a row', async ({page, request}) => {
  await open(page, '/')
  await page.getByRole('link', {name: 'Prices', exact: true}).click()
  await expect(page).toHaveURL('/prices')
  await expect(page).toHaveTitle('Prices – Backtest')
  const listed = (await (await request.get('/api/symbols')).json()) as ListedSymbol[]
  await expect.poll(() => shownSymbols(page)).toEqual(listed.map(({symbol}) => symbol))
  await expect(page.getByText(`${listed.length} symbols can be used without a network`)).toBeVisible()
  const cells = rowOf(page, '^GSPC').getByRole('cell')
  expect(await cells.first().textContent()).toBe('Bundled')
  expect((await cells.allTextContents()).map((text) => text.replaceAll('\u00a0', ' '))).toEqual(
    expect.arrayContaining(['2 Jan 1990', '8,313', 'USD', 'Price only']),
  )
  await expect(page.getByRole('columnheader', {name: 'Updated'})).toHaveCount(0) // it is known of none
  await expect(cells.nth(2)).toHaveText(/^28.Dec.2022\d+\.\d.years.ago$/)
})

test('a row leads to a backtest that holds the symbol from its first session to its last', async ({page}) => {
  await open(page, '/prices')
  await rowOf(page, 'KO').getByRole('link', {name: 'Use KO in a backtest'}).click()
  await resultShown(page)
  await expect(parts(page).symbol(1)).toHaveValue('KO')
  await expect(page.getByRole('textbox', {name: /^Start/})).toHaveValue('1990-01-02')
})

test('symbols are searched by symbol, name and origin, and the address says so', async ({page}) => {
  await open(page, '/prices')
  const {search} = pricesPage(page)
  await search.fill('co')
  await expect.poll(() => shownSymbols(page)).toContain('KO')
  await search.fill('the company')
  await expect.poll(() => shownSymbols(page)).toEqual(['KO', 'PG'])
  await expect(page).toHaveURL('/prices?q=the+company')
  await page.reload()
  await expect(search).toHaveValue('the company')
  await expect.poll(() => shownSymbols(page)).toEqual(['KO', 'PG'])
  await search.fill('nothing has this')
  await expect(page.getByRole('status').filter({hasText: 'No symbol or name has “nothing has this”'})).toBeVisible()
  await page.getByRole('button', {name: 'Show all'}).click()
  await expect(search).toHaveValue('')
  await expect(page).toHaveURL('/prices')
})

test('a column sorts, up and down, and says which way', async ({page}) => {
  await open(page, '/prices')
  const heading = (name: string) => page.getByRole('columnheader', {name})
  await expect(heading('Symbol')).toHaveAttribute('aria-sort', 'ascending')
  await page.getByRole('button', {name: 'Sessions'}).click()
  await expect(heading('Sessions')).toHaveAttribute('aria-sort', 'descending')
  await expect(heading('Symbol')).toHaveAttribute('aria-sort', 'none')
  expect((await shownSymbols(page))[0]).toBe('AAPL')
  await page.getByRole('button', {name: 'Sessions'}).click()
  await expect(heading('Sessions')).toHaveAttribute('aria-sort', 'ascending')
  expect((await shownSymbols(page))[0]).toBe('MTUM')
  await page.getByRole('button', {name: 'Symbol', exact: true}).click()
  await page.getByRole('button', {name: 'Symbol', exact: true}).click()
  expect((await shownSymbols(page))[0]).toBe('^GSPC')
})

test('a symbol that is opened shows its closes and what the runner itself finds wrong', async ({page}) => {
  await open(page, '/prices')
  const symbol = page.getByRole('button', {name: 'RRC', exact: true})
  await expect(symbol).toHaveAttribute('aria-expanded', 'false')
  await symbol.click()
  await expect(symbol).toHaveAttribute('aria-expanded', 'true')
  await expect(page).toHaveURL('/prices?symbol=RRC')
  const {findings, closes} = checkDirectly('RRC', CACHE)
  await expect(page.getByRole('list', {name: 'What looks wrong'}).getByRole('listitem')).toHaveCount(findings.length)
  for (const {detail} of findings)
    await expect(page.getByText(detail.replace('commission_per_share', '“Commission per share”'))).toBeVisible()
  expect(findings.map(({code}) => code)).toContain('IMPLAUSIBLE_PRICE')
  await expect(page.getByRole('img', {name: /^Line chart. Close of RRC.*Implausible price on/})).toBeVisible()
  await page.getByText('Show the data').click()
  await expect(page.getByText(`1–25 of ${closes.dates.length.toLocaleString('en-US')} sessions`)).toBeVisible()
  await expect(page.getByRole('table', {name: /^Close of RRC/}).locator('tbody tr')).toHaveCount(25)
  await page.reload()
  await expect(page.getByRole('list', {name: 'What looks wrong'})).toBeVisible()
  await symbol.click()
  await expect(symbol).toHaveAttribute('aria-expanded', 'false')
  await expect(page).toHaveURL('/prices')
})

test('a server that is busy or does not answer is said where the chart would be, and asked again', async ({
  page,
  faults,
}) => {
  await open(page, '/prices')
  await page.route('**/api/prices/KO', (route) => route.abort())
  await page.getByRole('button', {name: 'KO', exact: true}).click()
  await expect(page.getByRole('alert').filter({hasText: 'The server does not answer.'})).toBeVisible()
  expect(faults.splice(0)).toEqual([expect.stringContaining('ERR_FAILED')]) // the browser's own, of the request that failed
  await page.unroute('**/api/prices/KO')
  await page.getByRole('button', {name: 'Try again'}).click()
  await expect(page.getByRole('img', {name: /^Line chart. Close of KO/})).toBeVisible()
})

test('symbols that are none, and of any spelling, are answered without harm', async ({request}) => {
  for (const [symbol, status] of [
    ['KO', 200],
    ['^GSPC', 200],
    ['ko', 200],
    ['QQQQ', 422],
    ['../KO', 422],
    ['--json', 422],
    ['a'.repeat(21), 422],
    ['a\nb', 422],
    ['\u0000', 422],
    ['%', 422],
    ['é', 422],
  ] as const) {
    const answer = await request.get(`/api/prices/${encodeURIComponent(symbol)}`)
    expect([symbol, answer.status()]).toEqual([symbol, status])
    expect(await answer.text()).not.toMatch(/Traceback|\/home|\/work|\/tmp/)
  }
})

test('importing is off until the operator allows it, which the page and the server say', async ({page, request}) => {
  await open(page, '/prices')
  await expect(page.getByText('Switched off on this server')).toContainText('BACKTEST_WEB_IMPORT=1')
  await expect(pricesPage(page).input).toHaveCount(0)
  for (const query of ['dry_run=1&name=OWN.csv', 'name=OWN.csv&replace=1']) {
    const answer = await request.post(`/api/prices?${query}`, {data: Buffer.from([HEADER, ...rows(5)].join('\n'))})
    expect(answer.status()).toBe(403)
    expect(await answer.json()).toMatchObject({success: false, code: 'FORBIDDEN'})
  }
  const listed = (await (await request.get('/api/symbols')).json()) as ListedSymbol[]
  expect(listed.map(({symbol}) => symbol)).not.toContain('OWN')
})

test('with a service the prices are the service’s, which the page says', async ({newVisitor}) => {
  const port = await freePort()
  const service = await startService('local', `http://127.0.0.1:${port}`)
  const settings = {
    PYTHON_API_URL: service.api,
    BACKTEST_PUBLIC_SOCKET_URL: service.sockets,
    BACKTEST_WEB_MODE: 'api',
    BACKTEST_WEB_IMPORT: '1',
    ...(service.secret !== null && {BACKTEST_SECRET: service.secret}),
  }
  const server = await startServer(settings, {port, elsewhere: true})
  try {
    const page = await (await newVisitor({baseURL: server.url})).newPage()
    await open(page, '/prices?symbol=KO')
    await expect(page.getByText('The prices of this page are at the service')).toBeVisible()
    await expect(page.getByText('This page does not look into them.')).toBeVisible()
    await expect(rowOf(page, 'KO').getByRole('link', {name: 'Use KO in a backtest'})).toBeVisible()
    expect((await page.request.post('/api/prices?name=OWN.csv', {data: 'date,close'})).status()).toBe(403)
    expect((await page.request.get('/api/prices/KO')).status()).toBe(404)
  } finally {
    await server.end()
    await service.end()
  }
})

test('a thousand files are read once, and shown by pages', async ({newVisitor}) => {
  const folder = mkdtempSync(join(tmpdir(), 'backtest-e2e-csv-'))
  const content = [HEADER, ...rows(5)].join('\n')
  for (let n = 0; n < 1000; n += 1) writeFileSync(join(folder, `F${String(n).padStart(4, '0')}.csv`), content)
  const server = await startServer({BACKTEST_CSV_DIR: folder})
  try {
    const page = await (await newVisitor({baseURL: server.url})).newPage()
    await open(page, '/prices')
    await expect(page.getByText('1–50 of 1,031 symbols')).toBeVisible()
    await page.getByRole('button', {name: 'CSV folder'}).click()
    await expect(page.getByText('1–50 of 1,000 symbols')).toBeVisible()
    await page.getByRole('button', {name: 'Last page'}).click()
    expect((await shownSymbols(page)).at(-1)).toBe('F0999')
    await pricesPage(page).search.fill('f0123')
    await expect.poll(() => shownSymbols(page)).toEqual(['F0123'])
    await page.getByRole('button', {name: 'F0123', exact: true}).click()
    await expect(page.getByRole('img', {name: /^Line chart. Close of F0123/})).toBeVisible()
  } finally {
    await server.end()
    rmSync(folder, {recursive: true})
  }
})
