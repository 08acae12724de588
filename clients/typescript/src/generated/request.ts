// Made by `npm run generate` from the schemas of the contract; do not edit.

/**
 * One backtest: a strategy, what it may hold, and the period. Fractions everywhere (0.12 is 12 %), money in currency units, dates in ISO 8601.
 * The fields that every strategy shares; {@link BacktestRequest} has them all.
 */
export interface RequestFields {
  /**
   * The version of the contract that the request is written against.
   *
   * @default "1"
   */
  schema_version?: '1';
  /** The caller's own name for the run; echoed, and no part of result_id. */
  request_id?: string;
  /** What the strategy may hold, 1 to 500 symbols, each once. Ranks that tie are broken by this order, first wins. */
  holdings: readonly Holding[];
  /** First day of the period. The portfolio is invested from the first session on or after it; history before it is loaded for look-backs. */
  start_date: string;
  /** Last day of the period, inclusive. */
  end_date: string;
  /**
   * The money that the portfolio starts with.
   * Unit: currency.
   *
   * @default 10000
   */
  initial_capital?: number;
  /**
   * A symbol to compare with: bought with the same capital on the first session and held, free of costs. null compares with nothing.
   *
   * @default null
   */
  benchmark?: string | null;
  /**
   * The annual rate that excess returns are measured over.
   * Unit: fraction per year.
   *
   * @default 0
   */
  risk_free_rate?: number;
  execution?: Execution;
  rebalancing?: Rebalancing;
  /**
   * Money that is paid in or taken out at the close of the last session of each period, in proportion to what is held, so that the weights stay as they are. Returns are time-weighted; money_weighted_return is the investor's own.
   *
   * @default []
   */
  cash_flows?: readonly CashFlow[];
  costs?: Costs;
  cash?: Cash;
  data?: DataOptions;
  output?: OutputOptions;
  limits?: Limits;
}

/** One symbol and its share of the portfolio. */
export interface Holding {
  /** A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
  symbol: string;
  /**
   * The holding's share. With cash.allocation the allocations sum to 1; within 0.005 they are scaled to, with a warning.
   * Unit: fraction.
   */
  allocation: number;
  /**
   * What this holding charges; it takes the place of costs.expense_ratio, which the holdings without one pay. Accrued daily, actual/365, by lowering the price.
   * Unit: fraction per year.
   */
  expense_ratio?: number;
}

/**
 * When a decision is filled, and in what units.
 *
 * @default {}
 */
export interface Execution {
  /**
   * next_close: the close of the session after the decision. next_open: that session's open. same_close: the very close that the decision was taken with, which no order could have met; for comparison with tools that assume it.
   *
   * @default "next_close"
   */
  timing?: 'next_close' | 'next_open' | 'same_close';
  /**
   * fractional: any amount of a share. whole: the largest whole number of shares not above the target; the rest is cash. Shares are counted at what they cost on the day, as with commission_per_share. The fraction that a split leaves is paid in cash at that close.
   *
   * @default "fractional"
   */
  shares?: 'fractional' | 'whole';
  /**
   * reinvest: at the close of the ex-date, in what paid them (total-return prices). cash: paid to cash on the ex-date, where they wait for the next rebalance; needs a source that has dividends (yahoo, csv, inline).
   *
   * @default "reinvest"
   */
  dividends?: 'reinvest' | 'cash';
}

/**
 * When the portfolio returns to its targets, beside parameters.rebalance_frequency: so many sessions after each period ends, and when the weights have drifted out of bands.
 *
 * @default {}
 */
