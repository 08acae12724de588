import {describe, expect, it} from 'vitest'
import {salvagedJson} from '@/lib/cut-json'
import {fitsLink, readLink, writeLink} from '@/lib/link'
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
  expect(read.portfolios[0]?.draft.parameters).toEqual({top_n: 2})
})

it('opens with a strategy that this runner does not have', () => {
  const read = readLink(linkTo({...request, strategy: 'plugged_in', parameters: {depth: {a: 1}}}), STRATEGIES)
  expect(read.portfolios[0]?.draft).toMatchObject({strategy: 'plugged_in', parameters: {}})
})

describe('a link with a part that has another shape', () => {
  it.each([
    ['holdings that are an object', {holdings: {0: 'SPY'}}, 'Holdings'],
    ['a symbol that is an object', {holdings: [[{}, 1]]}, 'Holdings'],
    ['601 holdings', {holdings: Array.from({length: 601}, () => ['A', 0])}, 'Holdings'],
    ['a date that is a list', {start_date: ['2020-01-01']}, 'Start date'],
    ['costs that are text', {costs: 'many'}, 'Costs'],
    ['parameters that are a number', {parameters: 7}, 'Parameters'],
  ])('%s: the rest is read, and what is lost is named', (_, part, title) => {
    const {portfolios, fault} = readLink(linkTo({...request, ...part}), STRATEGIES)
    expect(fault).toBe(`This link is damaged: ${title} cannot be read.`)
    const [name = ''] = Object.keys(part)
    const blank =
      name === 'holdings'
        ? [
            {symbol: '', allocation: 0.5},
            {symbol: '', allocation: 0.5},
          ]
        : undefined
    const rest = {
      ...request,
      holdings: [
        {symbol: 'SPY', allocation: 0.6},
        {symbol: 'AGG', allocation: 0.4},
      ],
    }
    expect(portfolios).toEqual([{name: 'A', draft: {...rest, [name]: blank}}])
  })

  it('a portfolio among others', () => {
    const {portfolios, fault} = readLink(encoded({v: 1, p: [{n: 'A', r: request}, 5]}), STRATEGIES)
    expect(portfolios).toHaveLength(1)
    expect(fault).toBe('This link is damaged: a portfolio cannot be read.')
  })

  it('more portfolios than there may be', () => {
    const list = Array.from({length: 4}, () => ({n: 'A', r: request}))
    const {portfolios, fault} = readLink(encoded({v: 1, p: list}), STRATEGIES)
    expect(portfolios).toHaveLength(3)
    expect(fault).toBe('This link is damaged: some portfolios cannot be read.')
  })
})

describe('a link that was cut off', () => {
  const whole = writeLink(PRESETS.slice(0, 2).map(({name, draft}) => ({name, draft: {...draft, parameters: {}}})))
  it('is read as far as it goes, wherever it was cut', () => {
    let most = 0
    for (let length = 0; length < whole.length; length += 1) {
      const {portfolios, fault} = readLink(whole.slice(0, length), STRATEGIES)
      expect(fault).toMatch(portfolios.length > 0 ? /^This link is damaged: / : /^This link cannot be opened: /)
      expect(portfolios.length).toBeGreaterThanOrEqual(most)
      most = portfolios.length
    }
    expect(most).toBe(2)
    expect(readLink(whole.slice(0, -1), STRATEGIES).portfolios[0]).toEqual(readLink(whole, STRATEGIES).portfolios[0])
  })

  it('and one with a sign changed anywhere is read, or said to be damaged', () => {
    for (let at = 0; at < whole.length; at += 3)
      for (const sign of ['%', '.', 'A', '_'])
        expect(() => readLink(whole.slice(0, at) + sign + whole.slice(at + 1), STRATEGIES)).not.toThrow()
  })

  it.each([
    ['', null],
    ['hello', null],
    ['{"a":1', {}],
    ['{"a":1,', {a: 1}],
    ['{"a":[1,{"b":"x,y}"},"c', {a: [1, {b: 'x,y}'}]}],
    ['{"a":"\\"","b":2,"c', {a: '"', b: 2}],
    ['{"a":1,"b":nonsense,"c":3}', {a: 1}],
  ])('%s', (text, expected) => expect(salvagedJson(text)).toEqual(expected))
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
    ['a request that is text', linkTo('request')],
    ['a request without anything', linkTo({})],
    ['far too much', 'A'.repeat(100_000)],
  ])('with %s is told from a good one', (_, text) => {
    const {portfolios, fault} = readLink(text, STRATEGIES)
    expect(portfolios).toEqual([])
    expect(fault).toMatch(/^This link cannot be opened: /)
  })

  it('cannot reach a prototype', () => {
    const text = `{"v":1,"p":[{"n":"A","r":{"strategy":"momentum","holdings":[],"__proto__":{"polluted":1},"constructor":{"x":1}}}]}`
    const {portfolios} = readLink(Buffer.from(text).toString('base64url'), STRATEGIES)
    expect(portfolios[0]?.draft).toEqual({strategy: 'momentum', holdings: []})
    expect(({} as {polluted?: number}).polluted).toBeUndefined()
  })

  it('may say what only the runner can judge', () => {
    const {portfolios} = readLink(linkTo({...request, initial_capital: 'much', strategy: 'x'.repeat(1000)}), STRATEGIES)
    expect(portfolios[0]?.draft.initial_capital).toBe('much')
    expect(String(portfolios[0]?.draft.strategy)).toHaveLength(200)
  })
})

it('is not longer than what a server takes as an address', () => {
  const of = (count: number) =>
    writeLink([{name: 'A', draft: {...request, holdings: Array.from({length: count}, (_, n) => ({symbol: `S${n}`}))}}])
  expect(fitsLink(of(20))).toBe(true)
  expect(of(2000).length).toBeGreaterThan(12_000)
  expect(fitsLink(of(2000))).toBe(false)
})

it.each(['\ud800', `${'x'.repeat(39)}😀`])('has whole characters alone: %j', (name) => {
  const [read] = readLink(
    encoded({v: 1, p: [{n: name, r: {...request, holdings: [[name, 1]]}}]}),
    STRATEGIES,
  ).portfolios
  expect(read?.name.isWellFormed()).toBe(true)
  expect(JSON.stringify(read?.draft)).not.toMatch(/\\ud[89a-f]/)
})
