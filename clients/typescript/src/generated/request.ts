// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { AnalysisRequest } from './analysis.js';
import type { RebalanceFrequency } from './common.js';

/**
 * One backtest: a strategy, its holdings and the period. Fractions everywhere (0.12 is 12 %), money in currency units, dates in ISO 8601.
 * The fields that every strategy shares; {@link BacktestRequest} has them all.
 */
export interface RequestFields {
  /**
   * The version of the contract that the request follows.
   *
   * @default "1"
   */
  schema_version?: '1';
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** What the strategy may hold. 1 to 500 symbols, each once. In a tied rank the earlier holding comes first. */
  holdings: readonly Holding[];
  /** The day on which the backtest begins. The portfolio is invested from the first session on or after it; history before it is loaded for look-backs. */
  start_date: string;
  /** The last day of the backtest. It is included. */
  end_date: string;
  /**
   * The money that the portfolio begins with.
   * Unit: currency.
   *
   * @default 10000
   */
  initial_capital?: number;
  /**
   * What the result is compared with, such as an index or another portfolio. A symbol or a portfolio; null: no comparison. Both have the same capital and the same cash flows, and no costs. A symbol is bought on the first session and held. A portfolio is decided and filled at the same close.
   *
   * @default null
   */
  benchmark?: string | null | BenchmarkPortfolio;
  /**
   * What money earns in a year without risk, such as in Treasury bills; only gains above it count as a reward for risk. The annual risk-free rate of excess returns.
   * Unit: fraction per year.
   *
   * @default 0
   */
  risk_free_rate?: number;
  execution?: Execution;
  rebalancing?: Rebalancing;
  /**
   * Money paid in or taken out along the way, such as savings each month. Contributions and withdrawals at the close of the last session of each period, in proportion to the holdings, cash included, so that the weights do not change. Returns are time-weighted; money_weighted_return is the investor's own.
   *
   * @default []
   */
  cash_flows?: readonly CashFlow[];
  costs?: Costs;
  cash?: Cash;
  data?: DataOptions;
  /** The same portfolio with other settings, side by side. Variations of this request, run over the period that all have in common: result.comparison. 1 to 20, each with a name of its own. */
  compare?: readonly Variation[];
  analysis?: AnalysisRequest;
  output?: OutputOptions;
  limits?: Limits;
}

/** One symbol and its share of the portfolio. */
export interface Holding {
  /** The short name under which a security is traded, such as AAPL for Apple. A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
  symbol: string;
  /**
   * How much of the money goes into this holding. The holding's share of the portfolio. With cash.allocation the allocations sum to 1. Within 0.005 of 1 they are scaled, with a warning.
   * Unit: fraction.
   */
  allocation: number;
  /**
   * What the fund itself charges each year. The expense ratio of this holding. It replaces costs.expense_ratio, which applies to holdings without one. Accrued daily, actual/365, by lowering the price.
   * Unit: fraction per year.
   */
  expense_ratio?: number;
}

