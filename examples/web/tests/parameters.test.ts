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
const schemaOf = (strategy: string) => (generated.strategies as unknown as Record<string, Schema>)[strategy] ?? {}
/** Of a tree the schema itself: the copy has no references. */
const wholeSchemaOf = (strategy: string): Schema =>
  strategy === 'rules' ? JSON.parse(readFileSync(new URL('rules.schema.json', FOLDER), 'utf8')) : schemaOf(strategy)
const said = (strategy: string, parameters: JsonObject) =>
  parametersInWords(parameters, schemaOf(strategy)).join(', ').replaceAll('\u00a0', ' ')

describe('parametersInWords', () => {
  const weighted = [
    {period: 1, weight: 12},
    {period: 3, weight: 4},
  ]
  it.each([
    ['momentum', {lookback_period: 60, lookback_unit: 'sessions', top_n: 3}, 'look-back 60 sessions, top 3'],
    ['momentum', {lookback_period: 1, lookback_unit: 'months'}, 'look-back 1 month'],
    [
      'momentum',
      {lookback_period: 60, lookbacks: weighted, lookback_unit: 'months'},
      'weighted look-backs of period 1 and 3 months and weight 12 and 4',
    ],
    [
      'momentum',
      {lookbacks: [{period: 20}], lookback_unit: 'sessions'},
      'weighted look-backs of period 20 sessions and weight 1',
    ],
    ['momentum', {positive_returns_only: true, score: 'risk_adjusted'}, 'positive returns only, score risk adjusted'],
    ['momentum', {positive_returns_only: false, score: 'return', skip_period: 0, lookbacks: null}, ''],
    [
      'tactical_allocation',
      {risk_on_symbols: ['A', 'B_C'], signal_symbol: '^X'},
      'risk-on holdings A and B_C, signal ^X',
    ],
    ['tactical_allocation', {indicator: 'momentum', ma_period: 10}, 'indicator momentum'],
    ['dual_momentum', {hurdle_rate: -0.0125}, 'hurdle −1.25 %'],
    ['mean_reversion', {oversold_weight: 2}, 'weight when oversold 2 times the allocation'],
    ['of a plug-in', {depth: 3, deep: true, deeper: false, word: 'x_y'}, 'depth 3, deep, no deeper, word x_y'],
    ['of a plug-in', {rows: [{a: 1}, {a: 2}], none: null, nothing: []}, 'rows of a 1 and 2'],
  ] as [string, JsonObject, string][])('of %s %j: %s', (strategy, parameters, words) => {
    expect(said(strategy, parameters)).toBe(words)
  })

  it.each(EXAMPLES)('tells the examples of %s apart: %j', (strategy, example) => {
    const words = exampleInWords(example, wholeSchemaOf(strategy))
    expect(words).not.toBe('')
    const others = EXAMPLES.filter(([name, other]) => name === strategy && other !== example)
    expect(others.map(([name, other]) => exampleInWords(other, wholeSchemaOf(name)))).not.toContain(words)
  })
})
