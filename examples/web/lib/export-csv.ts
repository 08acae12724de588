/** The numbers behind the page as columns and as CSV (RFC 4180). */
import type {BacktestResult} from 'backtest-runner'
import type {Field} from '@/generated/csv.js'

export type {Field} from '@/generated/csv.js'
export {csv} from '@/generated/csv.js'

export type Columns = Record<string, readonly Field[]>
export type Download = 'series' | 'trades' | 'weights' | 'held_weights' | 'metrics' | 'decisions'

/** Which files a result can give. */
export function downloadsOf(result: BacktestResult): Download[] {
  const found: Download[] = []
  if (result.series) found.push('series')
  if (result.trades) found.push('trades')
  if (result.weights) found.push('weights')
  if (result.held_weights) found.push('held_weights')
  if (result.metrics) found.push('metrics')
  if (result.decisions) found.push('decisions')
  return found
}

export function columnsOf(result: BacktestResult, name: Download): Columns {
  if (name === 'series') return seriesColumns(result)
  if (name === 'trades') return tradeColumns(result)
  if (name === 'weights') return weightColumns(result)
  if (name === 'held_weights') return heldColumns(result)
  if (name === 'metrics') return metricColumns(result)
  return decisionColumns(result)
}

function seriesColumns({series, benchmark}: BacktestResult): Columns {
  if (!series) return {}
  const market = benchmark?.series
  const symbol = benchmark?.symbol ?? benchmark?.name ?? ''
  return {
    date: series.dates,
    portfolio_value: series.portfolio_value,
    return: series.returns,
    drawdown: series.drawdown,
    ...(series.cash_flows && {cash_flow: series.cash_flows}),
    ...(market && {
      [`${symbol} value`]: market.portfolio_value,
      [`${symbol} return`]: market.returns,
      [`${symbol} drawdown`]: market.drawdown,
    }),
  }
}

const TRADE = ['date', 'symbol', 'side', 'units', 'price', 'value', 'commission', 'slippage', 'reason'] as const

function tradeColumns({trades}: BacktestResult): Columns {
  return Object.fromEntries(TRADE.map((key) => [key, (trades ?? []).map((trade) => trade[key])]))
}

function weightColumns({weights}: BacktestResult): Columns {
  if (!weights) return {}
  return withGroup(
    {executed: weights.dates, decided: weights.decided, trigger: weights.triggers},
    weights.symbols,
    '',
    {cash: weights.cash},
  )
}

function heldColumns({held_weights: held}: BacktestResult): Columns {
  return held ? withGroup({date: held.dates}, held.symbols, '', {cash: held.cash}) : {}
}

function metricColumns({metrics, metrics_monthly, benchmark, null_reasons}: BacktestResult): Columns {
  const names = Object.keys(metrics ?? {})
  const of = (block: object | undefined) =>
    names.map((name) => (block as Record<string, number | null> | undefined)?.[name] ?? null)
  return {
    metric: names,
    portfolio: of(metrics),
    ...(benchmark && {[benchmark.symbol ?? benchmark.name ?? 'benchmark']: of(benchmark.metrics)}),
    ...(metrics_monthly && {portfolio_monthly: of(metrics_monthly)}),
    reason: names.map((name) => null_reasons?.[`/metrics/${name}`] ?? null),
  }
}

function decisionColumns({decisions}: BacktestResult): Columns {
  if (!decisions) return {}
  let columns: Columns = {decided: decisions.decided, executed: decisions.executed, trigger: decisions.trigger}
  for (const [name, group] of Object.entries(decisions.seen ?? {})) columns = withGroup(columns, group, `${name} `)
  columns = withGroup(columns, decisions.scores ?? {}, 'score ')
  columns = withGroup(columns, decisions.ranks ?? {}, 'rank ')
  return withGroup(columns, decisions.weights, 'weight ', {cash: decisions.cash})
}

function withGroup(columns: Columns, group: Columns, prefix: string, last: Columns = {}): Columns {
  const own = Object.entries(group).map(([name, values]) => [prefix + name, values] as const)
  return {...columns, ...Object.fromEntries(own), ...last}
}
