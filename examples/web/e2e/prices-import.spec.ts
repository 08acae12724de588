import {gzipSync} from 'node:zlib'
import type {Page} from '@playwright/test'
import type {ListedSymbol} from '../lib/schema/types'
import {open, parts, resultShown} from './support/page'
import {
  csv,
  file,
  HEADER,
  MOST_BYTES,
  pricesPage,
  rowOf,
  rows,
  shownSymbols,
  importTest as test,
} from './support/prices'
import {processesOf} from './support/processes'
import {expect} from './support/test'

const imported = (page: Page, symbol: string) => page.getByRole('heading', {name: `${symbol} was imported`})
const listed = async (page: Page) =>
  ((await (await page.request.get('/api/symbols')).json()) as ListedSymbol[]).map(({symbol}) => symbol)

test('a file that is chosen is looked at first, imported when that is confirmed, and offered in the form at once', async ({
  page,
  context,
}) => {
  const form = await context.newPage()
  await open(form, '/')
  await open(page, '/prices')
  const jump = rows(500, '2020-01-01', (n) => (n < 300 ? 50 + (n % 7) : 200 + (n % 7)))
  const lines = [...jump.slice(0, 10), jump[9] ?? '', '2020-01-14,,,,', ...jump.slice(10)]
  await pricesPage(page).input.setInputFiles(file('own.csv', lines))
  const heading = page.getByRole('heading', {name: /^own\.csv: 500 sessions from/})
  await expect(heading).toBeVisible()
  await expect(pricesPage(page).symbol).toHaveValue('OWN')
  await expect(page.getByRole('img', {name: /^Line chart. Close of OWN/})).toBeVisible()
  await expect(pricesPage(page).fact('Columns')).toHaveText(
    'Date, Open, Close and Adj Close as close with dividends. Not used: Volume.',
  )
  await expect(pricesPage(page).fact('Rows left out')).toHaveText(/^2 rows: line 12 \(14.Jan.2020, repeats another\)/)
  const found = page.getByRole('list', {name: 'What looks wrong'}).getByRole('listitem')
  await expect(found.filter({hasText: 'Implausible price'})).toContainText('line 304')
  expect(await listed(page)).not.toContain('OWN')

  await pricesPage(page).import('OWN').click()
  await expect(imported(page, 'OWN')).toBeVisible()
  await expect(rowOf(page, 'OWN').getByRole('cell').first()).toHaveText('Imported')
  const box = parts(form).symbol(1)
  await box.pressSequentially('OW')
  await expect(form.getByRole('option', {name: /^OWN/})).toBeVisible()
  await page.getByRole('button', {name: 'Show it in the list'}).click()
  await expect.poll(() => shownSymbols(page)).toEqual(['OWN'])
  await page.getByRole('region', {name: 'Import your own'}).getByRole('link', {name: 'Use OWN in a backtest'}).click()
  await resultShown(page)
})

test('a file is dropped on the button, which the keyboard presses too', async ({page}) => {
  page.on('filechooser', (choice) => void choice.setFiles(file('keys.csv'))) // long before it is opened: else it may be missed
  await open(page, '/prices')
  const {drop} = pricesPage(page)
  const {name, buffer} = file('dropped.csv', rows(60, '2024-01-01'))
  const data = await page.evaluateHandle(
    ([title, text]) => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([text ?? ''], title ?? '', {type: 'text/csv'}))
      return transfer
    },
    [name, buffer.toString()],
  )
  await drop.dispatchEvent('dragenter', {dataTransfer: data})
  await expect(drop).toHaveAttribute('data-over', 'true')
  await drop.dispatchEvent('drop', {dataTransfer: data})
  await expect(page.getByRole('heading', {name: /^dropped\.csv: 60 sessions/})).toBeVisible()
  await page.getByRole('button', {name: 'Cancel'}).click()
  await expect(drop).toBeFocused()
  expect(await listed(page)).not.toContain('DROPPED')

  await page.keyboard.press('Enter')
  await expect(pricesPage(page).symbol).toHaveValue('KEYS')
  for (let pressed = 0; pressed < 20; pressed += 1) {
    await page.keyboard.press('Tab')
    if (
      await pricesPage(page)
        .import('KEYS')
        .evaluate((button) => button === document.activeElement)
    )
      break
  }
  await page.keyboard.press('Enter')
  await expect(imported(page, 'KEYS')).toBeVisible()
})

