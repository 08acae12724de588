import {expect, it} from 'vitest'
import {outwards, pathOf, pointerTo, valueAt, withValueAt} from '@/lib/pointer'

it('writes and reads JSON pointers', () => {
  const path = ['holdings', 1, 'a/b~c']
  expect(pointerTo(path)).toBe('/holdings/1/a~1b~0c')
  expect(pathOf('/holdings/1/a~1b~0c')).toEqual(['holdings', '1', 'a/b~c'])
  expect(pathOf('')).toEqual([])
})

it('leads outwards from a field to the whole', () => {
  expect(outwards('/holdings/1/symbol')).toEqual(['/holdings/1/symbol', '/holdings/1', '/holdings', ''])
})

it('finds values, and none where there is none', () => {
  const request = {holdings: [{symbol: 'SPY'}]}
  expect(valueAt(request, ['holdings', '0', 'symbol'])).toBe('SPY')
  expect(valueAt(request, ['holdings', 7, 'symbol'])).toBeUndefined()
  expect(valueAt(request, ['constructor'])).toBeUndefined()
})

it('replaces one value and leaves the rest as it is', () => {
  const before = {
    costs: {commission_bps: 5},
    holdings: [
      {symbol: 'A', allocation: 1},
      {symbol: 'B', allocation: 0},
    ],
  }
  const after = withValueAt(before, ['holdings', 1, 'allocation'], 0.5)
  expect(after).toEqual({
    ...before,
    holdings: [
      {symbol: 'A', allocation: 1},
      {symbol: 'B', allocation: 0.5},
    ],
  })
  expect(before.holdings[1]?.allocation).toBe(0)
})

it('takes a value away, and the objects that it leaves empty', () => {
  expect(withValueAt({costs: {commission_bps: 5}}, ['costs', 'commission_bps'], undefined)).toEqual({})
  expect(withValueAt({a: {b: {c: 1}}, d: 2}, ['a', 'b', 'c'], undefined)).toEqual({d: 2})
  expect(withValueAt({rows: [{x: 1}]}, ['rows', 0, 'x'], undefined)).toEqual({rows: [{}]})
})

it('makes what is missing on the way', () => {
  expect(withValueAt({}, ['costs', 'commission_bps'], 5)).toEqual({costs: {commission_bps: 5}})
})
