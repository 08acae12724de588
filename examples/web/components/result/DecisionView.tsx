'use client'

import type {BacktestResult, Trade} from 'backtest-runner'
import {amount, cents, day, indicator, money, percent} from '@/lib/format'
import {DataTable, type TableCell, type TableColumn, type TableRow} from './DataTable'
import styles from './Decision.module.css'
import {written} from './lookup'

type Group = Readonly<Record<string, readonly (number | null)[]>>
interface Shown extends TableColumn {
  cell: (symbol: string) => TableCell
}

/** One rebalance in full: when it was decided and executed, what was seen and chosen, and the trades of that day. */
export function DecisionView({result, at}: {result: BacktestResult; at: number}) {
  const {weights, decisions, trades} = result
  if (!weights) return null
  const executed = weights.dates[at] ?? ''
  const shown = columnsOf(result, at, tradesOn(trades, executed))
  const target = (symbol: string) => weights.symbols[symbol]?.[at] ?? 0
  const before = (symbol: string) => (at > 0 ? (weights.symbols[symbol]?.[at - 1] ?? 0) : 0)
  const rank = (symbol: string) => decisions?.ranks?.[symbol]?.[at] ?? Infinity
  const moved = new Set(tradesOn(trades, executed).keys())
  const all = Object.keys(weights.symbols)
  // Without what was seen of the others, those that are neither held nor traded say nothing.
  const named = decisions ? all : all.filter((symbol) => target(symbol) || before(symbol) || moved.has(symbol))
  const symbols = [...named].sort((a, b) => target(b) - target(a) || rank(a) - rank(b))
  const rows: TableRow[] = symbols.map((symbol) => ({
    key: symbol,
    className: target(symbol) || moved.has(symbol) ? undefined : ('other' as const),
    cells: [symbol, ...shown.map(({cell}) => cell(symbol))],
  }))
  const cash = weights.cash[at] ?? 0
  if (cash > 0.00005)
    rows.push({
      key: 'cash',
      className: 'other',
      cells: ['Cash', written(cash, percent), ...shown.slice(1).map(() => '')],
    })
  const columns = [{label: 'Holding', text: true}, ...shown]
  return (
    <>
      <p className={styles.said}>{saidOf(result, at)}</p>
      <DataTable caption={`The rebalance of ${day(executed)}`} heading={false} sortable columns={columns} rows={rows} />
    </>
  )
}

function saidOf({weights, decisions, trades}: BacktestResult, at: number): string {
  const decided = weights?.decided?.[at]
  const executed = weights?.dates[at] ?? ''
  const when = decided
    ? `Decided with the close of ${day(decided)}, executed on ${day(executed)}`
    : `Executed on ${day(executed)}, the first session`
  const why = weights?.triggers?.[at] === 'band' ? 'a weight had left its band' : 'scheduled'
  const traded = trades
    ? tradesOn(trades, executed).size
      ? ''
      : ' Nothing was traded that day.'
    : ' The trades are left out of this result.'
  const whole = Object.entries(decisions?.seen ?? {}).flatMap(([name, group]) => {
    const value = group.portfolio?.[at]
    return value === undefined ? [] : [`${words(name)} ${indicator(name, value)}`]
  })
  return `${[`${when}; ${why}`, ...whole].join('; ')}.${traded}`
}

function tradesOn(trades: readonly Trade[] | undefined, date: string): Map<string, Trade> {
  return new Map(
    (trades ?? [])
      .filter((trade) => trade.date === date && trade.reason !== 'cash_flow')
      .map((trade) => [trade.symbol, trade]),
  )
}

function columnsOf({weights, decisions, trades}: BacktestResult, at: number, moved: Map<string, Trade>): Shown[] {
  const figures = (label: string, group: Group, write: (value: number) => string): Shown => ({
    label,
    cell: (symbol) => written(group[symbol]?.[at], write),
  })
  const shown: Shown[] = [{label: 'Target', cell: (symbol) => written(weights?.symbols[symbol]?.[at], percent)}]
  for (const [name, group] of Object.entries(decisions?.seen ?? {}))
    if (!group.portfolio) shown.push(figures(words(name, true), group, (value) => indicator(name, value)))
  if (decisions?.ranks) shown.push(figures('Rank', decisions.ranks, String))
  if (trades) {
    shown.push({label: 'Trade', text: true, cell: (symbol) => moved.get(symbol)?.side ?? ''})
    shown.push({label: 'Units', cell: (symbol) => orBlank(moved.get(symbol)?.units, amount)})
    shown.push({label: 'Price', cell: (symbol) => orBlank(moved.get(symbol)?.price, money)})
    shown.push({label: 'Value', cell: (symbol) => orBlank(moved.get(symbol)?.value, cents)})
  }
  return shown
}

const orBlank = (value: number | undefined, write: (value: number) => string): TableCell =>
  value === undefined ? '' : written(value, write)

export function words(name: string, begins = false): string {
  const text = name.replaceAll('_', ' ')
  return begins ? text.charAt(0).toUpperCase() + text.slice(1) : text
}
