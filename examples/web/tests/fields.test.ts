import {readdirSync, readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {toRequest} from '@/lib/draft'
import {fieldKind, isNullable, isUsed, meaningOf, newItem} from '@/lib/schema/fields'
import {requestField, SETTINGS} from '@/lib/schema/page'
import type {Schema} from '@/lib/schema/types'

const TACTICAL: Schema = {
  properties: {
    indicator: {type: 'string', enum: ['moving_average', 'volatility'], default: 'moving_average'},
    ma_period: {type: 'integer', 'x-used-when': {indicator: 'moving_average'}},
    volatility_window: {type: 'integer', 'x-used-when': {indicator: 'volatility'}},
  },
}

it('has a control for every field of the request', () => {
  for (const [name, schema] of SETTINGS) expect([name, fieldKind(schema)]).not.toEqual([name, 'none'])
  expect(fieldKind(requestField('data'))).toBe('group')
  expect(fieldKind(requestField('data').properties?.prices ?? {})).toBe('none') // a table of prices is nobody's typing
  expect(fieldKind(requestField('benchmark'))).toBe('symbol')
  expect(fieldKind(requestField('cash_flows'))).toBe('list')
})

describe('the control of a field', () => {
  it.each<[Schema, string]>([
    [{type: 'number'}, 'number'],
    [{type: ['integer', 'null']}, 'number'],
    [{type: 'boolean'}, 'switch'],
    [{type: 'string', enum: ['a', 'b']}, 'choice'],
    [{type: 'string', format: 'date'}, 'date'],
    [{type: ['string', 'null'], 'x-symbol': 'any'}, 'symbol'],
    [{type: ['array', 'null'], items: {type: 'string', 'x-symbol': 'holding'}}, 'symbols'],
    [{type: 'array', items: {enum: ['a']}}, 'choices'],
    [{type: 'array', items: {type: 'object', properties: {}}}, 'list'],
    [{type: 'string'}, 'text'],
    [{const: '1'}, 'none'],
    [{type: 'array', 'x-bulk': true, items: {type: 'number'}}, 'none'],
  ])('%j is %s', (schema, kind) => expect(fieldKind(schema)).toBe(kind))
})

it('tells what has no effect, by defaults too', () => {
  const {ma_period = {}, volatility_window = {}} = TACTICAL.properties ?? {}
  expect(isUsed(ma_period, {}, TACTICAL)).toBe(true)
  expect(isUsed(volatility_window, {}, TACTICAL)).toBe(false)
  expect(isUsed(volatility_window, {indicator: 'volatility'}, TACTICAL)).toBe(true)
})

it('leaves what has no effect, and blank rows at the end, out of the request', () => {
  const strategies = [{name: 'tactical', description: '', parameters: TACTICAL}]
  const holdings = [
    {symbol: 'SPY', allocation: 1},
    {symbol: '', allocation: 0},
  ]
  const request = toRequest(
    {strategy: 'tactical', holdings, parameters: {volatility_window: 20, ma_period: 10}},
    strategies,
  )
  expect(request.parameters).toEqual({ma_period: 10})
  expect(request.holdings).toEqual([{symbol: 'SPY', allocation: 1}])
})

it('takes the meaning of a value from the description', () => {
  const timing = requestField('execution').properties?.timing ?? {}
  expect(meaningOf('next_open', timing)).toBe('That session’s open.'.replace('’', "'"))
  expect(meaningOf('weekly', {enum: ['weekly'], description: 'No such thing.'})).toBeUndefined()
})

it('begins a row with what it requires', () => {
  expect(newItem(requestField('cash_flows').items ?? {})).toEqual({type: 'contribution', frequency: 'weekly'})
})

it('knows null by type and by alternative', () => {
  expect(isNullable({type: ['number', 'null']})).toBe(true)
  expect(isNullable(requestField('benchmark'))).toBe(true)
  expect(isNullable({type: 'number'})).toBe(false)
})

it('has a control for every parameter of every strategy', () => {
  const folder = new URL('../../../schemas/strategies/', import.meta.url)
  for (const file of readdirSync(folder)) {
    const schema = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as {properties: Record<string, Schema>}
    for (const [name, field] of Object.entries(schema.properties)) {
      if (!JSON.stringify(field).includes('$ref'))
        expect([file, name, fieldKind(field)]).not.toEqual([file, name, 'none'])
    }
  }
})
