import {describe, expect, it} from 'vitest'
import {changesBetween, changesInWords} from '@/lib/changes'
import type {JsonObject, Schema} from '@/lib/schema/types'

const PARAMETERS: Schema = {
  properties: {top_n: {title: 'Holdings held', type: 'integer', default: 3}, lookback: {type: 'integer', default: 60}},
}
const ASKED: JsonObject = {
  strategy: 'momentum',
  holdings: [{symbol: 'SPY', allocation: 1}],
  start_date: '2020-01-01',
  end_date: '2021-01-01',
  parameters: {top_n: 2},
}
const changed = (now: JsonObject) => changesBetween(ASKED, {...ASKED, ...now}, PARAMETERS)

describe('what two requests differ in', () => {
  it('is nothing where they say the same, with or without what is at its default', () => {
    expect(changed({})).toEqual([])
    expect(changed({initial_capital: 10000, costs: {}, benchmark: null, parameters: {lookback: 60, top_n: 2}})).toEqual(
      [],
    )
    expect(changed({costs: {commission_bps: 0}, cash_flows: []})).toEqual([])
  })
  it('is nothing where the one has no parameters and the other all at their defaults', () => {
    const {parameters, ...bare} = ASKED
    expect(parameters).toBeDefined()
    expect(changesBetween(bare, {...bare, parameters: {}}, PARAMETERS)).toEqual([])
    expect(changesBetween({...bare, parameters: {}}, bare, PARAMETERS)).toEqual([])
  })
  it('has titles, those of groups field by field, in the order of the schemas', () => {
    expect(changed({costs: {slippage_bps: 2, commission_bps: 1}, benchmark: '^GSPC'})).toEqual([
      'Benchmark',
      'Commission',
      'Slippage',
    ])
    expect(changed({parameters: {lookback: 20}})).toEqual(['Holdings held', 'Lookback'])
  })
  it('has a list as one', () => {
    expect(changed({holdings: [{symbol: 'AGG', allocation: 1}]})).toEqual(['Holdings'])
    expect(changed({cash_flows: [{type: 'contribution', frequency: 'monthly', amount: 1}]})).toEqual(['Cash flows'])
  })
  it('has another strategy without its parameters, which are other ones', () => {
    expect(changed({strategy: 'rotation', parameters: {top_n: 9}})).toEqual(['Strategy'])
  })
  it('has what is typed and is no value', () => {
    expect(changed({initial_capital: 'ten', costs: 'many'})).toEqual(['Initial capital', 'Costs'])
  })
})

describe('in words', () => {
  it('says nothing where nothing differs', () => expect(changesInWords([], true)).toBe(''))
  it('names four at most', () => {
    const words = (...titles: string[]) => changesInWords([{name: 'A', titles}], false)
    expect(words('a', 'b', 'c', 'd')).toBe('Changed since this run: a, b, c and d. Run again to see it.')
    expect(words('a', 'b', 'c', 'd', 'e', 'f')).toBe('Changed since this run: a, b, c and 3 more. Run again to see it.')
  })
  it('names the portfolios where there are several', () => {
    const two = [
      {name: 'A', titles: ['Costs']},
      {name: 'B', titles: null},
    ]
    expect(changesInWords(two, true)).toBe('Changed since this run: A: Costs; B is new. Run again to see it.')
  })
})
