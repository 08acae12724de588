/** Whether a benchmark is compared like with like. */
import type {BacktestResult} from 'backtest-runner'
import {say} from './shared'
import {symbolInWords} from './symbol-names'

interface Held {
  readonly symbol?: unknown
}

const symbolsIn = (holdings: unknown): string[] =>
  Array.isArray(holdings) ? holdings.map(({symbol}: Held) => String(symbol)) : []

/** The symbols of the benchmark whose prices leave dividends out, where the portfolio's do not. */
export function withoutDividends({request, warnings}: BacktestResult): string[] {
  const left = new Set(warnings?.flatMap(({code, symbol}) => (code === 'UNADJUSTED_PRICES' && symbol ? [symbol] : [])))
  const {benchmark, holdings} = request as {benchmark?: unknown; holdings?: unknown}
  if (left.size === 0 || symbolsIn(holdings).every((symbol) => left.has(symbol))) return []
  const asked = typeof benchmark === 'string' ? [benchmark] : symbolsIn((benchmark as {holdings?: unknown})?.holdings)
  return asked.filter((symbol) => left.has(symbol))
}

export const DAGGER = '†'

/** What the dagger beside the benchmark's figures means; null where it has none. */
export function dividendNote(result: BacktestResult): string | null {
  const symbols = withoutDividends(result)
  if (symbols.length === 0) return null
  const names = symbols.map((symbol) => symbolInWords(result, symbol)).join(', ')
  return say(symbols.length === 1 ? 'without_dividends' : 'all_without_dividends', {symbols: names})
}