export interface Rebalancing {
  /**
   * How many sessions after the last session of each week, month, ... of the period the decision is taken; 0 is that session itself.
   * Unit: sessions.
   *
   * @default 0
   */
  offset_sessions?: number;
  /**
   * How far a weight, the cash's too, may drift from its target before all are restored, in shares of the portfolio: 0.05 lets 40 % run from 35 % to 45 %. null sets no such band.
   * Unit: fraction of the portfolio.
   *
   * @default null
   */
  absolute_band?: number | null;
  /**
   * How far a weight may drift, in shares of its target: 0.25 lets 40 % run from 30 % to 50 %. null sets no such band. With both bands the narrower one counts for each holding.
   * Unit: fraction of the target.
   *
   * @default null
   */
  relative_band?: number | null;
  /**
   * daily: at every close, beside the rebalances at the frequency; with rebalance_frequency never the bands alone decide. at_frequency: only when a rebalance is due, which is left out while every weight is within its bands and nothing enters or leaves.
   *
   * @default "daily"
   */
  bands_checked?: 'daily' | 'at_frequency';
}

/** One stream of payments. Either amount or fraction. */
export interface CashFlow {
  /** contribution pays in, withdrawal takes out. */
  type: 'contribution' | 'withdrawal';
  /**
   * Money a payment.
   * Unit: currency.
   */
  amount?: number;
  /**
   * Share of the portfolio's value just before it, a payment.
   * Unit: fraction.
   */
  fraction?: number;
  /** At the end of each week, month, quarter, half-year or year of the period, the day of the first purchase left out. */
  frequency: 'weekly' | 'monthly' | 'quarterly' | 'semiannually' | 'annually';
  /**
   * By how much the amount grows with every full year since the first session: inflation, or rising savings.
   * Unit: fraction per year.
   *
   * @default 0
   */
  growth_rate?: number;
  /** No payment before it; without one, from the beginning. */
  start_date?: string;
  /** No payment after it; without one, to the end. */
  end_date?: string;
}

/**
 * What trading and holding cost. A rebalance pays its costs out of the same money, solved exactly.
 *
 * @default {}
 */
export interface Costs {
  /**
   * Commission on the value traded.
   * Unit: basis points.
   *
   * @default 0
   */
  commission_bps?: number;
  /**
   * Commission for each trade.
   * Unit: currency per trade.
   *
   * @default 0
   */
  commission_fixed?: number;
  /**
   * Commission for each share traded, counted at what a share cost on the day where the source says so (yahoo, csv, inline with traded); else at adjusted prices, with a warning.
   * Unit: currency per share.
   *
   * @default 0
   */
  commission_per_share?: number;
  /**
   * The least that a trade's commission comes to.
   * Unit: currency per trade.
   *
   * @default 0
   */
  commission_minimum?: number;
  /**
   * How far a fill is worse than the price: a purchase above it, a sale below.
   * Unit: basis points.
   *
   * @default 0
   */
  slippage_bps?: number;
  /**
   * What the holdings themselves charge; accrued daily, actual/365, by lowering their price.
   * Unit: fraction per year.
   *
   * @default 0
   */
  expense_ratio?: number;
}

/**
 * Cash beside the holdings.
 *
 * @default {}
 */
export interface Cash {
  /**
   * The share of the portfolio that is kept in cash.
   * Unit: fraction.
   *
   * @default 0
   */
  allocation?: number;
  /**
   * What idle cash earns, actual/365, compounded from session to session.
   * Unit: fraction per year.
   *
   * @default 0
   */
  annual_rate?: number;
}

/**
 * Where the prices come from.
 *
 * @default {}
 */
