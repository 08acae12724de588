import type {BacktestResult} from 'backtest-runner'
import {describe, expect, it} from 'vitest'
import {dividendNote, withoutDividends} from '@/lib/benchmark'
import {areChosenToday, PRESETS} from '@/lib/presets'

const held = (...symbols: string[]) => symbols.map((symbol) => ({symbol, allocation: 1 / symbols.length}))

function result(benchmark: unknown, holdings: unknown, ...unadjusted: string[]): BacktestResult {
  const warnings = unadjusted.map((symbol) => ({code: 'UNADJUSTED_PRICES', symbol, severity: 'warning', detail: ''}))
  return {request: {benchmark, holdings}, warnings} as unknown as BacktestResult
}

describe('like with like', () => {
  it('is no index without dividends beside holdings with them', () => {
    expect(withoutDividends(result('^GSPC', held('KO'), '^GSPC'))).toEqual(['^GSPC'])
    expect(dividendNote(result('^GSPC', held('KO'), '^GSPC'))).toContain('† ^GSPC is counted without dividends')
  })
  it('is none in a portfolio either', () => {
    const both = {name: '60/40', holdings: held('^GSPC', '^FTSE', 'KO')}
    expect(withoutDividends(result(both, held('KO'), '^GSPC', '^FTSE'))).toEqual(['^GSPC', '^FTSE'])
    expect(dividendNote(result(both, held('KO'), '^GSPC', '^FTSE'))).toContain('are counted without dividends')
  })
  it('is a benchmark beside holdings that have no dividends either, one with dividends, and none', () => {
    for (const one of [
      result('^GSPC', held('^FTSE'), '^GSPC', '^FTSE'),
      result('KO', held('^FTSE'), '^FTSE'),
      result('KO', held('MSFT')),
      result(null, held('KO')),
    ])
      expect(dividendNote(one)).toBeNull()
  })
})

describe('companies that were chosen today', () => {
  it('are those of a preset that says so, in any order', () => {
    for (const {draft, chosenToday, id} of PRESETS) {
      const symbols = (draft.holdings as {symbol: string}[]).map(({symbol}) => symbol)
      expect([id, areChosenToday([...symbols].reverse())]).toEqual([id, chosenToday === true])
    }
    expect(areChosenToday(['MSFT'])).toBe(false)
    expect(areChosenToday([])).toBe(false)
  })
})
