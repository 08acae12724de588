import type {Draft} from './draft'
import {equalised} from './holdings'

/** A request to begin with: on bundled prices alone, so that it runs anywhere. */
export interface Preset {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly draft: Draft
}

const BENCHMARK = '^GSPC'
const LAST_DAY = '2022-12-28'
const COSTS = {commission_bps: 5}

function equally(...symbols: string[]) {
  const parts = equalised(symbols.length, 1)
  return symbols.map((symbol, index) => ({symbol, allocation: parts[index] ?? 0}))
}

export const PRESETS: readonly Preset[] = [
  {
    id: 'four-giants',
    name: 'Four giants, kept level',
    line: 'A quarter each in four large companies, restored every January.',
    draft: {
      strategy: 'buy_hold',
      holdings: equally('MSFT', 'JNJ', 'JPM', 'XOM'),
      start_date: '1995-01-01',
      end_date: LAST_DAY,
      parameters: {rebalance_frequency: 'annually'},
      benchmark: BENCHMARK,
      costs: COSTS,
    },
  },
  {
    id: 'momentum',
    name: 'Follow the leaders',
    line: 'Each quarter, the three of ten that rose most over a year.',
    draft: {
      strategy: 'momentum',
      holdings: equally('AAPL', 'CVX', 'HD', 'JNJ', 'JPM', 'KO', 'LLY', 'MSFT', 'UNH', 'WMT'),
      start_date: '2000-01-01',
      end_date: LAST_DAY,
      parameters: {lookback_period: 12, lookback_unit: 'months', skip_period: 1, rebalance_frequency: 'quarterly'},
      benchmark: BENCHMARK,
      costs: COSTS,
    },
  },
  {
    id: 'trend',
    name: 'Sit out the falls',
    line: 'Hold each while it is above its ten-month average, else cash.',
    draft: {
      strategy: 'trend_following',
      holdings: equally('BAC', 'GE', 'JPM', 'XOM'),
      start_date: '2000-01-01',
      end_date: LAST_DAY,
      parameters: {ma_period: 10, ma_unit: 'months'},
      benchmark: BENCHMARK,
      cash: {annual_rate: 0.02},
      costs: COSTS,
    },
  },
  {
    id: 'risk-parity',
    name: 'Equal risk, not equal money',
    line: 'Calm holdings get more, restless ones less, every quarter.',
    draft: {
      strategy: 'risk_parity',
      holdings: equally('AMD', 'JNJ', 'KO', 'MSFT', 'PG', 'XOM'),
      start_date: '2005-01-01',
      end_date: LAST_DAY,
      parameters: {volatility_window: 126, rebalance_frequency: 'quarterly'},
      benchmark: BENCHMARK,
      costs: COSTS,
    },
  },
  {
    id: 'dual-momentum',
    name: 'Dual momentum with funds',
    line: 'The strongest factor fund, or the calm one when none has risen.',
    draft: {
      strategy: 'dual_momentum',
      holdings: equally('MTUM', 'QUAL', 'VLUE', 'USMV'),
      start_date: '2015-01-01',
      end_date: LAST_DAY,
      parameters: {refuge_symbol: 'USMV'},
      benchmark: BENCHMARK,
      costs: COSTS,
    },
  },
  {
    id: 'saving-plan',
    name: 'A saving plan',
    line: '$250 a month into three funds, rising 2 % a year with prices.',
    draft: {
      strategy: 'buy_hold',
      holdings: equally('MTUM', 'QUAL', 'USMV'),
      start_date: '2014-01-02',
      end_date: LAST_DAY,
      parameters: {rebalance_frequency: 'annually'},
      benchmark: BENCHMARK,
      initial_capital: 5000,
      cash_flows: [{type: 'contribution', frequency: 'monthly', amount: 250, growth_rate: 0.02}],
      rebalancing: {absolute_band: 0.05, bands_checked: 'at_frequency'},
    },
  },
]
