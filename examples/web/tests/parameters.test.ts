import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import generated from '@/generated/metrics.json'
import {exampleInWords, parametersInWords} from '@/lib/parameters'
import type {JsonObject, Schema} from '@/lib/schema/types'

const FOLDER = new URL('../../../schemas/strategies/', import.meta.url)
const EXAMPLES = readdirSync(FOLDER).flatMap((file) => {
  const {examples} = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as {examples: JsonObject[]}
  return examples.map((example) => [file.replace('.schema.json', ''), example] as const)
})
const CASES = JSON.parse(
  readFileSync(new URL('../../../tests/support/settings_in_words.json', import.meta.url), 'utf8'),
).parameters as [string, JsonObject, string][]
const schemaOf = (strategy: string) => (generated.strategies as unknown as Record<string, Schema>)[strategy] ?? {}
/** Of a tree the schema itself: the copy has no references. */
const wholeSchemaOf = (strategy: string): Schema =>
  strategy === 'rules' ? JSON.parse(readFileSync(new URL('rules.schema.json', FOLDER), 'utf8')) : schemaOf(strategy)
const said = (strategy: string, parameters: JsonObject) =>
  parametersInWords(parameters, schemaOf(strategy)).join(', ').replaceAll('\u00a0', ' ')

describe('parametersInWords', () => {
  it.each(CASES)('of %s %j as the report does: %s', (strategy, parameters, words) => {
    expect(said(strategy, parameters)).toBe(words)
  })

  it.each(EXAMPLES)('tells the examples of %s apart: %j', (strategy, example) => {
    const words = exampleInWords(example, wholeSchemaOf(strategy))
    expect(words).not.toBe('')
    const others = EXAMPLES.filter(([name, other]) => name === strategy && other !== example)
    expect(others.map(([name, other]) => exampleInWords(other, wholeSchemaOf(name)))).not.toContain(words)
  })
})