export interface DataOptions {
  /**
   * auto: the price store, then the bundled sample, then Yahoo. bundled, yahoo. csv: files in the operator's folder. inline: data.prices of this request.
   *
   * @default "auto"
   */
  source?: 'auto' | 'bundled' | 'yahoo' | 'csv' | 'inline';
  prices?: InlinePrices;
  /**
   * How many consecutive sessions inside its history a symbol may lack a price; it is carried forward with a warning. A longer hole is an error.
   * Unit: sessions.
   *
   * @default 5
   */
  max_gap_sessions?: number;
  /**
   * true lets the period begin with the first holding that has prices; the others enter when their history begins (a strategy that looks back: when it can rank them), and until then the rest share their part. false delays the period until every holding has prices.
   *
   * @default false
   */
  partial_history?: boolean;
  /**
   * What becomes of a holding whose prices end before end_date. stop: the period ends with it, with a warning. cash: it is paid out at its last price on the session after, and the others share its part. error: the request is refused.
   *
   * @default "stop"
   */
  ended_history?: 'stop' | 'cash' | 'error';
  /**
   * What becomes of a one-day price ratio outside 0.4 to 2.5 that no known fault of the source explains. warn: it is kept, with a warning. error: the request is refused.
   *
   * @default "warn"
   */
  implausible?: 'warn' | 'error';
  /**
   * How many sessions a year has, for everything that is annualised. Measured from the sessions when it is left out: 252 for five trading days a week, 365 for seven, 52 for weekly and 12 for monthly prices.
   * Unit: sessions.
   */
  periods_per_year?: number;
  /**
   * true asks Yahoo again for what the price store already has.
   *
   * @default false
   */
  refresh?: boolean;
}

/** Total-return prices that travel with the request (source inline). Columns are as long as dates; null where a symbol has no price. */
export interface InlinePrices {
  /** The sessions, strictly increasing. */
  dates: readonly string[];
  /** Closing prices by symbol, above zero. */
  close: {
    [k: string]: readonly (number | null)[];
  };
  /** Opening prices by symbol, above zero; needed for next_open only. */
  open?: {
    [k: string]: readonly (number | null)[];
  };
  /** Dividends by symbol on their ex-dates, as a share of the close before (1 % is 0.01), 0 or null elsewhere; needed for execution.dividends cash. close stays a total-return price. Without traded they are added back to it for what a share cost. */
  dividends?: {
    [k: string]: readonly (number | null)[];
  };
  /** What a share cost on the day, by symbol, where close is adjusted for splits and dividends; null where a symbol has no price. Whole shares and commission_per_share count shares at it. A step of close / traded that is n:m within half a per cent and at least 1.2 is a split, any other a dividend. Without it shares are counted at close, with the dividends added back from the last row on, and a warning. */
  traded?: {
    [k: string]: readonly (number | null)[];
  };
}

/**
 * What the result carries.
 *
 * @default {}
 */
export interface OutputOptions {
  /**
   * The blocks of the result that are wanted. decisions, what the strategy saw, ranked and chose at every rebalance, comes only when it is asked for.
   *
   * @default ["metrics","metrics_monthly","benchmark","series","weights","trades","final_holdings","tables","attribution"]
   */
  include?: readonly (
    | 'metrics'
    | 'metrics_monthly'
    | 'benchmark'
    | 'series'
    | 'weights'
    | 'trades'
    | 'final_holdings'
    | 'tables'
    | 'attribution'
    | 'decisions'
  )[];
  /**
   * Daily series are thinned to at most so many points, first and last kept; null keeps every session. Metrics are always computed from every session.
   * Unit: points.
   *
   * @default null
   */
  max_points?: number | null;
  /**
   * Significant digits that every computed number is written with; null writes each so that it reads back exactly.
   * Unit: significant digits.
   *
   * @default 12
   */
  precision?: number | null;
}

/**
 * How long the run may take and how much memory, within what the operator allows.
 *
 * @default {}
 */
export interface Limits {
  /**
   * The run is stopped after this time and answered with TIMEOUT. The operator's own default and cap apply: BACKTEST_TIMEOUT_SECONDS, BACKTEST_MAX_TIMEOUT_SECONDS.
   * Unit: seconds.
   *
   * @default 30
   */
  timeout_seconds?: number;
  /**
   * Memory the run may take beyond the interpreter itself; null is the operator's limit.
   * Unit: MiB.
   *
   * @default null
   */
  memory_mb?: number | null;
}
