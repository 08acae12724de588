import {expect, it} from 'vitest'
import {patchInWords, settingTitle, settingValue} from '@/lib/settings-in-words'

const REQUEST = {strategy: 'momentum', holdings: [{symbol: 'SPY', allocation: 1}]}

it.each([
  [{parameters: {lookback_period: 63, top_n: 2}}, 'Look-back 63 and top 2'],
  [{parameters: {top_n: 1, rebalance_frequency: 'quarterly'}}, 'Top 1 and rebalance frequency quarterly'],
  [{costs: {commission_bps: 2.5}}, 'Commission 2.5'],
  [{cash: {allocation: 0.125}}, 'Cash allocation 12.5\u00a0%'],
  [{execution: {timing: 'same_close'}}, 'Timing same close'],
  [{plugged: {depth: null}}, 'Depth not set'],
])('%j is %s', (patch, words) => {
  expect(patchInWords(patch, REQUEST)).toBe(words)
})

it('names the holding of an allocation', () => {
  expect(settingTitle('/holdings/0/allocation', REQUEST)).toBe('Allocation of SPY')
  expect(settingValue(true, {})).toBe('yes')
})
