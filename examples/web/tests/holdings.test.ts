import {describe, expect, it} from 'vitest'
import {equalised, normalised, pastedHoldings, sumOf} from '@/lib/holdings'

const rows = (...allocations: number[]) => allocations.map((allocation) => ({symbol: 'X', allocation}))

it('sums without rounding errors', () => {
  expect(sumOf(rows(0.1, 0.2, 0.7))).toBe(1)
  expect(sumOf(rows(...Array.from({length: 9}, () => 1 / 9)))).toBe(1)
  expect(
    sumOf([
      {symbol: 'A', allocation: 'abc'},
      {symbol: 'B', allocation: 0.3},
    ]),
  ).toBe(0.3)
})

it('equalises to readable parts that sum exactly', () => {
  expect(equalised(3, 1)).toEqual([0.3333, 0.3333, 0.3334])
  expect(equalised(4, 0.9)).toEqual([0.225, 0.225, 0.225, 0.225])
  for (let count = 1; count <= 60; count += 1) {
    expect(sumOf(equalised(count, 1).map((allocation) => ({symbol: 'X', allocation})))).toBe(1)
  }
})

it('normalises in proportion', () => {
  expect(normalised(rows(0.5, 0.45), 1)).toEqual([0.5263, 0.4737])
  expect(normalised(rows(60, 40), 1)).toEqual([0.6, 0.4])
  expect(normalised(rows(0, 0), 1)).toEqual([0.5, 0.5])
})

describe('pasted text', () => {
  it.each([
    [
      'SPY 60, AGG 40',
      [
        ['SPY', 0.6],
        ['AGG', 0.4],
      ],
    ],
    [
      'SPY\t60\nAGG\t40\n',
      [
        ['SPY', 0.6],
        ['AGG', 0.4],
      ],
    ],
    [
      'spy: 33.3%; agg: 66.7%',
      [
        ['SPY', 0.333],
        ['AGG', 0.667],
      ],
    ],
    [
      'SPY 0.6, AGG 0.4',
      [
        ['SPY', 0.6],
        ['AGG', 0.4],
      ],
    ],
    [
      'AAPL MSFT',
      [
        ['AAPL', 0.5],
        ['MSFT', 0.5],
      ],
    ],
    [
      'M&M.NS L&TFH.NS',
      [
        ['M&M.NS', 0.5],
        ['L&TFH.NS', 0.5],
      ],
    ],
    [
      'AAPL,MSFT,^GSPC,BRK-B',
      [
        ['AAPL', 0.25],
        ['MSFT', 0.25],
        ['^GSPC', 0.25],
        ['BRK-B', 0.25],
      ],
    ],
    ['SPY 60', [['SPY', 0.6]]],
  ] as const)('%j', (text, expected) => {
    expect(pastedHoldings(text, 1)?.map(({symbol, allocation}) => [symbol, allocation])).toEqual(expected)
  })

  it.each(['SPY', '', 'what is this?', '60, 40', 'a sentence, with commas and 5 words'])(
    'leaves %j to the field',
    (text) => expect(pastedHoldings(text, 1)).toBeNull(),
  )
})
