import type {BacktestResult} from 'backtest-runner'
import {afterEach, expect, it, vi} from 'vitest'
import {pictureOf, SIZE} from '@/lib/server/picture'

afterEach(() => vi.unstubAllGlobals())

const dates = Array.from({length: 3000}, (_, n) => new Date(n * 86_400_000).toISOString().slice(0, 10))
const values = dates.map((_, n) => 10_000 * 1.0003 ** n)

function result(strategy: string, id: string, more: object = {}): BacktestResult {
  return {
    result_id: id,
    request: {strategy, holdings: [{symbol: 'MSFT'}], initial_capital: 10_000},
    period: {effective: {start: '2015-01-02', end: '2019-12-31'}},
    metrics: {final_value: 12_345, cagr: 0.1, max_drawdown: -0.2},
    series: {dates, portfolio_value: values, returns: [], drawdown: [], cash_flows: null},
    benchmark: null,
    ...more,
  } as unknown as BacktestResult
}

const codes = (first: number, last: number) => Array.from({length: last - first + 1}, (_, n) => first + n)
const LETTERS = String.fromCharCode(
  ...codes(0x20, 0x7e),
  ...codes(0xa0, 0xff),
  ...codes(0x2013, 0x2022),
  0x2026,
  0x2212,
)

it.each([
  ['a usual result', result('momentum', '1')],
  ['a name in letters that its font has not', result('戦略 🚀 стратегия Über', '2')],
  ['every letter near those that it writes', result([...LETTERS].join(' '), '4')],
  ['no series', result('momentum', '3', {series: undefined})],
])('the picture of %s is a PNG of its size, and asks no other host', async (_, one) => {
  const hosts: string[] = []
  const {fetch} = globalThis
  vi.stubGlobal('fetch', (input: string | URL | Request, init?: RequestInit) => {
    const address = String(input instanceof Request ? input.url : input)
    if (address.startsWith('data:')) return fetch(input, init) // its own program
    hosts.push(new URL(address).host)
    return Promise.reject(new Error('no network'))
  })
  const picture = Buffer.from(await pictureOf(one))
  expect(picture.subarray(1, 4).toString()).toBe('PNG')
  expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([SIZE.width, SIZE.height])
  expect(hosts).toEqual([])
})
