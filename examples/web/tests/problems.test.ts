import {errorDocument, type Problem} from 'backtest-runner'
import {expect, it} from 'vitest'
import {openProblems, readDetail, readSuggestion, remedyHere, withSuggestion} from '@/lib/problems'
import {nameOf, schemaAt} from '@/lib/schema/names'
import type {Schema} from '@/lib/schema/types'

const PARAMETERS: Schema = {properties: {top_n: {title: 'Holdings held', type: 'integer', 'x-unit': 'holdings'}}}

it('names a field for people', () => {
  expect(nameOf('/holdings/1/allocation', PARAMETERS)).toBe('Holding 2, Allocation')
  expect(nameOf('/parameters/top_n', PARAMETERS)).toBe('Holdings held')
  expect(nameOf('/costs/commission_bps', PARAMETERS)).toBe('Costs, Commission')
  expect(nameOf('/holdings', PARAMETERS)).toBe('Holdings')
  expect(nameOf('/nowhere', PARAMETERS)).toBe('Nowhere')
  expect(nameOf('', PARAMETERS)).toBe('')
})

it('writes a suggestion in the unit of its field', () => {
  expect(readSuggestion(0.5, schemaAt('/holdings/0/allocation', PARAMETERS))).toBe('50 %')
  expect(readSuggestion([0.5263157895, 0.4736842105], schemaAt('/holdings', PARAMETERS))).toBe('52.63 %, 47.37 %')
  expect(readSuggestion(1, schemaAt('/parameters/top_n', PARAMETERS))).toBe('1')
  expect(readSuggestion('momentum', schemaAt('/strategy', PARAMETERS))).toBe('momentum')
  expect(readSuggestion(undefined, undefined)).toBeNull()
})

it('speaks of fields and per cent', () => {
  const said = (code: Problem['code'], pointer: string, received?: unknown) =>
    readDetail({pointer, code, detail: 'must be at most 1 (fraction)', received}, schemaAt(pointer, PARAMETERS))
  expect(said('OUT_OF_RANGE', '/holdings/0/allocation', 50)).toBe('It must be at least 0 % and at most 100 %.')
  expect(said('OUT_OF_RANGE', '/parameters/top_n', 0)).toBe('Must be at most 1 (fraction).')
  expect(said('OUT_OF_RANGE', '/holdings/0/allocation', 0.5)).toBe('Must be at most 1 (fraction).')
  expect(said('REQUIRED', '/start_date')).toBe('This is still empty.')
  expect(said('INVALID_FORMAT', '/holdings/0/symbol', '')).toBe('Choose a symbol.')
  expect(said('REQUIRED', '/holdings/0/symbol')).toBe('Choose a symbol.')
  expect(said('REQUIRED', '/benchmark')).toBe('Choose a symbol.')
  expect(said('WRONG_TYPE', '/initial_capital', 'abc')).toBe('This is no number.')
  expect(said('ALLOCATION_SUM', '/holdings', 0.95)).toBe('The allocations, with cash, sum to 95 %, not to 100 %.')
  expect(said('UNEXPECTED', '/holdings')).toBe('Must be at most 1 (fraction).')
})

it('puts suggested allocations into the holdings', () => {
  const request = {
    holdings: [
      {symbol: 'A', allocation: 50},
      {symbol: 'B', allocation: 50},
    ],
  }
  const thirds = withSuggestion('/holdings', [0.3333333333, 0.6666666667], request)
  expect(thirds).toEqual([
    {symbol: 'A', allocation: 0.3333},
    {symbol: 'B', allocation: 0.6667},
  ])
  expect(withSuggestion('/holdings', [0.5, 0.5], request)).toEqual([
    {symbol: 'A', allocation: 0.5},
    {symbol: 'B', allocation: 0.5},
  ])
})

it('holds a problem for mended once its value has changed', () => {
  const error = errorDocument('VALIDATION_FAILED', '2 problems', {
    errors: [
      {pointer: '/holdings/0/allocation', code: 'OUT_OF_RANGE', detail: ''},
      {pointer: '/start_date', code: 'REQUIRED', detail: ''},
    ],
  })
  const asked = {holdings: [{symbol: 'A', allocation: 50}]}
  const now = {holdings: [{symbol: 'A', allocation: 0.5}]}
  expect(openProblems(error, asked, now).map(({pointer}) => pointer)).toEqual(['/start_date'])
  expect(openProblems(error, asked, asked)).toHaveLength(2)
})

it('has problems in the order of the form', () => {
  const pointers = [
    '/output/precision',
    '/strategy',
    '/costs/slippage_bps',
    '/costs/commission_bps',
    '/parameters/top_n',
    '/unknown',
    '/end_date',
    '/holdings/10/symbol',
    '/holdings/2/symbol',
    '/holdings/2',
    '/initial_capital',
  ]
  const error = errorDocument('VALIDATION_FAILED', 'many problems', {
    errors: pointers.map((pointer) => ({pointer, code: 'INVALID_VALUE' as const, detail: ''})),
  })
  expect(openProblems(error, {}, {}, PARAMETERS).map(({pointer}) => pointer)).toEqual([
    '/holdings/2',
    '/holdings/2/symbol',
    '/holdings/10/symbol',
    '/end_date',
    '/strategy',
    '/parameters/top_n',
    '/initial_capital',
    '/costs/commission_bps',
    '/costs/slippage_bps',
    '/output/precision',
    '/unknown',
  ])
})

it('leaves out of a remedy what no form can do', () => {
  const operator =
    ' Or the operator may import files of prices, which needs no network: `prices import FILE`. `prices list`, or `GET /symbols` over HTTP, shows the symbols at hand.'
  const inline = '`inline` with prices of your own in `data.prices`.'
  expect(remedyHere(`Check the spelling. Use \`data.source\` ${inline}${operator}`)).toBe(
    'Check the spelling. The page “Prices” lists the symbols at hand.',
  )
  expect(remedyHere(`Try again. Or use \`data.source\` \`bundled\` or ${inline}`)).toBe(
    'Try again. Or use `data.source` `bundled`.',
  )
  expect(remedyHere('Try again in a few seconds.')).toBe('Try again in a few seconds.')
})