for (const [symbol, place, span] of [
  ['KO', 'bundled', '8,313 sessions'],
  ['TWICE', 'imported', '500 sessions'],
] as const)
  test(`prices that are ${place} are never replaced unasked`, async ({page, request}) => {
    await open(page, '/prices')
    const {input} = pricesPage(page)
    if (symbol === 'TWICE') {
      await input.setInputFiles(file('twice.csv'))
      await pricesPage(page).import(symbol).click()
      await expect(imported(page, symbol)).toBeVisible()
    }
    const shorter = file(`${symbol}.csv`, rows(400))
    await input.setInputFiles(shorter)
    const asked = page.getByRole('group', {name: new RegExp(`^${symbol} is at hand already \\(${place}\\): ${span}`)})
    await expect(asked).toContainText('The file lacks')
    await pricesPage(page).import(symbol).click()
    await expect(asked.getByRole('alert')).toBeVisible()
    const tick = asked.getByRole('checkbox', {name: `Use this file for ${symbol} instead`})
    await expect(tick).toBeFocused()
    const answer = await request.post(`/api/prices?name=${symbol}.csv`, {data: shorter.buffer})
    expect(await answer.json()).toMatchObject({success: false, code: 'VALIDATION_FAILED'})
    await tick.check()
    await pricesPage(page).import(symbol).click()
    await expect(imported(page, symbol)).toBeVisible()
    await expect(rowOf(page, symbol).getByRole('cell', {name: '400', exact: true})).toBeVisible()
  })

test('a file whose name is no symbol, or that has several, is read as the one that is typed', async ({page}) => {
  await open(page, '/prices')
  const {input, symbol, refusal} = pricesPage(page)
  await input.setInputFiles(file('my fund (3).csv'))
  await expect(refusal).toContainText('The name of my fund (3).csv is no symbol.')
  await symbol.fill('fund')
  await page.getByRole('button', {name: 'Read it as FUND'}).click()
  await expect(page.getByRole('heading', {name: /^my fund \(3\)\.csv: 500 sessions/})).toBeVisible()
  await page.getByRole('button', {name: 'Cancel'}).click()

  const several = [...rows(20).map((row) => `AAA,${row}`), ...rows(30).map((row) => `BBB,${row}`)]
  await input.setInputFiles(file('all.csv', several, `ticker,${HEADER}`))
  await expect(refusal).toContainText('it has 2 symbols, and ALL is not one of them')
  await symbol.fill('BBB')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', {name: /^all\.csv: 30 sessions/})).toBeVisible()
})

const REFUSED = [
  [csv('bad.csv', 'date,close\n2024-01-02,10\n2024-01-03,ten\n'), 'line 3: close is not a number'],
  [csv('minus.csv', 'date,close\n2024-01-02,10\n2024-01-03,-1\n'), 'line 3: close is not above zero'],
  [csv('twice.csv', 'date,close\n2024-01-02,10\n2024-01-02,11\n'), 'line 3: it repeats the date of line 2'],
  [csv('empty.csv', ''), 'it is empty'],
  [csv('words.csv', 'no prices'), 'there is no column'],
  [csv('page.csv', '<!doctype html><p>Sign in'), 'it is HTML, a web page'],
  [csv('sheet.csv', Buffer.from('PK\u0003\u0004 and more')), 'it is a spreadsheet'],
  [csv('bytes.csv', Buffer.from(Array.from({length: 4096}, (_, n) => n % 251))), 'it is not text'],
  [csv('packed.csv.gz', Buffer.from('no gzip')), 'It cannot be read.'],
  [csv('bomb.csv.gz', gzipSync(Buffer.alloc(MOST_BYTES + 1, '\n'))), 'Unpacked it has more than 12'],
  [csv('large.csv', Buffer.alloc(MOST_BYTES + 1, '\n')), 'at most 12'],
  [csv('a\tb\u202e.csv', 'date,close\n2024-01-02,1\n'), 'control characters'],
] as const

