import {describe, expect, it} from 'vitest'
import {forPhone, PHONE_POINTS, sentLike, toDraft, toRequest} from '@/lib/draft'
import {PRESETS} from '@/lib/presets'

describe('a request on a phone', () => {
  const [preset] = PRESETS
  const request = toRequest(preset!.draft, [])

  it('asks for as many points as it can show', () => {
    expect(forPhone(request)).toEqual({...request, output: {...(request.output as object), max_points: PHONE_POINTS}})
  })

  it.each([
    ['says itself how many points it wants', {...request, output: {max_points: 5000}}],
    ['has cash flows', {...request, cash_flows: [{type: 'contribution', frequency: 'monthly', amount: 10}]}],
  ])('stays as it is where it %s', (_, one) => {
    expect(forPhone(one)).toBe(one)
  })
})

describe('a request that is compared with one that was sent', () => {
  const [preset] = PRESETS
  const request = toRequest(preset!.draft, [])

  it('is what it would have been there', () => {
    expect(sentLike(forPhone(request), request)).toEqual(forPhone(request))
    expect(sentLike(request, request)).toBe(request)
  })
})

describe('the draft of a normalised request', () => {
  it('has nothing that is at its default', () => {
    const normalised = {
      schema_version: '1',
      strategy: 'buy_hold',
      holdings: [{symbol: 'MSFT', allocation: 1}],
      start_date: '2015-01-02',
      end_date: '2019-12-31',
      parameters: {rebalance_frequency: 'never'},
      initial_capital: 5000,
      benchmark: null,
      rebalancing: {offset_sessions: 0, absolute_band: 0.05, relative_band: null, bands_checked: 'daily'},
      costs: {commission_bps: 0, commission_fixed: 0, slippage_bps: 0},
      cash_flows: [],
      limits: {timeout_seconds: 30, memory_mb: null},
    }
    const parameters = {properties: {rebalance_frequency: {type: 'string', default: 'never'}}}
    expect(toDraft(normalised, [{name: 'buy_hold', description: '', parameters}])).toEqual({
      strategy: 'buy_hold',
      holdings: [{symbol: 'MSFT', allocation: 1}],
      start_date: '2015-01-02',
      end_date: '2019-12-31',
      initial_capital: 5000,
      rebalancing: {absolute_band: 0.05},
    })
  })
})
