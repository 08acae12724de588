import {describe, expect, it} from 'vitest'
import {
  combinationsOf,
  firstAxes,
  listOf,
  parseValues,
  settingsOf,
  sizeOf,
  valuesAround,
  writeValues,
} from '@/lib/axis-values'
import type {JsonObject, Schema} from '@/lib/schema/types'

const WHOLE: Schema = {type: 'integer', 'x-unit': 'sessions', minimum: 1, maximum: 500}
const FRACTION: Schema = {type: 'number', 'x-unit': 'fraction'}

describe('values that are typed', () => {
  it.each([
    ['1, 2, 3', WHOLE, [1, 2, 3]],
    ['1 2;3', WHOLE, [1, 2, 3]],
    ['5', WHOLE, [5]],
    ['21 to 252 by 21', WHOLE, {from: 21, to: 252, step: 21}],
    ['21 – 252 step 21', WHOLE, {from: 21, to: 252, step: 21}],
    ['10 %, 12.5 %', FRACTION, [0.1, 0.125]],
    ['10 % to 30 % by 5 %', FRACTION, {from: 0.1, to: 0.3, step: 0.05}],
    ['', WHOLE, undefined],
    ['many', WHOLE, 'many'],
    ['1, x', WHOLE, '1, x'],
    ['1 to x by 2', WHOLE, '1 to x by 2'],
  ])('%s', (text, schema, value) => {
    expect(parseValues(text, schema)).toEqual(value)
  })

  it.each([
    [[1, 2, 3], WHOLE, '1, 2, 3'],
    [{from: 0.1, to: 0.3, step: 0.05}, FRACTION, '10 to 30 by 5'],
    ['many', WHOLE, 'many'],
    [undefined, WHOLE, ''],
  ])('%j is written as people type it', (value, schema, text) => {
    expect(writeValues(value, schema)).toBe(text)
  })

  it.each([
    [[1, 2, 3], 3],
    [{from: 21, to: 252, step: 21}, 12],
    [{from: 0.1, to: 0.3, step: 0.1}, 3],
    [{from: 5, to: 1, step: 1}, 0],
    [{from: 1, to: 5, step: 0}, 0],
    ['many', 0],
    [undefined, 0],
  ])('%j has %i values', (value, size) => {
    expect(sizeOf(value)).toBe(size)
  })

  it('multiplies to combinations', () => {
    expect(combinationsOf({'/a': [1, 2, 3], '/b': {from: 1, to: 4, step: 1}})).toBe(12)
  })
})

describe('what can vary', () => {
  const parameters: Schema = {
    properties: {
      lookback_period: {...WHOLE, default: 60},
      top_n: {type: 'integer', 'x-unit': 'holdings', minimum: 1, default: 3},
      rebalance_frequency: {enum: ['monthly', 'quarterly'], default: 'monthly'},
      unused: {type: 'number', 'x-used-when': {rebalance_frequency: 'quarterly'}},
    },
  }
  const draft: JsonObject = {holdings: ['SPY', 'AGG'].map((symbol) => ({symbol, allocation: 0.5}))}

  it('is the parameters in use first, then costs, fills, cash and rebalancing', () => {
    const pointers = settingsOf(draft, parameters, 'sweep').map(({pointer}) => pointer)
    expect(pointers.slice(0, 3)).toEqual([
      '/parameters/lookback_period',
      '/parameters/top_n',
      '/parameters/rebalance_frequency',
    ])
    expect(pointers).toContain('/costs/commission_bps')
    expect(pointers).toContain('/execution/timing')
    expect(pointers).not.toContain('/parameters/unused')
  })

  it('leaves costs and fills out of a walk-forward, which moves one portfolio', () => {
    const pointers = settingsOf(draft, parameters, 'walk_forward').map(({pointer}) => pointer)
    expect(pointers.filter((one) => !one.startsWith('/parameters/'))).toEqual([
      '/cash/allocation',
      '/rebalancing/offset_sessions',
    ])
  })

  it('begins with two numbers around what is asked, itself among them', () => {
    const settings = settingsOf(draft, parameters, 'sweep')
    expect(firstAxes(settings, {...draft, parameters: {lookback_period: 100}})).toEqual({
      '/parameters/lookback_period': [33, 67, 100, 133, 167, 200],
      '/parameters/top_n': [1, 2],
    })
    expect(valuesAround({pointer: '/parameters/lookback_period', schema: {...WHOLE, maximum: 70}}, draft)).toEqual([
      1, 2, 3, 4, 5, 6,
    ])
  })
})

it.each([
  [{from: 0.1, to: 0.3, step: 0.1}, [0.1, 0.2, 0.3]],
  [
    [1, 'a'],
    [1, 'a'],
  ],
  [undefined, []],
  ['many', null],
])('%j one by one is %j', (value, list) => {
  expect(listOf(value)).toEqual(list)
})
