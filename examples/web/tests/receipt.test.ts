import type {BacktestResult} from 'backtest-runner'
import {describe, expect, it} from 'vitest'
import {receiptOf} from '@/components/share/receipt'
import notModelled from '@/generated/not-modelled.json'
import {canonical, digestOf} from '@/lib/canonical'
import {requestField} from '@/lib/schema/page'

const PLAIN = {
  costs: {commission_bps: 0, commission_fixed: 0, commission_per_share: 0, commission_minimum: 0, slippage_bps: 0},
  cash: {annual_rate: 0},
  execution: {timing: 'next_close', shares: 'fractional', dividends: 'reinvest'},
}

function result(request: object, residual = 2e-15, source = 'bundled'): BacktestResult {
  return {
    success: true,
    result_id: `sha256:${'a'.repeat(64)}`,
    engine: {name: 'backtest-runner', version: '1'},
    request,
    period: {effective: {start: '2015-01-02', end: '2019-12-31'}},
    audit: {equity_residual: residual, attribution_residual: 0},
    data: {
      symbols: {
        MSFT: {source, first: '2015-01-02', last: '2019-12-31', sessions: 1, digest: `sha256:${'b'.repeat(64)}`},
      },
    },
  } as unknown as BacktestResult
}

const leftOut = (request: object) => receiptOf(result(request), null, null).not_modelled.map(({title}) => title)

describe('a receipt', () => {
  it('names what the request leaves out, and what it has it does not name', () => {
    expect(leftOut(PLAIN)).toEqual(
      expect.arrayContaining([
        'Taxes',
        'Market impact',
        'Survivorship',
        'Commissions',
        'Spread',
        'Interest on cash',
        'Whole shares',
        'Payment of dividends',
      ]),
    )
    const full = {
      costs: {...PLAIN.costs, commission_bps: 5, slippage_bps: 2},
      cash: {annual_rate: 0.02},
      execution: {timing: 'same_close', shares: 'whole', dividends: 'cash'},
    }
    expect(leftOut(full)).toEqual([
      'Taxes',
      'Market impact',
      'Survivorship',
      'Currencies',
      'Inflation',
      'Time to trade',
    ])
  })

  it('depends on settings that the request has', () => {
    for (const {when} of notModelled)
      for (const pointer of Object.keys(when)) {
        const [, group = '', name = ''] = pointer.split('/')
        expect(requestField(group).properties?.[name], pointer).toBeDefined()
      }
  })

  it('says what the audit found, also where it found a difference', () => {
    const [sound] = receiptOf(result(PLAIN), null, null).verified
    expect(sound?.sentence).toMatch(/The largest difference is 2\.0e−15 of the highest value: they agree\.$/)
    const [unsound] = receiptOf(result(PLAIN, 0.01), null, null).verified
    expect(unsound?.sentence).toMatch(/The largest difference is 1\.0e−2 of the highest value: they do not agree\.$/)
  })

  it('has no command where the prices came with the request', () => {
    expect(receiptOf(result(PLAIN), null, null).verify).toContain('cat result.json')
    expect(receiptOf(result(PLAIN, 0, 'inline'), null, null).verify).toBeNull()
  })
})

describe('canonical JSON', () => {
  // the examples of RFC 8785
  it('has sorted keys, no spaces and numbers as ECMAScript prints them', () => {
    const value = {
      numbers: [333333333.3333333, 1e30, 4.5, 2e-3, 1e-27],
      string: '\u20ac$\u000f\nA\'B"\\"/',
      literals: [null, true, false],
    }
    expect(canonical(value)).toBe(
      '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\"/"}',
    )
    expect(canonical({'\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7})).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
    )
  })

  it('has a digest', async () => {
    expect(await digestOf({})).toBe('sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a')
  })
})
