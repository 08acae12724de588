import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import type {Page} from '@playwright/test'
import {columnsOf, type Download, type Field} from '../lib/export-csv'
import {download, linkTo, open, preset, resultShown} from './support/page'
import {runDirectly, untimed} from './support/runner'
import {expect, test} from './support/test'

const {draft, name} = preset('momentum')
const run = promisify(execFile)

async function opened(page: Page) {
  const asked = page.waitForRequest('**/stream')
  await open(page, linkTo({name, draft}))
  const request = (await asked).postDataJSON() as Record<string, unknown>
  await resultShown(page)
  return {request, result: await runDirectly(request)}
}

async function copied(page: Page, what: string): Promise<string> {
  const button = page.getByRole('button', {name: what, exact: true})
  await button.click()
  await expect(button.locator('xpath=..').getByRole('status')).toHaveText('Copied')
  return page.evaluate(() => navigator.clipboard.readText())
}

/** RFC 4180, as columns. */
function parsed(text: string): Record<string, string[]> {
  const rows: string[][] = [[]]
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
    if (end === '') break
  }
  rows.pop() // after the last line's end
  const [head = [], ...body] = rows
  expect(body.every((row) => row.length === head.length)).toBe(true)
  return Object.fromEntries(head.map((column, n) => [column, body.map((row) => row[n] ?? '')]))
}

const written = (value: Field): string => (value === null || value === undefined ? '' : String(value))

test('the CSV files hold the result’s own columns, and the JSON file is the runner’s document', async ({page}) => {
  const {result} = await opened(page)
  const files: Record<string, Record<string, string[]>> = {}
  for (const file of ['series', 'trades', 'weights', 'metrics', 'decisions'] as const satisfies Download[]) {
    const {name: saved, text} = await download(page, `${file}.csv`)
    expect(saved).toBe(`follow-the-leaders-${file}.csv`)
    const columns = parsed(text)
    files[file] = columns
    const wanted = Object.entries(columnsOf(result, file)).map(([column, values]) => [column, values.map(written)])
    expect(columns).toEqual(Object.fromEntries(wanted))
  }
  expect(files.series?.date).toEqual(result.series?.dates)
  expect(files.series?.portfolio_value?.map(Number)).toEqual(result.series?.portfolio_value)
  expect(files.trades?.symbol).toEqual(result.trades?.map(({symbol}) => symbol))
  expect(Number(files.metrics?.portfolio?.[files.metrics.metric?.indexOf('cagr') ?? -1])).toBe(result.metrics?.cagr)

  const {text} = await download(page, 'result.json')
  expect(untimed(JSON.parse(text) as object)).toEqual(untimed(result))
})

test('the report is one HTML page', async ({page}) => {
  await opened(page)
  const {name: saved, text} = await download(page, 'report.html')
  expect(saved).toBe('follow-the-leaders-report.html')
  expect(text).toMatch(/^<!doctype html>/i)
  expect(text).toContain('</html>')
  expect(text).toContain('Momentum')
  expect(text).not.toMatch(/<(script|link|img)[^>]+(src|href)="https?:/)
  await expect(page.getByText('Downloaded')).toBeVisible()
})

test('what is copied as JSON, curl and TypeScript is the request, and runs', async ({page}) => {
  const {request, result} = await opened(page)
  expect(JSON.parse(await copied(page, 'Copy as JSON'))).toEqual(request)

  const typescript = await copied(page, 'Copy as TypeScript')
  const literal = /await runBacktest\(([^]*?)\)\n/.exec(typescript)?.[1]
  expect(new Function(`return ${literal}`)()).toEqual(request)

  const curl = await copied(page, 'Copy as curl')
  const {stdout} = await run('sh', ['-c', curl], {maxBuffer: 64 * 1024 ** 2})
  expect(untimed(JSON.parse(stdout) as object)).toEqual(untimed(result))
})