/** A fixed mix to compare with. Holdings with their allocations, restored at a frequency, without costs. */
export interface BenchmarkPortfolio {
  /**
   * The name of the portfolio in the result.
   *
   * @default "Benchmark"
   */
  name?: string;
  /** What the mix is made of. The symbols of the portfolio, each once, with their allocations, which sum to 1. Within 0.005 of 1 they are scaled, with a warning. */
  holdings: readonly BenchmarkHolding[];
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "annually"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** One symbol and its share of the portfolio. */
export interface BenchmarkHolding {
  /** The short name under which a security is traded, such as AAPL for Apple. A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
  symbol: string;
  /**
   * The symbol's share of the portfolio.
   * Unit: fraction.
   */
  allocation: number;
}

/**
 * How a decision becomes a trade: at which price, and how many shares.
 *
 * @default {}
 */
export interface Execution {
  /**
   * How soon after a decision the trade is made, and at which price. next_close: the close of the session after the decision. next_open: that session's open. same_close: the close of the decision itself, which no real order can meet; for comparison with tools that assume it.
   *
   * @default "next_close"
   */
  timing?: 'next_close' | 'next_open' | 'same_close';
  /**
   * Trading days by which every trade is late. The number of sessions that each fill is later than timing says, the first purchase excepted. A decision that is only late is not replaced by a newer one. 0 is the same as leaving it out, and is left out of the complete request.
   * Unit: sessions.
   */
  lag_sessions?: number;
  /**
   * Whether parts of a share can be bought. fractional: any amount of a share. whole: the largest whole number of shares not above the target; the rest is cash. Shares are counted at their traded price of the day, as with commission_per_share. The target is the weight of the equity that is left after the costs of the trades that are made. A cash flow is invested by the weights held just before it, scaled to the share that is to be invested, and then rounded down again. The fraction of a share that a split leaves is paid in cash at that close.
   *
   * @default "fractional"
   */
  shares?: 'fractional' | 'whole';
  /**
   * What happens with dividends: they buy more shares, or are kept as cash. reinvest: at the close of the ex-date, in the holding that paid them (total-return prices). cash: paid to cash on the ex-date and invested at the next rebalance; needs a source with dividends (yahoo, tiingo, csv, inline).
   *
   * @default "reinvest"
   */
  dividends?: 'reinvest' | 'cash';
}

/**
 * When the portfolio is brought back to its weights, beside the fixed dates. It goes beside parameters.rebalance_frequency: an offset in sessions after each period's end, and drift bands.
 *
 * @default {}
 */
export interface Rebalancing {
  /**
   * Trading days to wait after the end of each week, month, quarter or year before deciding. The number of sessions between the last session of each week, month, ... and the decision. 0: the decision is taken on that session itself. Only periods that end on or after the first decision count, and the first decision is never delayed. With a signal and next_close or next_open it is taken on the session before the period, which may be the last of its month: that end counts.
   * Unit: sessions.
   *
   * @default 0
   */
  offset_sessions?: number;
  /**
   * How far a holding's share may drift before the portfolio is rebalanced, in percentage points. The maximum drift of a weight, cash included, from its target, as a fraction of the portfolio: 0.05 lets 40 % drift from 35 % to 45 %. Beyond it all weights are restored. null: no such band.
   * Unit: fraction of the portfolio.
   *
   * @default null
   */
  absolute_band?: number | null;
  /**
   * How far a holding's share may drift before the portfolio is rebalanced, in proportion to its target. The maximum drift of a weight as a fraction of its target: 0.25 lets 40 % drift from 30 % to 50 %. null: no such band. With both bands the narrower one applies to each holding.
   * Unit: fraction of the target.
   *
   * @default null
   */
  relative_band?: number | null;
  /**
   * Whether drift is looked at every day, or only when a rebalance is due. daily: bands are checked at every close, beside the rebalances at the frequency; with rebalance_frequency never the bands alone decide. at_frequency: bands are checked only when a rebalance is due, which is skipped while every weight is within its bands and no holding enters or leaves.
   *
   * @default "daily"
   */
  bands_checked?: 'daily' | 'at_frequency';
}

/** One series of payments. It has either amount or fraction. */
export interface CashFlow {
  /** Whether money is paid in or taken out. contribution: pays money in. withdrawal: takes money out. */
  type: 'contribution' | 'withdrawal';
  /**
   * How much money each payment is.
   * Unit: currency.
   */
  amount?: number;
  /**
   * How much each payment is, as a share of the portfolio. Of its value just before the payment.
   * Unit: fraction.
   */
  fraction?: number;
  /** How often money is paid in or taken out. At the end of each week, month, quarter, half-year or year of the period, as rebalance_frequency defines them, except on the day of the first purchase. */
  frequency: 'weekly' | 'monthly' | 'quarterly' | 'semiannually' | 'annually';
  /**
   * How much larger the payments become each year. The growth of the amount with every full year since the first session: inflation, or rising savings.
   * Unit: fraction per year.
   *
   * @default 0
   */
  growth_rate?: number;
  /** The day from which payments are made; without one, the beginning of the period. */
  start_date?: string;
  /** The day until which payments are made; without one, the end of the period. */
  end_date?: string;
}

/**
 * What trading and holding cost. A rebalance pays its costs out of the same money, solved exactly.
 *
 * @default {}
 */
export interface Costs {
  /**
   * What the broker takes of the money traded; 10 basis points are a tenth of a per cent. Commission on the value traded.
   * Unit: basis points.
   *
   * @default 0
   */
  commission_bps?: number;
  /**
   * What the broker takes for each trade, however large.
   * Unit: currency per trade.
   *
   * @default 0
   */
  commission_fixed?: number;
  /**
   * What the broker takes for each share. Counted at what a share cost on the day where the source says so (yahoo, tiingo, csv, inline with traded); else at adjusted prices, with a warning.
   * Unit: currency per share.
   *
   * @default 0
   */
  commission_per_share?: number;
  /**
   * The least that the broker takes for a trade.
   * Unit: currency per trade.
   *
   * @default 0
   */
  commission_minimum?: number;
  /**
   * How much worse than the price on the chart you trade. The difference between fill and price: a purchase fills above it, a sale below. The commission is charged on the fill; turnover counts the price.
   * Unit: basis points.
   *
   * @default 0
   */
  slippage_bps?: number;
  /**
   * What the funds themselves charge each year. The expense ratio of the holdings. It lowers their price by ratio · days / 365 from one session to the next; over a step of more than 31 days by 1 − (1 − ratio / 365)^days.
   * Unit: fraction per year.
   *
   * @default 0
   */
  expense_ratio?: number;
}

/**
 * Money that is not invested, and what it earns.
 *
 * @default {}
 */
export interface Cash {
  /**
   * How much of the money stays in cash.
   * Unit: fraction.
   *
   * @default 0
   */
  allocation?: number;
  /**
   * What idle cash earns in a year. It grows by (1 + rate)^(days / 365), whatever the sessions between.
   * Unit: fraction per year.
   *
   * @default 0
   */
  annual_rate?: number;
}

/**
 * Where the prices come from, and what is done about gaps in them.
 *
 * @default {}
 */
export interface DataOptions {
  /**
   * Where the prices are taken from. auto: the price store, then the operator's CSV folder where set, then the bundled sample, then the operator's network source (yahoo where not set). bundled: the sample. yahoo, tiingo, stooq, an installed plug-in's name: that network source alone, through the price store. csv: files in the operator's folder. inline: data.prices of this request.
   *
   * @default "auto"
   */
  source?: 'auto' | 'bundled' | 'yahoo' | 'tiingo' | 'stooq' | 'csv' | 'inline' | (string & {});
  prices?: InlinePrices;
  /**
   * How many trading days in a row a price may be missing. The maximum number of consecutive sessions without a price inside a symbol's history. The last price is carried forward, with a warning. A longer gap is an error.
   * Unit: sessions.
   *
   * @default 5
   */
  max_gap_sessions?: number;
  /**
   * Whether to begin before every holding has prices. true: the period begins with the first holding that has prices. The others enter when their history begins (with a look-back: when it is long enough); until then the rest share their part. false: the period begins when every holding has prices.
   *
   * @default false
   */
  partial_history?: boolean;
  /**
   * What becomes of a holding whose prices stop, as after a takeover. Prices that end before end_date. stop: the period ends with it, with a warning. cash: it is paid out at its last price on the session after, and the others share its part. error: the request is refused.
   *
   * @default "stop"
   */
  ended_history?: 'stop' | 'cash' | 'error';
  /**
   * What is done about a price that jumps too far to be believed. A one-day price ratio outside 0.4 to 2.5 that no known fault of the source explains. warn: it is kept, with a warning. error: the request is refused.
   *
   * @default "warn"
   */
  implausible?: 'warn' | 'error';
  /**
   * How many trading days a year has, for everything that is annualised. Measured from the sessions when it is left out: 252 for five trading days a week, 365 for seven, 52 for weekly and 12 for monthly prices.
   * Unit: sessions.
   */
  periods_per_year?: number;
  /**
   * Whether to fetch stored prices again. true: prices that were fetched into the price store are fetched again. Imported prices stay.
   *
   * @default false
   */
  refresh?: boolean;
}

/** Prices that are sent along with the request. Total-return prices (source inline). Columns are as long as dates, with null where a symbol has no price. */
export interface InlinePrices {
  /** The days of the prices. The sessions, strictly increasing. */
  dates: readonly string[];
  /** Closing prices by symbol, above zero. */
  close: {
    [k: string]: readonly (number | null)[];
  };
  /** Opening prices by symbol, above zero. Needed for next_open only. */
  open?: {
    [k: string]: readonly (number | null)[];
  };
  /** Dividends by symbol. On their ex-dates, as a share of the close before (1 % is 0.01), 0 or null elsewhere; needed for execution.dividends cash. close stays a total-return price. Without traded they are added back to it for what a share cost. */
  dividends?: {
    [k: string]: readonly (number | null)[];
  };
  /** What a share cost on the day, by symbol. Given where close is adjusted for splits and dividends; null where a symbol has no price. Whole shares and commission_per_share count shares at it. A step of close / traded that is n:m within half a per cent and at least 1.2 is a split, any other a dividend. Without it shares are counted at close, with the dividends added back from the last row on, and a warning. */
  traded?: {
    [k: string]: readonly (number | null)[];
  };
}

/** One variation: its name, and what differs. */
export interface Variation {
  /** The name of the variation in the result. */
  name: string;
  /** What differs from the portfolio as it is asked for. A JSON merge patch (RFC 7396) over this request: the keys to change with their new values, null for a key that is left out, and a list as a whole. The request with the patch is a valid request. It changes neither compare and analysis nor schema_version, request_id, output and limits. */
  patch: Record<string, unknown>;
}

/**
 * What the result contains.
 *
 * @default {}
 */
export interface OutputOptions {
  /**
   * Which parts the result has. The blocks of the result. held_weights has the weights that were held at the closes, and decisions the indicators, scores and weights of every rebalance; these two are included only when they are named here.
   *
   * @default ["metrics","metrics_monthly","benchmark","series","weights","trades","final_holdings","tables","attribution"]
   */
  include?: readonly (
    | 'metrics'
    | 'metrics_monthly'
    | 'benchmark'
    | 'series'
    | 'weights'
    | 'held_weights'
    | 'trades'
    | 'final_holdings'
    | 'tables'
    | 'attribution'
    | 'decisions'
  )[];
  /**
   * How many days a chart shows at most. The maximum number of points of a daily series. Of a longer one, whole sessions are kept, the same for every column: the first and the last, and of the portfolio and of the benchmark the lowest drawdown, the highest and the lowest value, in this order as far as the number allows (8 are enough); then likewise of each of as many stretches of equal length as it allows. null: every session. held_weights has at most as many, evenly spaced and at the rebalances; null: 500. Metrics are always computed from every session.
   * Unit: points.
   *
   * @default null
   */
  max_points?: number | null;
  /**
   * How many digits the numbers have. The significant digits of every computed number. null: as many as it takes to read the number back exactly.
   * Unit: significant digits.
   *
   * @default 12
   */
  precision?: number | null;
}

/**
 * How much time and memory the run may take. Within the operator's caps.
 *
 * @default {}
 */
export interface Limits {
  /**
   * How long the run may take before it is stopped. It ends with TIMEOUT. The operator sets the default and the cap.
   * Unit: seconds.
   *
   * @default 30
   */
  timeout_seconds?: number;
  /**
   * How much memory the run may take. Beyond the interpreter itself. null: the operator's limit.
   * Unit: MiB.
   *
   * @default null
   */
  memory_mb?: number | null;
}
