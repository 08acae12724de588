import {spawn} from 'node:child_process'
import {readdirSync, readFileSync} from 'node:fs'
import type {Page} from '@playwright/test'
import {fieldId} from '../lib/pointer'
import {PRESETS} from '../lib/presets'
import {sentences} from '../lib/rules/sentences'
import type {JsonObject} from '../lib/schema/types'
import {expectShownIsRun} from './support/form'
import {linkTo, open, parts, runAndWait, tilesFor, tilesOf} from './support/page'
import {writtenDirectly} from './support/runner'
import {PYTHON, REPOSITORY} from './support/server'
import {expect, test} from './support/test'

type Parameters = Readonly<Record<string, unknown>>

const FOLDER = new URL('../../../schemas/strategies/', import.meta.url)
const EXAMPLES = readdirSync(FOLDER).flatMap((file) => {
  const {examples} = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as {examples: Parameters[]}
  return examples.map((parameters, index) => ({strategy: file.replace('.schema.json', ''), parameters, index}))
})
const BASE = {
  holdings: ['AAPL', 'JNJ', 'JPM', 'XOM'].map((symbol) => ({symbol, allocation: 0.25})),
  start_date: '2008-01-02',
  end_date: '2013-12-31',
}

for (const {strategy, parameters, index} of EXAMPLES)
  test(`example ${index + 1} of ${strategy} fills the form with what is run and said`, async ({page, newVisitor}) => {
    await open(page, linkTo({name: 'Mine', draft: {...BASE, strategy: 'buy_hold'}}))
    await page.getByRole('combobox', {name: 'Strategy'}).selectOption(strategy)
    await page.getByRole('group', {name: 'Fill in an example'}).getByRole('button').nth(index).click()
    await expectFormSays(page, parameters)

    const request = await runAndWait(page)
    const written = await writtenDirectly({...BASE, strategy, parameters})
    const documented = JSON.parse(written)
    expect(documented.request.parameters).toMatchObject(parameters)
    await expect.poll(() => tilesOf(page)).toEqual(tilesFor(documented))
    expect(parameters).toMatchObject({...request.parameters})
    await expect.poll(() => sentenceOn(page)).toBe(await sentenceOf(written))
    await expectShownIsRun(page, await (await newVisitor()).newPage())
  })

for (const {id, name, draft} of PRESETS)
  test(`the example ${id} runs as the form shows it, and is said as it is run`, async ({page, newVisitor}) => {
    await open(page, '/')
    await runAndWait(page, () => page.getByRole('link', {name}).click())
    if (draft.parameters) await expectFormSays(page, draft.parameters as Parameters)
    await expect.poll(() => sentenceOn(page)).toBe(await sentenceOf(await writtenDirectly(draft)))
    await expectShownIsRun(page, await (await newVisitor()).newPage())
  })

/** Every parameter stands in its field, with the unit that it is meant in. */
async function expectFormSays(page: Page, values: Parameters, at = '/parameters'): Promise<void> {
  if (values.tree !== undefined) await expectTreeSays(page, values)
  for (const [name, value] of Object.entries(values)) {
    if (['tree', 'definitions'].includes(name)) continue
    const field = page.locator(`#${fieldId(`${at}/${name}`)}`)
    if (Array.isArray(value)) {
      for (const [row, one] of value.entries()) await expectFormSays(page, one as Parameters, `${at}/${name}/${row}`)
    } else if (typeof value === 'boolean') await expect(field).toBeChecked({checked: value})
    else if (typeof value === 'string') await expect(field).toHaveValue(value)
    else {
      const percent = (await field.locator('xpath=..').textContent())?.startsWith('%')
      await expect(field).toHaveValue(String(percent ? Number(((value as number) * 100).toFixed(6)) : value))
    }
  }
  const unit = values.lookback_unit ?? values.ma_unit
  if (unit !== undefined) {
    const measured = page
      .locator('section:has(> #field-strategy)')
      .locator('span', {hasText: /^(sessions|months|sessions or months)$/})
    const said = new Set(await measured.allTextContents())
    expect([...said]).toEqual([unit])
  }
}

/** A tree stands there in the runner's words. */
async function expectTreeSays(page: Page, parameters: Parameters): Promise<void> {
  await page.locator('summary', {hasText: 'The tree in words'}).first().click()
  const lines = page.getByRole('group', {name: 'Tree', exact: true}).locator('details ol > li')
  await expect(lines).toHaveText(sentences(parameters as JsonObject).map((line) => line.trim()))
}

const sentenceOn = async (page: Page) => parts(page).summary.locator('p').first().textContent()

/** The sentence of the page for people, which the runner's side writes. */
function sentenceOf(result: string): Promise<string> {
  const program = [
    'import json, sys',
    'from backtester.report.lookup import Result',
    'from backtester.report.overview import sentence',
    'sys.stdout.buffer.write(sentence(Result(json.load(sys.stdin))).encode())',
  ].join('\n')
  return new Promise((resolve, reject) => {
    const child = spawn(PYTHON, ['-c', program], {cwd: REPOSITORY, stdio: ['pipe', 'pipe', 'inherit']})
    const pieces: Buffer[] = []
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece))
    child.on('error', reject)
    child.on('close', () => resolve(Buffer.concat(pieces).toString()))
    child.stdin.end(result)
  })
}
