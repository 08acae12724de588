import type {BacktestResult} from 'backtest-runner'
import {symbolInWords} from '@/lib/symbol-names'
import type {TableCell} from './DataTable'
import table from './table.module.css'

/** A symbol with what people call it below. */
export function symbolCell(result: BacktestResult, symbol: string): TableCell {
  const name = symbolInWords(result, symbol)
  if (name === symbol) return symbol
  const node = (
    <>
      {symbol} <span className={table.name}>{name}</span>
    </>
  )
  return {text: symbol, node}
}
