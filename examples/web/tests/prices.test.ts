import {describe, expect, it} from 'vitest'
import {columnsOf} from '@/components/prices/PriceTable'
import {readLink} from '@/lib/link'
import {ago, backtestOf, bytes, found, hasText, isStale, ordered, originText, titleOf} from '@/lib/prices'
import type {ListedSymbol} from '@/lib/schema/types'

const one = (symbol: string, own: Partial<ListedSymbol> = {}): ListedSymbol => ({
  symbol,
  description: '',
  source: 'bundled',
  place: 'sample',
  currency: 'USD',
  first: '1990-01-02',
  last: '2022-12-28',
  sessions: 8313,
  returns: 'total',
  updated: null,
  also: [],
  ...own,
})

const LIST = [
  one('AAPL', {description: 'Apple Inc.'}),
  one('KO', {description: 'Coca-Cola Co.', sessions: 10}),
  one('OWN', {source: 'csv', place: 'store', updated: '2026-01-02T00:00:00+00:00', last: '2026-01-02'}),
  one('PEP', {
    description: 'PepsiCo, not an apple',
    source: 'yahoo',
    place: 'store',
    updated: '2025-01-02T00:00:00+00:00',
  }),
]

const names = (list: readonly ListedSymbol[]) => list.map(({symbol}) => symbol)

describe('searching', () => {
  it.each([
    ['', ['AAPL', 'KO', 'OWN', 'PEP']],
    ['  ', ['AAPL', 'KO', 'OWN', 'PEP']],
    ['apple', ['AAPL', 'PEP']],
    ['APP INC', ['AAPL']],
    ['p', ['PEP', 'AAPL', 'OWN']],
    ['yahoo', ['PEP']],
    ['imported', ['OWN']],
    ['nothing', []],
  ])('%j finds %j', (text, expected) => {
    expect(names(found(LIST, text, null))).toEqual(expected)
  })

  it('may be among those of one origin', () => {
    expect(names(found(LIST, '', 'bundled'))).toEqual(['AAPL', 'KO'])
    expect(names(found(LIST, 'o', 'bundled'))).toEqual(['KO'])
  })
})

describe('what a history has', () => {
  const has = (own: object) =>
    hasText({opens: false, dividends: false, traded: false, splits: 0, ...own} as Parameters<typeof hasText>[0])

  it('is said once, without what it has not: adjusted prices have their dividends', () => {
    expect(has({opens: true})).toBe('With opening prices.')
    expect(has({opens: true, dividends: true, traded: true, splits: 2})).toBe(
      'With opening prices, the dividends one by one, what a share cost on the day and 2 splits.',
    )
    expect(has({})).toBe('Closes alone.')
  })
})

describe('columns', () => {
  const labels = (list: readonly ListedSymbol[]) => columnsOf(list).map(({label}) => label)

  it('are left out where nothing is known in any row', () => {
    expect(labels(LIST)).toEqual(['Where from', 'From', 'To', 'Sessions', 'Currency', 'Returns', 'Updated'])
    expect(labels(LIST.slice(0, 2))).not.toContain('Updated')
    expect(labels([one('X', {currency: null})])).not.toContain('Currency')
  })
})

describe('sorting', () => {
  it.each([
    ['symbol', false, ['AAPL', 'KO', 'OWN', 'PEP']],
    ['symbol', true, ['PEP', 'OWN', 'KO', 'AAPL']],
    ['sessions', false, ['KO', 'AAPL', 'OWN', 'PEP']],
    ['last', true, ['OWN', 'AAPL', 'KO', 'PEP']],
    ['updated', false, ['PEP', 'OWN', 'AAPL', 'KO']],
    ['updated', true, ['OWN', 'PEP', 'AAPL', 'KO']],
  ] as const)('by %s, descending: %s', (by, descending, expected) => {
    expect(names(ordered(LIST, {by, descending}))).toEqual(expected)
  })
})

describe('words', () => {
  it.each([
    ['2026-11-30', 'today'],
    ['2026-12-01', 'today'],
    ['2026-11-29', 'yesterday'],
    ['2026-11-17', '13 days ago'],
    ['2026-11-16', '2 weeks ago'],
    ['2026-09-30', '2 months ago'],
    ['2022-12-28', '3.9 years ago'],
  ])('of %s, seen on 30 Nov 2026', (date, expected) => {
    expect(ago(date, '2026-11-30').replaceAll('\u00a0', ' ')).toBe(expected)
  })

  it('tell what is stale, and where prices are from', () => {
    expect([isStale({last: '2026-11-23'}, '2026-11-30'), isStale({last: '2026-11-22'}, '2026-11-30')]).toEqual([
      false,
      true,
    ])
    expect(LIST.map(originText)).toEqual(['Bundled', 'Bundled', 'Imported', 'Yahoo Finance'])
    expect(originText({source: 'our_prices', place: 'store'})).toBe('our_prices')
    expect(titleOf('IMPLAUSIBLE_PRICE')).toBe('Implausible price')
    expect(
      [bytes(999), bytes(45_600), bytes(1_234_567), bytes(16 * 1024 ** 2)].map((text) =>
        text.replaceAll('\u00a0', ' '),
      ),
    ).toEqual(['999 bytes', '45 kB', '1.2 MB', '16 MB'])
  })
})

it('a backtest of a symbol holds it from its first session to its last', () => {
  const link = new URL(backtestOf(one('M&M.NS')), 'http://localhost').searchParams.get('p') ?? ''
  expect(readLink(link, []).portfolios).toEqual([
    {
      name: 'M&M.NS',
      draft: {
        strategy: 'buy_hold',
        holdings: [{symbol: 'M&M.NS', allocation: 1}],
        start_date: '1990-01-02',
        end_date: '2022-12-28',
      },
    },
  ])
})
