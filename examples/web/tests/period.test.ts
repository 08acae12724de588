import {expect, it} from 'vitest'
import {commonHistory, lastYears} from '@/lib/period'

const listed = new Map(
  [
    ['OLD', '1990-01-02', '2022-12-28'],
    ['NEW', '2014-01-02', '2023-09-21'],
    ['GONE', '1990-01-02', '1999-12-31'],
  ].map(([symbol = '', first = '', last = '']) => [
    symbol,
    {symbol, first, last, description: '', source: 'bundled', currency: 'USD'},
  ]),
)

it('is what all the known symbols have', () => {
  expect(commonHistory(['OLD', 'NEW', 'TYPED'], listed)).toEqual({
    first: '2014-01-02',
    last: '2022-12-28',
    beginsWith: 'NEW',
    endsWith: 'OLD',
  })
  expect(commonHistory(['old'], listed)).toEqual({
    first: '1990-01-02',
    last: '2022-12-28',
    beginsWith: null,
    endsWith: null,
  })
  expect(commonHistory(['TYPED'], listed)).toBeNull()
  expect(commonHistory(['NEW', 'GONE'], listed)).toBeNull()
})

it('goes back so many years, and no further than the prices', () => {
  const history = {first: '2014-01-02', last: '2024-02-29', beginsWith: null, endsWith: null}
  expect(lastYears(history, 5)).toEqual({start: '2019-02-28', end: '2024-02-29'})
  expect(lastYears(history, 20)).toEqual({start: '2014-01-02', end: '2024-02-29'})
  expect(lastYears(history, null)).toEqual({start: '2014-01-02', end: '2024-02-29'})
})