test('what cannot be imported is refused with what is wrong, and nothing is left', async ({page}) => {
  await open(page, '/prices')
  const before = await listed(page)
  for (const [one, said] of REFUSED) {
    await pricesPage(page).input.setInputFiles(one)
    await expect(pricesPage(page).refusal).toContainText(said)
    await page.getByRole('button', {name: 'Choose another file'}).click()
  }
  await pricesPage(page).input.evaluate((input: HTMLInputElement) => (input.multiple = true))
  await pricesPage(page).input.setInputFiles([file('A.csv'), file('B.csv')])
  await expect(pricesPage(page).refusal).toContainText('One file at a time')
  await expect.poll(() => listed(page)).toEqual(before)
})

test('other encodings, separators and packed files are read', async ({page}) => {
  await open(page, '/prices')
  const german = 'Datum;Schlusskurs;Höchstkurs\n02.01.2024;10,5;11\n03.01.2024;10,6;11\n'
  for (const one of [
    csv('utf16.csv', Buffer.from(`\ufeff${german}`, 'utf16le')),
    csv('latin.csv', Buffer.from(german, 'latin1')),
    csv('packed.csv.gz', gzipSync(german)),
  ]) {
    await pricesPage(page).input.setInputFiles(one)
    await expect(page.getByRole('heading', {name: /: 2 sessions from 2.Jan.2024 to 3.Jan.2024/})).toBeVisible()
    await page.getByRole('button', {name: 'Cancel'}).click()
  }
})

test('names are names: none is a path, an option or a symbol that it is not', async ({request}) => {
  const {buffer} = file('any.csv', rows(5))
  for (const [name, symbol] of [
    ['../../OWN2.csv', 'OWN2'],
    ['..\\x.csv', null],
    ['--symbol=X.csv', '--SYMBOL=X'], // as odd as it is: a symbol, and no option
    ['$(id).csv', null],
    ['', null],
    ['x'.repeat(256), null],
    ['a\u0000b.csv', null],
  ] as const) {
    const answer = await request.post(`/api/prices?dry_run=1&${new URLSearchParams({name})}`, {data: buffer})
    const document = (await answer.json()) as {success?: boolean; symbol?: string; detail?: string}
    expect([name, document.symbol ?? null]).toEqual([name, symbol])
    expect(JSON.stringify(document)).not.toMatch(/Traceback|uid=/)
  }
})

test('the server bounds and guards what is sent', async ({request}) => {
  const address = '/api/prices?name=OWN3.csv'
  const large = await request.post(address, {data: Buffer.alloc(MOST_BYTES + 1, '\n')})
  expect(large.status()).toBe(413)
  for (const headers of [{'Sec-Fetch-Site': 'cross-site'}, {Origin: 'https://example.org'}])
    expect((await request.post(address, {headers, data: file('a.csv').buffer})).status()).toBe(403)
})

test('a long file says that it is being read, and cancelling ends the process that reads it', async ({
  page,
  importing,
}) => {
  await open(page, '/prices')
  const quoted = rows(2000).map((row) => row.replaceAll(/([^,]+)/g, '"$1"'))
  const long = [HEADER, ...Array.from({length: 100}, () => quoted).flat()].join('\n')
  const reading = () => processesOf(importing.cache).filter(({name}) => name.includes('prices import'))
  await pricesPage(page).input.setInputFiles(csv('long.csv', long))
  await expect(page.getByRole('progressbar', {name: /^Reading long\.csv, \d/})).toBeVisible()
  await expect.poll(() => reading().length, {intervals: [10]}).toBe(1)
  await page.getByRole('button', {name: 'Cancel'}).click()
  await expect(pricesPage(page).drop).toBeVisible()
  await expect.poll(() => reading().length).toBe(0)
})
