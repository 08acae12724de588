import {describe, expect, test} from 'vitest'
import type {ListedSymbol} from '@/lib/schema/types'
import {matchingSymbols, symbolNote} from '@/lib/symbols'

const NAMES: Readonly<Record<string, string>> = {
  BBY: 'Best Buy',
  GE: 'General Electric',
  GM: 'General Motors',
  JNJ: 'Johnson & Johnson',
  KO: 'Coca-Cola',
  MO: 'Altria, formerly General Foods',
  MTUM: 'Momentum factor fund',
  NGE: 'Nigeria fund',
  V: 'Visa',
  VLUE: 'Value factor fund',
  '^GSPC': 'S&P 500 index',
}
const SYMBOLS: readonly ListedSymbol[] = Object.entries(NAMES).map(([symbol, description]) => ({
  symbol,
  description,
  source: 'bundled',
  place: 'sample',
  also: [],
  sessions: 5787,
  returns: 'total',
  updated: null,
  currency: 'USD',
  first: '2000-01-03',
  last: '2022-12-28',
}))
const LISTED = new Map(SYMBOLS.map((one) => [one.symbol, one]))
const found = (text: string) => matchingSymbols(SYMBOLS, text).map(({symbol}) => symbol)

describe('the better match comes first', () => {
  test.each([
    ['v', ['V', 'VLUE']],
    ['ge', ['GE', 'GM', 'MO', 'NGE']],
    ['general', ['GE', 'GM', 'MO']],
    ['gspc', ['^GSPC']],
    ['^gs', ['^GSPC']],
    ['s&p 5', ['^GSPC']],
    ['coca', ['KO']],
    ['cola', ['KO']],
    ['johnson & j', ['JNJ']],
    ['actor', ['MTUM', 'VLUE']],
    ['mo', ['MO', 'GM', 'MTUM']],
    ['nothing', []],
  ])('%s', (text, expected) => expect(found(text)).toEqual(expected))

  test('an empty text means any of them, in their order', () => expect(found(' ')).toEqual(Object.keys(NAMES)))
})

describe('what is said of a symbol before a run', () => {
  const note = (symbol: string, source: string, network: string | null | undefined) =>
    symbolNote(symbol, {listed: LISTED, source, network})?.text

  test('nothing of one that is at hand, of an empty box, or where the request brings its prices', () => {
    expect(note('KO', 'auto', null)).toBeUndefined()
    expect(note('ko', 'bundled', null)).toBeUndefined()
    expect(note('', 'auto', null)).toBeUndefined()
    expect(note('NONE', 'inline', null)).toBeUndefined()
  })
  test('that no source has it only where none can be asked', () => {
    expect(note('NONE', 'auto', null)).toBe('No source here has it.')
    expect(note('NONE', 'yahoo', null)).toBe('No source here has it.')
    expect(note('NONE', 'bundled', 'yahoo')).toBe('Not among the bundled prices.')
    expect(note('NONE', 'csv', 'yahoo')).toBe('No CSV file has it.')
  })
  test('whether a run would fail for it', () => {
    expect(symbolNote('NONE', {listed: LISTED, source: 'auto', network: null})?.fails).toBe(true)
    expect(symbolNote('NONE', {listed: LISTED, source: 'auto', network: 'yahoo'})?.fails).toBe(false)
  })
  test('that it is no symbol, whatever is asked', () => {
    expect(note('NO SUCH', 'auto', 'yahoo')).toMatch(/^This is no symbol/)
    expect(note('BRK-C', 'auto', 'yahoo')).toMatch(/Yahoo/)
  })
  test('which source is going to be asked', () => {
    expect(note('NONE', 'auto', 'yahoo')).toBe('Not at hand; Yahoo will be asked.')
    expect(note('NONE', 'stooq', 'yahoo')).toBe('Not at hand; Stooq will be asked.')
    expect(note('NONE', 'auto', undefined)).toBe('Not at hand; a network source will be asked.')
  })
})
