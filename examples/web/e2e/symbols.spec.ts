import type {Page} from '@playwright/test'
import {expectAccessible} from './support/axe'
import {linkTo, open, parts, resultShown, SHORT_RUN} from './support/page'
import {startServer} from './support/server'
import {expect, test} from './support/test'

const options = (page: Page) => page.getByRole('listbox').getByRole('option')
const offered = (page: Page) => options(page).locator('strong').allTextContents()

test('the better match comes first: the symbol, its beginning, the beginning of a word, any part', async ({page}) => {
  await open(page, '/')
  const box = parts(page).symbol(1)
  await box.fill('ge')
  expect((await offered(page))[0]).toBe('GE')
  await box.fill('gspc')
  await expect.poll(() => offered(page)).toEqual(['^GSPC'])
  await box.fill('p')
  const symbols = await offered(page)
  const ranks = await options(page).evaluateAll((all) =>
    all.map((one) => {
      const [symbol = '', name = ''] = [
        one.querySelector('strong')?.textContent ?? '',
        one.querySelector('span')?.textContent ?? '',
      ]
      return symbol === 'P' ? 0 : symbol.startsWith('P') ? 1 : /\bp/i.test(name) ? 2 : 3
    }),
  )
  expect(symbols.length).toBeGreaterThan(3)
  expect(ranks).toEqual([...ranks].sort())
})

test('the keys of the list are those of the ARIA practices', async ({page}) => {
  await open(page, '/')
  const box = parts(page).symbol(1)
  const active = () => page.locator('[role=option][aria-selected=true] strong').allTextContents()
  await box.focus()
  await expect(box).toHaveAttribute('aria-expanded', 'false')
  await box.press('Alt+ArrowDown')
  await expect(box).toHaveAttribute('aria-expanded', 'true')
  await expect.poll(() => active()).toEqual([])
  await box.press('Alt+ArrowUp')
  await expect(box).toHaveAttribute('aria-expanded', 'false')
  await box.press('ArrowDown')
  const all = await offered(page)
  await expect.poll(() => active()).toEqual(all.slice(0, 1))
  await expect(box).toHaveAttribute('aria-activedescendant', (await options(page).first().getAttribute('id')) ?? '')
  await box.press('ArrowUp')
  await expect.poll(() => active()).toEqual(all.slice(-1))
  await box.press('Home')
  await expect.poll(() => active()).toEqual([])
  await expect(box).not.toHaveAttribute('aria-activedescendant')
  await box.press('Escape')
  await expect(box).toHaveAttribute('aria-expanded', 'false')
  await box.pressSequentially('ms')
  await box.press('Escape')
  await expect(box).toHaveValue('ms')
  await box.press('Escape')
  await expect(box).toHaveValue('')
  await box.pressSequentially('ms')
  await box.press('ArrowDown')
  await box.press('Enter')
  await expect(box).toHaveValue('MSFT')
  await expect(box).toHaveAttribute('aria-expanded', 'false')
})

test('a symbol that no source has is said while it is typed, at its field; and what a run would say of an empty one', async ({
  page,
}) => {
  await open(page, '/')
  const {symbol, run, problems} = parts(page)
  await symbol(1).fill('JNKX')
  await expect(symbol(1)).toHaveAccessibleDescription('No source here has it.')
  await expectAccessible(page)
  await symbol(1).fill('JNJ')
  await expect(symbol(1)).toHaveAccessibleDescription('')
  const benchmark = page.getByRole('combobox', {name: 'Benchmark'})
  await benchmark.fill('A B')
  await expect(benchmark).toHaveAccessibleDescription(/This is no symbol/)
  await benchmark.fill('')
  await page.locator('summary', {hasText: 'Data'}).click()
  await symbol(2).fill('NONE')
  await expect(symbol(2)).toHaveAccessibleDescription('No source here has it.')
  await page.getByRole('combobox', {name: 'Source'}).selectOption('bundled')
  await expect(symbol(2)).toHaveAccessibleDescription('Not among the bundled prices.')
  await symbol(2).fill('')
  await run.click()
  await expect(problems).toContainText('Choose a symbol.')
  await expect(symbol(2)).toHaveAccessibleDescription(/Choose a symbol\./)
})

test('where the network is asked, it is said that it will be, and by whom', async ({newVisitor}) => {
  const server = await startServer({BACKTEST_OFFLINE: '0'})
  try {
    const page = await (await newVisitor({baseURL: server.url})).newPage()
    await open(page, '/')
    const box = parts(page).symbol(1)
    await box.fill('SPYX')
    await expect(box).toHaveAccessibleDescription('Not at hand; Yahoo will be asked.')
    await page.locator('summary', {hasText: 'Data'}).click()
    await page.getByRole('combobox', {name: 'Source'}).selectOption('stooq')
    await expect(box).toHaveAccessibleDescription('Not at hand; Stooq will be asked.')
    await page.getByRole('combobox', {name: 'Source'}).selectOption('bundled')
    await expect(box).toHaveAccessibleDescription('Not among the bundled prices.')
  } finally {
    await server.end()
  }
})

test('a list of symbols that is still on its way when the next run ends is let go of without a complaint', async ({
  page,
}) => {
  await page.addInitScript(() => {
    const real = window.fetch
    let aborted = 0
    window.fetch = (asked, init) => {
      const signal = init?.signal
      if (asked !== '/api/symbols' || !signal) return real(asked, init)
      const start = (body: ReadableStreamDefaultController) =>
        signal.addEventListener('abort', () => {
          document.documentElement.dataset.lists = String(++aborted)
          body.error(signal.reason)
        })
      return Promise.resolve(new Response(new ReadableStream({start}))) // its head has come, its body never does
    }
  })
  const holdings = [{symbol: 'JNK', allocation: 1}]
  await open(page, linkTo({name: 'Misspelt', draft: {...SHORT_RUN, holdings, data: {source: 'bundled'}}}))
  await expect(parts(page).symbol(1)).toHaveAttribute('aria-invalid', 'true')
  await parts(page).symbol(1).fill('JNJ')
  await parts(page).run.click()
  await resultShown(page)
  await expect(page.locator('html')).toHaveAttribute('data-lists', '1')
})
