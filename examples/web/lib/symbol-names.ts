import type {BacktestResult} from 'backtest-runner'

/** What people call a symbol: S&P 500 for ^GSPC; the symbol itself where its prices came without a name. */
export const symbolInWords = (result: BacktestResult, symbol: string): string =>
  result.data?.symbols[symbol]?.name ?? symbol

/** A symbol's name with the symbol itself: S&P 500 (^GSPC). */
export function called(result: BacktestResult, symbol: string): string {
  const name = symbolInWords(result, symbol)
  return name === symbol ? symbol : `${name} (${symbol})`
}
