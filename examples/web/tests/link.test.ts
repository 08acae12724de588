import {describe, expect, it} from 'vitest'
import {readLink, writeLink} from '@/lib/link'
import {PRESETS} from '@/lib/presets'
import type {Strategy} from '@/lib/schema/types'

const STRATEGIES: Strategy[] = [
  {name: 'momentum', description: '', parameters: {type: 'object', properties: {top_n: {type: 'integer', default: 3}}}},
]
const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const request = {
  strategy: 'momentum',
  holdings: [
    ['SPY', 0.6],
    ['AGG', 0.4],
  ],
  start_date: '2020-01-01',
  end_date: '2021-01-01',
}
const linkTo = (r: unknown, v: unknown = 1) => encoded({v, p: [{n: 'A', r}]})

it('brings back what was written', () => {
  const portfolios = PRESETS.slice(0, 3).map(({name, draft}) => ({
    name: `${name} – é 日本`,
    draft: {...draft, parameters: {}},
  }))
  const link = writeLink(portfolios)
  expect(link).toMatch(/^[A-Za-z0-9_-]+$/)
  expect(readLink(link, STRATEGIES)).toEqual({portfolios, fault: null})
})

it('keeps the parameters that the strategy has', () => {
  const read = readLink(linkTo({...request, parameters: {top_n: 2, other: 1}}), STRATEGIES)
  expect(read.portfolios?.[0]?.draft.parameters).toEqual({top_n: 2})
})

it('opens with a strategy that this runner does not have', () => {
  const read = readLink(linkTo({...request, strategy: 'plugged_in', parameters: {depth: {a: 1}}}), STRATEGIES)
  expect(read.portfolios?.[0]?.draft).toMatchObject({strategy: 'plugged_in', parameters: {}})
})

describe('a hostile link', () => {
  it.each([
    ['nothing', ''],
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('hello').toString('base64url')],
    ['no UTF-8', Buffer.from([0xff, 0xfe, 0x00]).toString('base64url')],
    ['another version', linkTo(request, 2)],
    ['a number', encoded(1)],
    ['null', encoded(null)],
    ['a list', encoded([])],
    ['no portfolios', encoded({v: 1, p: []})],
    ['four portfolios', encoded({v: 1, p: Array.from({length: 4}, () => ({n: 'A', r: request}))})],
    ['a request that is text', linkTo('request')],
    ['holdings that are an object', linkTo({...request, holdings: {0: 'SPY'}})],
    ['a symbol that is an object', linkTo({...request, holdings: [[{}, 1]]})],
    ['a date that is a list', linkTo({...request, start_date: ['2020-01-01']})],
    ['costs that are text', linkTo({...request, costs: 'many'})],
    ['far too much', 'A'.repeat(100_000)],
    ['601 holdings', linkTo({...request, holdings: Array.from({length: 601}, () => ['A', 0])})],
  ])('with %s is told from a good one', (_, text) => {
    const {portfolios, fault} = readLink(text, STRATEGIES)
    expect(portfolios).toBeNull()
    expect(fault).toMatch(/^This link cannot be opened: /)
  })

  it('cannot reach a prototype', () => {
    const text = `{"v":1,"p":[{"n":"A","r":{"strategy":"momentum","holdings":[],"__proto__":{"polluted":1},"constructor":{"x":1}}}]}`
    const {portfolios} = readLink(Buffer.from(text).toString('base64url'), STRATEGIES)
    expect(portfolios?.[0]?.draft).toEqual({strategy: 'momentum', holdings: []})
    expect(({} as {polluted?: number}).polluted).toBeUndefined()
  })

  it('may say what only the runner can judge', () => {
    const {portfolios} = readLink(linkTo({...request, initial_capital: 'much', strategy: 'x'.repeat(1000)}), STRATEGIES)
    expect(portfolios?.[0]?.draft.initial_capital).toBe('much')
    expect(String(portfolios?.[0]?.draft.strategy)).toHaveLength(200)
  })
})
