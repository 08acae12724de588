import type {Draft} from './draft'
import {equalised} from './holdings'

/** A request to begin with: on bundled prices alone, so that it runs anywhere. */
export interface Preset {
  readonly id: string
  readonly name: string
  readonly line: string
  readonly draft: Draft
  /** Whether the holdings are companies that were chosen for what became of them. */
  readonly chosenToday?: true
}

const BENCHMARK = '^GSPC'
const LAST_DAY = '2022-12-28'
const COSTS = {commission_bps: 5}

function equally(...symbols: string[]) {
  const parts = equalised(symbols.length, 1)
  return symbols.map((symbol, index) => ({symbol, allocation: parts[index] ?? 0}))
}

const held = (...symbols: string[]) => symbols.map((symbol) => ({hold: symbol}))

/** A step of a ladder: what is held while a day of the market usually moves less than this. */
function step(name: string, below: number, then: Draft) {
  const left = {indicator: 'volatility', symbol: BENCHMARK, window: 21}
  return {if: {left, is: 'below', right: below}, then: {name, ...then}}
}

export const PRESETS: readonly Preset[] = [
  {
    id: 'four-giants',
    name: 'Four giants, kept level',
    line: 'A quarter each in four large companies, restored every January.',
    chosenToday: true,
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
    chosenToday: true,
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
    chosenToday: true,
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
    chosenToday: true,
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
    id: 'average-switch',
    name: 'A 200-day switch, as rules',
    line: 'Four companies while the market is above its 200-day average, else cash.',
    chosenToday: true,
    draft: {
      strategy: 'rules',
      holdings: equally('MSFT', 'JNJ', 'JPM', 'XOM'),
      start_date: '1995-01-01',
      end_date: LAST_DAY,
      parameters: {
        rebalance_frequency: 'weekly',
        tree: {
          if: {
            left: {indicator: 'price', symbol: BENCHMARK},
            is: 'above',
            right: {indicator: 'average', symbol: BENCHMARK, window: 200},
            tolerance: 0.01,
          },
          then: {name: 'in the market', weigh: 'equal', of: held('MSFT', 'JNJ', 'JPM', 'XOM')},
          else: {cash: true},
        },
      },
      benchmark: BENCHMARK,
      cash: {annual_rate: 0.02},
      costs: COSTS,
    },
  },
  {
    id: 'dual-momentum-rules',
    name: 'Dual momentum, as rules',
    line: 'The strongest of three in a market that rises, else a calm one.',
    chosenToday: true,
    draft: {
      strategy: 'rules',
      holdings: equally('MSFT', 'JPM', 'XOM', 'JNJ'),
      start_date: '1995-01-01',
      end_date: LAST_DAY,
      parameters: {
        tree: {
          if: {left: {indicator: 'return', symbol: BENCHMARK, window: 252}, is: 'above', right: 0},
          then: {
            pick: {by: {indicator: 'return', window: 252}, order: 'highest', count: 1},
            of: held('MSFT', 'JPM', 'XOM'),
          },
          else: {name: 'calm', hold: 'JNJ'},
        },
      },
      benchmark: BENCHMARK,
      costs: COSTS,
    },
  },
  {
    id: 'volatility-ladder',
    name: 'A volatility ladder',
    line: 'The calmer the market, the bolder the holdings; in a storm cash.',
    chosenToday: true,
    draft: {
      strategy: 'rules',
      holdings: equally('AAPL', 'MSFT', 'JNJ', 'KO', 'PG'),
      start_date: '1995-01-01',
      end_date: LAST_DAY,
      parameters: {
        tree: {
          cases: [
            step('calm', 0.007, {weigh: 'equal', of: held('AAPL', 'MSFT')}),
            step('usual', 0.011, {weigh: 'equal', of: held('AAPL', 'MSFT', 'JNJ', 'KO')}),
            step('uneasy', 0.018, {weigh: 'inverse_volatility', window: 126, of: held('JNJ', 'KO', 'PG')}),
          ],
          else: {cash: true},
        },
      },
      benchmark: BENCHMARK,
      cash: {annual_rate: 0.02},
      costs: COSTS,
    },
  },
  {
    id: 'saving-plan',
    name: 'A saving plan',
    line: '$250 a month into three funds, rising 2\u00a0% a year with prices.',
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

/** Whether these are the holdings of a preset whose companies were chosen for what became of them. */
export function areChosenToday(symbols: readonly string[]): boolean {
  const key = (names: readonly unknown[]) => JSON.stringify([...names].sort())
  const asked = key(symbols)
  return PRESETS.some(({chosenToday, draft}) => {
    const holdings = draft.holdings as {symbol: string}[]
    return chosenToday && key(holdings.map(({symbol}) => symbol)) === asked
  })
}
