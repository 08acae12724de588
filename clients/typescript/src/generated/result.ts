// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { AnalysisResult } from './analysis_result.js';

/** The document of a successful run. Fractions everywhere (0.12 is 12 %), money in currency units, dates in ISO 8601. An undefined value is null, with its reason in null_reasons. P is period.periods_per_year. A block that output.include does not name is absent. */
export interface BacktestResult {
  /** true: this is a result, not an error. */
  success: true;
  /** The version of the contract. */
  schema_version: '1';
  /** The caller's own name for the run. The result repeats it; result_id does not depend on it. */
  request_id?: string;
  /** The fingerprint of this result: the same request on the same prices has the same one, wherever it runs. SHA-256 over the canonical JSON (RFC 8785) of {request, prices: digests by symbol, engine: version}. Same inputs, same id, and same bytes outside timing_ms and request_id. */
  result_id: string;
  /** The program that computed the result. */
  engine: {
    name: string;
    version: string;
  };
  /** The request with every default filled in and symbols upper-cased, without request_id and data.prices. Allocations are as requested; where they did not sum to 1 they were scaled for the run, with a warning. */
  request: Record<string, unknown>;
  period: Period;
  metrics?: Metrics;
  metrics_monthly?: MonthlyMetrics;
  /** The same capital in the benchmark, without costs; null without a benchmark. A symbol is bought with the portfolio and held, a portfolio is restored at its frequency. The cash flows of the request are paid in and taken out alike. Its series share series.dates. */
  benchmark?: BenchmarkResult | null;
  series?: Series;
  weights?: Weights;
  held_weights?: HeldWeights;
  /** Every trade, by date and then in the order of the holdings. The fraction of a share that a split leaves, where shares are whole, is paid in cash at that close and is no trade. */
  trades?: Trade[];
  /** The positions after the last session. */
  final_holdings?: FinalHolding[];
  /** Cash after the last session. */
  final_cash?: {
    /**
     * Cash at the end.
     * Unit: currency.
     */
    value: number;
    /**
     * Share of the equity.
     * Unit: fraction.
     */
    weight: number;
  };
  tables?: Tables;
  attribution?: Attribution;
  decisions?: Decisions;
  comparison?: Comparison;
  analysis?: AnalysisResult;
  rules?: RuleCounts;
  audit: Audit;
  /** Warnings about the result. */
  warnings: BacktestWarning[];
  /** The reasons of nulls, by JSON pointer into this document. */
  null_reasons: {
    [k: string]:
      | 'PERIOD_UNDER_ONE_YEAR'
      | 'TOO_FEW_OBSERVATIONS'
      | 'ZERO_DENOMINATOR'
      | 'NO_BENCHMARK'
      | 'PERIOD_TOO_SHORT'
      | 'TOO_MANY_HOLDINGS'
      | 'HISTORY_TOO_SHORT'
      | 'MULTIPLE_SOLUTIONS'
      | 'NO_SOLUTION'
      | 'VARIATION_FAILED'
      | 'DOES_NOT_APPLY'
      | 'NOT_ABOVE_ZERO'
      | 'BEHIND_WITHOUT_COMMISSION'
      | 'AHEAD_AT_ANY_COMMISSION';
  };
  /** The provenance of the prices. */
  data: {
    /** Provenance of each symbol's prices, warm-up included. */
    symbols: {
      /** One symbol's. */
      [k: string]: {
        /** What people call the symbol, such as S&P 500 for ^GSPC. Absent where it is not known. */
        name?: string;
        /** The source of the prices, regardless of the price store; of a plug-in, its name. */
        source: 'yahoo' | 'tiingo' | 'stooq' | 'bundled' | 'csv' | 'inline' | (string & {});
        first: string | null;
        last: string | null;
        /** The number of prices used. */
        sessions: number;
        /** SHA-256 over the prices used. */
        digest: string;
      };
    };
  };
  /** Milliseconds by stage, and in total; the only part that differs from run to run. */
  timing_ms: {
    [k: string]: number;
  };
}

/** The requested and the effective period. */
export interface Period {
  /** start_date and end_date. */
  requested: {
    /** A calendar date, ISO 8601. */
    start: string;
    /** A calendar date, ISO 8601. */
    end: string;
  };
  /** The first and last session of the run. */
  effective: {
    /** A calendar date, ISO 8601. */
    start: string;
    /** A calendar date, ISO 8601. */
    end: string;
  };
  /**
   * Sessions in the effective period.
   * Unit: sessions.
   */
  sessions: number;
  /** The symbol whose history delayed the start; null where none did. */
  limited_by: string | null;
  /**
   * How many trading days a year has here. P, measured from the sessions with the warm-up, unless data.periods_per_year is given. With the median step between sessions at 1 or 2 days: 252 where five weekdays have a session in at least half of the weeks, 365 where all seven do, else round(365.25 k / 7) for k weekdays. 52 for a step of 5 to 9 days, 12 for 26 to 35, else round(steps x 365.25 / days). Of fewer than 30 sessions: 365 where there are Saturdays and Sundays, else 252.
   * Unit: sessions per year.
   */
  periods_per_year: number;
}

/** Metrics of daily values. Those against the benchmark are null without one. */
export interface Metrics {
  /**
   * What the money is worth at the end. V_end: cash and positions at the last session's close.
   * Unit: currency.
   */
  final_value: number | null;
  /**
   * How much the money grew over the whole period. G_end / initial_capital − 1, G the growth of the initial capital at the daily returns: time-weighted where there are cash flows, and V_end / initial_capital − 1 where there are none.
   * Unit: fraction.
   */
  total_return: number | null;
  /**
   * How much the money grew in a year on average, as if by the same per cent each year. (1 + total_return)^(365.25 / calendar days) − 1; null under one year (365 days).
   * Unit: fraction per year.
   */
  cagr: number | null;
  /**
   * How much the value moves in a year; about two years in three end within this much of the average. sd(r, ddof 1) · √P, r the daily returns, time-weighted.
   * Unit: fraction per year.
   */
  annual_volatility: number | null;
  /**
   * How much you earned for each unit of risk; above 1 is rare over long periods. mean(r − rf) / sd(r − rf, ddof 1) · √P, rf = (1 + risk_free_rate)^(1/P) − 1.
   * Unit: ratio.
   */
  sharpe_ratio: number | null;
  /**
   * How much you earned for each unit of risk when only losses count as risk. mean(r − rf) / √mean(min(r − rf, 0)²) · √P, the mean over all sessions.
   * Unit: ratio.
   */
  sortino_ratio: number | null;
  /**
   * How much you earned in a year for each per cent of the deepest fall. cagr / |max_drawdown|.
   * Unit: ratio.
   */
  calmar_ratio: number | null;
  /**
   * How far the value fell at worst from a high before it. min(G / running max(G, initial_capital) − 1), at most 0; G the growth of the initial capital, cash flows left out.
   * Unit: fraction.
   */
  max_drawdown: number | null;
  /**
   * How long you would have waited to see the old high again, after the deepest fall. Calendar days from the peak before the deepest drawdown to its recovery, or to the end.
   * Unit: days.
   */
  max_drawdown_days: number | null;
  /**
   * On one day in twenty you lost this much or more. 5th percentile of r, linear interpolation.
   * Unit: fraction.
   */
  var_95: number | null;
  /**
   * What you lost on average on the worst days, one in twenty. Mean of r at or below the 5th percentile.
   * Unit: fraction.
   */
  cvar_95: number | null;
  /**
   * How many of the days ended with a gain. Share of sessions with r > 0 among those with r ≠ 0.
   * Unit: fraction.
   */
  win_rate: number | null;
  /**
   * How much was gained on good days for each dollar lost on bad ones. Σ gains / Σ losses of the daily profit in money.
   * Unit: ratio.
   */
  profit_factor: number | null;
  /**
   * The largest gain on a single day. max r.
   * Unit: fraction.
   */
  best_day: number | null;
  /**
   * The largest loss on a single day. min r.
   * Unit: fraction.
   */
  worst_day: number | null;
  /**
   * Whether extreme days were rather losses, below 0, or gains, above 0. Third standardised moment of r, bias-corrected.
   * Unit: number.
   */
  skew: number | null;
  /**
   * How much more often extreme days came than on a bell curve; 0 is as often. Fourth standardised moment of r less 3, bias-corrected.
   * Unit: number.
   */
  kurtosis: number | null;
  /**
   * How deep below its high the value was, and for how long; less is calmer. √mean(drawdown²).
   * Unit: fraction.
   */
  ulcer_index: number | null;
  /**
   * How much all the gains outweigh all the losses; above 1 the gains do. Σ r⁺ / Σ r⁻ about 0.
   * Unit: ratio.
   */
  omega_ratio: number | null;
  /**
   * How large the very good days were against the very bad ones; above 1 the good ones were larger. |p95 / p5| of r.
   * Unit: ratio.
   */
  tail_ratio: number | null;
  /**
   * How much of the portfolio was sold and bought anew in a year. Σ ½ Σ |trade value| / equity a year of 365.25 days, the first purchase left out. Values are units · price before slippage, equity is that just before the trades. Investing a cash flow is not turnover.
   * Unit: fraction per year.
   */
  turnover_per_year: number | null;
  /**
   * What trading and holding cost altogether. Commission, slippage and accrued expenses over the period.
   * Unit: currency.
   */
  total_costs: number | null;
  /**
   * How much of the money was invested on average. Mean share of the equity that is invested, not cash.
   * Unit: fraction.
   */
  exposure: number | null;
  /**
   * What your own money earned in a year, seeing when it was paid in and taken out. The rate x at which the initial capital and the cash flows grow to V_end: initial_capital · (1 + x)^Y + Σ F · (1 + x)^(years left) = V_end, years of 365.25 days. The investor's own return (IRR); null under one year (365 days), and where several rates solve it or none: −100, +230, −132 a year apart is solved by 10 % and by 20 %, and neither is the investor's return.
   * Unit: fraction per year.
   */
  money_weighted_return: number | null;
  /**
   * What you paid in along the way, less what you took out. Σ F: money paid in less money taken out after the start.
   * Unit: currency.
   */
  net_contributions: number | null;
  /**
   * What was earned beyond the money that was paid in. V_end − initial_capital − net_contributions.
   * Unit: currency.
   */
  total_profit: number | null;
  /**
   * What the holdings paid out in cash. Dividends paid to cash; 0 where they are reinvested, and then part of the price.
   * Unit: currency.
   */
  dividend_income: number | null;
  /**
   * What idle cash earned. The interest on cash; below 0 where its rate is.
   * Unit: currency.
   */
  interest_income: number | null;
  /**
   * How much the portfolio moved when the benchmark moved by 1 %; above 1 it moved more. Slope of the regression of excess return on the benchmark's excess return. Here and below where the benchmark or a holding lacks prices: over returns between consecutive sessions on which the benchmark and all that is held have a price of their own, with the P of those sessions.
   * Unit: ratio.
   */
  beta: number | null;
  /**
   * What was earned in a year beyond what the benchmark's moves explain. Intercept of that regression · P.
   * Unit: fraction per year.
   */
  alpha: number | null;
  /**
   * How far the portfolio strayed from its benchmark in a year. sd(r − b, ddof 1) · √P, b the benchmark's returns.
   * Unit: fraction per year.
   */
  tracking_error: number | null;
  /**
   * How much more than the benchmark you earned for straying from it. mean(r − b) · P / tracking_error.
   * Unit: ratio.
   */
  information_ratio: number | null;
  /**
   * How much of the benchmark's good months the portfolio caught; 100 % is all. Geometric mean monthly return over the full months in which the benchmark rose, over the benchmark's.
   * Unit: ratio.
   */
  up_capture: number | null;
  /**
   * How much of the benchmark's bad months the portfolio shared; less than 100 % is less. Geometric mean monthly return over the full months in which the benchmark fell, over the benchmark's.
   * Unit: ratio.
   */
  down_capture: number | null;
}

/** The same figures made of month-end values, as some other tools report them. The same definitions over month-end values (P = 12), as Portfolio Visualizer reports. They count full calendar months alone, and begin with the value at the end of the month in which the period starts, unless that month is full. */
export interface MonthlyMetrics {
  /**
   * How much the value moves in a year; about two years in three end within this much of the average. sd(r, ddof 1) · √P, r the monthly returns.
   * Unit: fraction per year.
   */
  annual_volatility: number | null;
  /**
   * How much you earned for each unit of risk; above 1 is rare over long periods. mean(r − rf) / sd(r − rf, ddof 1) · √P, rf = (1 + risk_free_rate)^(1/P) − 1.
   * Unit: ratio.
   */
  sharpe_ratio: number | null;
  /**
   * How much you earned for each unit of risk when only losses count as risk. mean(r − rf) / √mean(min(r − rf, 0)²) · √P, the mean over all sessions.
   * Unit: ratio.
   */
  sortino_ratio: number | null;
  /**
   * In one month in twenty you lost this much or more. 5th percentile of r, linear interpolation.
   * Unit: fraction.
   */
  var_95: number | null;
  /**
   * How far the value fell at worst from a high before it, seen at month-ends alone. min(G / running max(G) − 1), at most 0; G the growth of the initial capital at month-ends, cash flows left out, from the value before the first full month on.
   * Unit: fraction.
   */
  max_drawdown: number | null;
}

/** Benchmark. */
export interface BenchmarkResult {
  /** The symbol; absent where the benchmark is a portfolio. */
  symbol?: string;
  /** The name of the portfolio; absent where the benchmark is a symbol. */
  name?: string;
  metrics: BenchmarkMetrics;
  /** Series. */
  series: {
    /**
     * Cash and positions at the close, after the session's trades.
     * Unit: currency.
     */
    portfolio_value: number[];
    /**
     * What it gained or lost on that day. Simple return of the session; the first against initial_capital, so that first-day costs count.
     * Unit: fraction.
     */
    returns: number[];
    /**
     * How far the value was below its high. V / running max(V, initial_capital) − 1, at most 0.
     * Unit: fraction.
     */
    drawdown: number[];
  };
}

/** The benchmark's own. */
export interface BenchmarkMetrics {
  /**
   * What the money is worth at the end. V_end: cash and positions at the last session's close.
   * Unit: currency.
   */
  final_value: number | null;
  /**
   * How much the money grew over the whole period. G_end / initial_capital − 1, G the growth of the initial capital at the daily returns: time-weighted where there are cash flows, and V_end / initial_capital − 1 where there are none.
   * Unit: fraction.
   */
  total_return: number | null;
  /**
   * How much the money grew in a year on average, as if by the same per cent each year. (1 + total_return)^(365.25 / calendar days) − 1; null under one year (365 days).
   * Unit: fraction per year.
   */
  cagr: number | null;
  /**
   * How much the value moves in a year; about two years in three end within this much of the average. sd(r, ddof 1) · √P, r the daily returns.
   * Unit: fraction per year.
   */
  annual_volatility: number | null;
  /**
   * How much you earned for each unit of risk; above 1 is rare over long periods. mean(r − rf) / sd(r − rf, ddof 1) · √P, rf = (1 + risk_free_rate)^(1/P) − 1.
   * Unit: ratio.
   */
  sharpe_ratio: number | null;
  /**
   * How much you earned for each unit of risk when only losses count as risk. mean(r − rf) / √mean(min(r − rf, 0)²) · √P, the mean over all sessions.
   * Unit: ratio.
   */
  sortino_ratio: number | null;
  /**
   * How much you earned in a year for each per cent of the deepest fall. cagr / |max_drawdown|.
   * Unit: ratio.
   */
  calmar_ratio: number | null;
  /**
   * How far the value fell at worst from a high before it. min(V / running max(V, initial_capital) − 1), at most 0.
   * Unit: fraction.
   */
  max_drawdown: number | null;
  /**
   * How long you would have waited to see the old high again, after the deepest fall. Calendar days from the peak before the deepest drawdown to its recovery, or to the end.
   * Unit: days.
   */
  max_drawdown_days: number | null;
  /**
   * On one day in twenty you lost this much or more. 5th percentile of r, linear interpolation.
   * Unit: fraction.
   */
  var_95: number | null;
  /**
   * What you lost on average on the worst days, one in twenty. Mean of r at or below the 5th percentile.
   * Unit: fraction.
   */
  cvar_95: number | null;
  /**
   * How many of the days ended with a gain. Share of sessions with r > 0 among those with r ≠ 0.
   * Unit: fraction.
   */
  win_rate: number | null;
  /**
   * How much was gained on good days for each dollar lost on bad ones. Σ gains / Σ losses of the daily profit in money.
   * Unit: ratio.
   */
  profit_factor: number | null;
  /**
   * The largest gain on a single day. max r.
   * Unit: fraction.
   */
  best_day: number | null;
  /**
   * The largest loss on a single day. min r.
   * Unit: fraction.
   */
  worst_day: number | null;
  /**
   * Whether extreme days were rather losses, below 0, or gains, above 0. Third standardised moment of r, bias-corrected.
   * Unit: number.
   */
  skew: number | null;
  /**
   * How much more often extreme days came than on a bell curve; 0 is as often. Fourth standardised moment of r less 3, bias-corrected.
   * Unit: number.
   */
  kurtosis: number | null;
  /**
   * How deep below its high the value was, and for how long; less is calmer. √mean(drawdown²).
   * Unit: fraction.
   */
  ulcer_index: number | null;
  /**
   * How much all the gains outweigh all the losses; above 1 the gains do. Σ r⁺ / Σ r⁻ about 0.
   * Unit: ratio.
   */
  omega_ratio: number | null;
  /**
   * How large the very good days were against the very bad ones; above 1 the good ones were larger. |p95 / p5| of r.
   * Unit: ratio.
   */
  tail_ratio: number | null;
  /**
   * What your own money would have earned in a year in the benchmark, seeing when it was paid in and taken out. The rate x at which the initial capital and the cash flows grow to V_end: initial_capital · (1 + x)^Y + Σ F · (1 + x)^(years left) = V_end, years of 365.25 days. The investor's own return (IRR); null under one year (365 days), and where several rates solve it or none: −100, +230, −132 a year apart is solved by 10 % and by 20 %, and neither is the investor's return. Only where there are cash flows.
   * Unit: fraction per year.
   */
  money_weighted_return?: number | null;
  /**
   * What you paid in along the way, less what you took out. Σ F: money paid in less money taken out after the start. Only where there are cash flows.
   * Unit: currency.
   */
  net_contributions?: number | null;
  /**
   * What was earned beyond the money that was paid in. V_end − initial_capital − net_contributions. Only where there are cash flows.
   * Unit: currency.
   */
  total_profit?: number | null;
}

/** The value of the portfolio, its returns and its falls, day by day. Daily columns over the effective period, thinned to output.max_points: every value is that of its own session, as if the series were whole. */
export interface Series {
  /** The sessions. */
  dates: string[];
  /**
   * Cash and positions at the close, after the session's trades and cash flows.
   * Unit: currency.
   */
  portfolio_value: number[];
  /**
   * What the portfolio gained or lost on that day, cash flows left out. Simple return of the session, time-weighted: (V − cash flow at its close) / V of the session before − 1; the first against initial_capital, so that first-day costs count. Of a thinned series too it is the return of the one session, not since the point before.
   * Unit: fraction.
   */
  returns: number[];
  /**
   * How far the value was below its high. G / running max(G, initial_capital) − 1, at most 0; G the growth of the initial capital at the returns, cash flows left out.
   * Unit: fraction.
   */
  drawdown: number[];
  /**
   * Money paid in or taken out on that day. At the session's close, below zero where it is taken out; null without cash flows.
   * Unit: currency.
   */
  cash_flows: number[] | null;
}

/** The target weights of each rebalance, by execution date. A rebalance that could not pay its costs (REBALANCE_SKIPPED) is included, the investment of cash flows is not. */
export interface Weights {
  /** Execution dates. */
  dates: string[];
  /** The decision date of each rebalance; null for a first decision before which there is no session. */
  decided: (string | null)[];
  /** scheduled: a rebalance was due by rebalance_frequency. band: a weight had left its band, and the targets in force were restored. */
  triggers: ('scheduled' | 'band')[];
  /** A column for each holding. */
  symbols: {
    /**
     * Target share of the equity.
     * Unit: fraction.
     */
    [k: string]: number[];
  };
  /**
   * Share left in cash.
   * Unit: fraction.
   */
  cash: number[];
}

/** The weights that were held at the closes; between rebalances they drift with the prices. Together with cash they are 1. At most output.max_points sessions, and 500 where it is null: the first and the last, each rebalance and the session before it where these are at most half of them, and others evenly spaced. Only where output.include names it. */
export interface HeldWeights {
  /** The sessions, of those of the period. */
  dates: string[];
  /** A column for each holding. */
  symbols: {
    /**
     * How much of the portfolio the holding was. units · price / V, at the close and after the session's trades; the price is the one that V counts it at. null once the last money is withdrawn.
     * Unit: fraction.
     */
    [k: string]: (number | null)[];
  };
  /**
   * How much of the portfolio was cash. cash / V. null once the last money is withdrawn.
   * Unit: fraction.
   */
  cash: (number | null)[];
}

/** One order, filled. */
export interface Trade {
  /** A calendar date, ISO 8601. */
  date: string;
  /** The short name under which a security is traded, such as AAPL for Apple. A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
  symbol: string;
  /** buy or sell. */
  side: 'buy' | 'sell';
  /**
   * How many shares were bought or sold. Above zero, counted at what a share cost on the day, where the source says so (warning ADJUSTED_SHARE_COUNTS where it does not).
   * Unit: shares.
   */
  units: number;
  /**
   * What was paid or received for a share, slippage included. See the price of final_holdings.
   * Unit: currency per share.
   */
  price: number;
  /**
   * How much money it is. units × price.
   * Unit: currency.
   */
  value: number;
  /**
   * The commission, paid beside the value.
   * Unit: currency.
   */
  commission: number;
  /**
   * The cost of the fill against the price; included in value.
   * Unit: currency.
   */
  slippage: number;
  /** Why it was traded. rebalance: to the target weights. cash_flow: to invest money paid in, or to raise money taken out. ended: paid out at its last price, because its prices ended. */
  reason: 'rebalance' | 'cash_flow' | 'ended';
}

/** A position. */
export interface FinalHolding {
  /** The short name under which a security is traded, such as AAPL for Apple. A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
  symbol: string;
  /**
   * Shares held. Splits and reinvested dividends add to them without a trade.
   * Unit: shares.
   */
  units: number;
  /**
   * What a share cost at the end. At the close, lowered by the expense_ratio accrued since the first session. Where the source has adjusted closes alone, the adjusted close; dividends that inline prices tell are added back to it, from the last row given.
   * Unit: currency per share.
   */
  price: number;
  /**
   * How much money it is. units × price.
   * Unit: currency.
   */
  value: number;
  /**
   * Share of the equity.
   * Unit: fraction.
   */
  weight: number;
}

/** Tables for comparing portfolios. All returns are time-weighted, from the initial capital to the value after costs. A table that begins with the period's first session begins from initial_capital, so that first-day costs count. */
export interface Tables {
  /** What each year brought. Calendar years, each from the last session of the year before (the first from initial_capital); they compound to total_return. */
  annual_returns: {
    /** The calendar years. */
    years: number[];
    /**
     * Return of the year.
     * Unit: fraction.
     */
    portfolio: (number | null)[];
    /**
     * What the benchmark brought that year. Null without a benchmark.
     * Unit: fraction.
     */
    benchmark: (number | null)[] | null;
    /** Whether the period has the whole year. It has ended: a later price is at hand, or end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it. It began before: an earlier session lies in the period, or the period begins with the first session of the year, at most 7 days in. */
    complete: boolean[];
  };
  /** What each month brought. Calendar months, each from the last session of the month before (the first from initial_capital); they compound to total_return. The first and the last may be incomplete; no other figure counts those. */
  monthly_returns: {
    /** The months, YYYY-MM. */
    months: string[];
    /**
     * Return of the month.
     * Unit: fraction.
     */
    portfolio: (number | null)[];
    /**
     * What the benchmark brought that month. Null without a benchmark.
     * Unit: fraction.
     */
    benchmark: (number | null)[] | null;
    /** Whether the period has the whole month, as it is defined for a year. */
    complete: boolean[];
  };
  /**
   * The ten deepest drawdowns of the growth of the initial capital below its running peak, deepest first. The first is max_drawdown.
   *
   * Items: One drawdown, from the peak until the peak is reached again.
   */
  drawdowns: {
    /** The last day before the fall. The last session at the peak; the first session where the peak is initial_capital. */
    peak: string;
    /** The deepest session. */
    trough: string;
    /** The day on which the old high was reached again. The first session back at the peak; null where there is none until the end. */
    recovery: string | null;
    /**
     * How far the value fell. Trough / peak − 1, below 0.
     * Unit: fraction.
     */
    depth: number;
    /**
     * Calendar days from the peak to the trough.
     * Unit: days.
     */
    days_to_trough: number;
    /**
     * How long it took to get back up. Calendar days from the trough to the recovery; null without one.
     * Unit: days.
     */
    days_to_recovery: number | null;
    /**
     * Calendar days from the peak to the recovery, or to the end.
     * Unit: days.
     */
    days: number;
  }[];
  /** Back from the last session. Those over more than one year are annualised: (1 + R)^(365.25 / calendar days) − 1. */
  trailing_returns: {
    /** Months (M) and years (Y) back, the year to date (YTD), and the whole period (inception). */
    periods: ('1M' | '3M' | '6M' | 'YTD' | '1Y' | '3Y' | '5Y' | '10Y' | 'inception')[];
    /** The day that it is counted from. The last session on or before the same day so many months earlier (the month's last day where it has no such day), for YTD the last session of the year before; null where the period does not reach so far. */
    start: (string | null)[];
    /**
     * What the portfolio brought until the end. Return from the close of start; null where the period does not reach so far.
     * Unit: fraction.
     */
    portfolio: (number | null)[];
    /**
     * What the benchmark brought until the end. Return from the close of start; null where the period does not reach so far, and null as a whole without a benchmark.
     * Unit: fraction.
     */
    benchmark: (number | null)[] | null;
    /** Whether the return is annualised: those over more than 1Y, and inception from 365 days on. */
    annualised: boolean[];
  };
  /**
   * Every window of 1, 3 and 5 years, month-end to month-end. A month-end is the last session of a month that has ended; initial_capital counts as one where the period begins with the first session of a month, at most 7 days in.
   *
   * Items: The windows of one length.
   */
  rolling_returns: {
    /**
     * The length of the windows.
     * Unit: years.
     */
    years: 1 | 3 | 5;
    /** The month-ends on which the windows end; empty where the period is shorter than a window. */
    dates: string[];
    /**
     * What a year brought on average, over the years that end on that day. (G_end / G_start)^(1 / years) − 1.
     * Unit: fraction per year.
     */
    portfolio: (number | null)[];
    /**
     * What the benchmark brought over the same years. Null without a benchmark.
     * Unit: fraction per year.
     */
    benchmark: (number | null)[] | null;
    /**
     * The best of all. Null for no window.
     * Unit: fraction per year.
     */
    best: number | null;
    /**
     * The worst of all. Null for no window.
     * Unit: fraction per year.
     */
    worst: number | null;
    /**
     * The average of all. Null for no window.
     * Unit: fraction per year.
     */
    average: number | null;
    /**
     * How many of them ended with a gain. Share of the windows with a return above 0; null for no window.
     * Unit: fraction.
     */
    share_positive: number | null;
    /** The same of the benchmark. Null without a benchmark. Its keys are best, worst, average and share_positive. */
    benchmark_summary: {
      /**
       * The best of all. Null for no window.
       * Unit: fraction per year.
       */
      best: number | null;
      /**
       * The worst of all. Null for no window.
       * Unit: fraction per year.
       */
      worst: number | null;
      /**
       * The average of all. Null for no window.
       * Unit: fraction per year.
       */
      average: number | null;
      /**
       * How many of them ended with a gain. Share of the windows with a return above 0; null for no window.
       * Unit: fraction.
       */
      share_positive: number | null;
    } | null;
  }[];
  /**
   * Crises that lie wholly inside the period, dated by the closes of the S&P 500 from peak to trough.
   *
   * Items: One entry.
   */
  stress_periods: {
    /** The name of the crisis. */
    name: string;
    /** The last close before the fall; the return is from the last session on or before it. */
    start: string;
    /** The trough; the return is to the last session on or before it. */
    end: string;
    /**
     * Return over it.
     * Unit: fraction.
     */
    portfolio: number;
    /**
     * What the benchmark brought over it. Null without one.
     * Unit: fraction.
     */
    benchmark: number | null;
    /**
     * The portfolio's deepest fall from its highest value within it, at most 0.
     * Unit: fraction.
     */
    max_drawdown: number;
  }[];
  /** The best and the worst of the portfolio's days, months and years. */
  extremes: {
    /** The session with the highest return. */
    best_day: {
      /** The session, the first of equals. */
      date: string;
      /**
       * Its return.
       * Unit: fraction.
       */
      return: number;
    };
    /** The session with the lowest return. */
    worst_day: {
      /** The session, the first of equals. */
      date: string;
      /**
       * Its return.
       * Unit: fraction.
       */
      return: number;
    };
    /** The best month, and what it brought. Of the complete months; null when there is none. */
    best_month: {
      /** The month, YYYY-MM, the first of equals. */
      month: string;
      /**
       * Its return.
       * Unit: fraction.
       */
      return: number;
    } | null;
    /** The worst month, and what it brought. Of the complete months; null when there is none. */
    worst_month: {
      /** The month, YYYY-MM, the first of equals. */
      month: string;
      /**
       * Its return.
       * Unit: fraction.
       */
      return: number;
    } | null;
    /** The best year, and what it brought. Of the complete years; null when there is none. */
    best_year: {
      /** The year, the first of equals. */
      year: number;
      /**
       * Its return.
       * Unit: fraction.
       */
      return: number;
    } | null;
    /** The worst year, and what it brought. Of the complete years; null when there is none. */
    worst_year: {
      /** The year, the first of equals. */
      year: number;
      /**
       * Its return.
       * Unit: fraction.
       */
      return: number;
    } | null;
    /**
     * How many of the months ended with a gain. Share of the complete months with a return above 0; null when there is none.
     * Unit: fraction.
     */
    positive_months: number | null;
    /**
     * How many of the years ended with a gain. Share of the complete years with a return above 0; null when there is none.
     * Unit: fraction.
     */
    positive_years: number | null;
  };
}

/** The attribution of profit, risk and costs to holdings. All holdings are listed, also those never held. */
export interface Attribution {
  /** Money over the period. */
  profit: {
    /** What each holding earned or lost. Value at the end − Σ bought + Σ sold (at the fills) − commission + dividends paid to cash. */
    symbols: {
      /**
       * The holding's.
       * Unit: currency.
       */
      [k: string]: number;
    };
    /**
     * The interest on cash.
     * Unit: currency.
     */
    interest: number;
    /**
     * All of them together. That is metrics.total_profit, to rounding.
     * Unit: currency.
     */
    total: number;
  };
  /** How much of the ups and downs each holding brought. They are contributions to the annual volatility, which they sum to: cov(c, r, ddof 1) / sd(r) · √P, c the profit of the session over the equity of the session before. Where prices were carried forward, c, r and P are of the steps between consecutive sessions on which every holding that was held has a price of its own. A contribution below 0 reduces the volatility. */
  risk: {
    /** What each holding brought, its trading costs included. Null where the portfolio never moved. */
    symbols: {
      /**
       * The holding's.
       * Unit: fraction per year.
       */
      [k: string]: number | null;
    };
    /**
     * The contribution of the interest on cash.
     * Unit: fraction per year.
     */
    other: number | null;
    /**
     * All of them together. That is metrics.annual_volatility; where prices were carried forward, the volatility of the steps that risk describes.
     * Unit: fraction per year.
     */
    total: number | null;
  };
  /** How much the holdings moved together; 1 is in step, 0 is independently. Of the holdings' total returns over the period, each pair over the returns between consecutive sessions on which both have a price of their own: symbols, and the matrix in their order. null for more than 50 holdings. */
  correlation: {
    /** Rows and columns, in the order of the holdings. */
    symbols: string[];
    /**
     * One row and one column for each holding. Null where a holding never moved, or a pair has fewer than two sessions.
     * Unit: ratio.
     */
    matrix: (number | null)[][];
  } | null;
  /** Money over the period. */
  costs: {
    /**
     * What the broker took. Σ commission.
     * Unit: currency.
     */
    commission: number;
    /**
     * What was lost because trades were made at worse prices. Σ slippage: the costs of the fills against the price.
     * Unit: currency.
     */
    slippage: number;
    /**
     * The expenses of the expense ratios.
     * Unit: currency.
     */
    expense_ratio: number;
    /**
     * All of them together. That is metrics.total_costs.
     * Unit: currency.
     */
    total: number;
  };
}

/** The indicators, scores and weights of each decision: columns with an item for each rebalance, in the order of weights.dates. Included only when output.include names it. */
export interface Decisions {
  /** The decision date; null for a first decision before which there is no session. */
  decided: (string | null)[];
  /** The execution date. */
  executed: string[];
  /** scheduled: a rebalance was due by rebalance_frequency. band: a weight had left its band; indicators and weights are those of the decision in force. */
  trigger: ('scheduled' | 'band')[];
  /** The indicators by name (lookback_return, ...). */
  seen: {
    /** A column for each holding, or one under portfolio for an indicator of the whole, or of one symbol that its name has. */
    [k: string]: {
      /** The indicator; null where the history is too short. */
      [k: string]: (number | null)[];
    };
  };
  /** The scores of the ranking, a column for each holding; null for a strategy that does not rank. */
  scores: {
    /** The holding's; null where the holding was not ranked. */
    [k: string]: (number | null)[];
  } | null;
  /** The ranks by score, a column for each holding; 1 is the highest. null for a strategy that does not rank. */
  ranks: {
    /** The holding's; null where the holding was not ranked. */
    [k: string]: (number | null)[];
  } | null;
  /** The target weights, a column for each holding. */
  weights: {
    /**
     * Target share of the equity.
     * Unit: fraction.
     */
    [k: string]: number[];
  };
  /**
   * Share left in cash.
   * Unit: fraction.
   */
  cash: number[];
  /** Only of the strategy rules: which way the tree went. The names, or the pointers, of the nodes that the decision reached, the root first, at most 100; none where the tree was unknown. A node whose name a sibling has too is there by its pointer. seen has the values that it compared, each named by its symbol or node, its indicator and its window; a node by its pointer where another one, or a symbol that is compared, has its name. */
  path?: string[][];
}

/** The request as asked and its variations, side by side over the period that all have in common. Only where the request has compare. */
export interface Comparison {
  /** The first and the last session that all have. Where the periods differ, each run is made again with these as start_date and end_date. */
  period: {
    /** A calendar date, ISO 8601. */
    start: string;
    /** A calendar date, ISO 8601. */
    end: string;
    /**
     * Its sessions.
     * Unit: sessions.
     */
    sessions: number;
    /** The name of the run that begins last, or else of the one that ends first; null where all have the same period. */
    limited_by: string | null;
  };
  /** The runs, in this order in every column: As asked, then the variations. */
  names: string[];
  /** The figures of each run, side by side. A column for each metric of result.metrics. */
  metrics: {
    /** The figure of each run. Null where it is undefined or the run failed. */
    [k: string]: (number | null)[];
  };
  /** The sessions that all runs have, thinned to output.max_points. */
  dates: string[];
  /** The portfolio value of each run on these dates, by name. A run that failed has none. */
  portfolio_value: {
    /**
     * At the close.
     * Unit: currency.
     */
    [k: string]: number[];
  };
  /**
   * How much the runs moved together; 1 is in step, 0 is independently. Of the runs' growth from each of the common sessions to the next: a row and a column for each name; null where a run failed or never moved.
   * Unit: ratio.
   */
  correlations: (number | null)[][];
  /** The warnings of each variation that the request as asked does not have, by name. */
  warnings: {
    /**
     * As in result.warnings.
     *
     * Items: One entry.
     */
    [k: string]: {
      /** The kind of warning. */
      code: string;
      /** info or warning. */
      severity: 'info' | 'warning';
      /** One sentence. */
      detail: string;
      /** JSON pointer into the patched request. */
      pointer?: string;
      /** The short name under which a security is traded, such as AAPL for Apple. A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
      symbol?: string;
    }[];
  };
  /** The errors of the variations that failed, by name. */
  errors: {
    /** As in an error document. */
    [k: string]: {
      /** The code of the error. */
      code: string;
      /** One sentence. */
      detail: string;
      /** JSON pointer into the patched request. */
      pointer?: string;
    };
  };
}

/** Only of the strategy rules: how often each leaf of the tree was held. */
export interface RuleCounts {
  /** The number of decisions. */
  decisions: number;
  /** The decisions for which the history was too short; when_unknown says what was held instead. */
  unknown: number;
  /** The leaves in the order of the tree, a definition where it is used first. */
  leaves: RuleLeaf[];
}

/** A leaf, with every use of the definition that it is in. */
export interface RuleLeaf {
  /** The JSON pointer to the node in the request. */
  pointer: string;
  /** The node's name; null where it has none. */
  name: string | null;
  /** The symbol, or cash. */
  holds: string;
  /** The decisions that gave it a weight. */
  decisions: number;
  /**
   * The same as a part of all decisions.
   * Unit: fraction.
   */
  share: number;
}

/** Whether the account adds up when it is computed a second time from its trades. The differences are 0 but for rounding (1e-9 at most). */
export interface Audit {
  /**
   * How far the value is from what the trades alone give, at most. The largest difference on any session between portfolio_value and the value recomputed from trades, cash flows, interest and dividends alone, over the highest value so far.
   * Unit: fraction.
   */
  equity_residual: number;
  /**
   * How far the holdings' profits are from the whole. The difference between the holdings' profits with the interest, and V_end − initial_capital − net_contributions, over the highest value.
   * Unit: fraction.
   */
  attribution_residual: number;
}

/** One entry. */
export interface BacktestWarning {
  /** The kind of warning. */
  code:
    | 'TOP_N_EXCEEDS_HOLDINGS'
    | 'ALLOCATIONS_NORMALISED'
    | 'START_DELAYED'
    | 'END_CLIPPED'
    | 'WARM_UP_INCOMPLETE'
    | 'PRICE_CARRIED_FORWARD'
    | 'NOT_DAILY_PRICES'
    | 'EXECUTION_DELAYED'
    | 'HOLDING_ENDED'
    | 'ADJUSTED_SHARE_COUNTS'
    | 'PRICES_REPAIRED'
    | 'IMPLAUSIBLE_PRICE'
    | 'STORE_REFRESHED'
    | 'NO_EFFECT'
    | 'UNADJUSTED_PRICES'
    | 'SYMBOL_DIFFERS'
    | 'STALE_PRICES'
    | 'STORE_REBUILT'
    | 'STORE_UNAVAILABLE'
    | 'PRICES_DROPPED'
    | 'TIMEOUT_CAPPED'
    | 'MEMORY_CAPPED'
    | 'RESULT_THINNED'
    | 'REBALANCE_SKIPPED'
    | 'NO_HOLDING_CHOSEN'
    | 'PORTFOLIO_DEPLETED'
    | 'FLOW_COSTS_EXCEED_VALUE'
    | 'HOLDING_ENTERS_LATE'
    | 'WEIGHT_BOUNDS_RELAXED'
    | 'SOURCE_CHOSEN'
    | 'PERIODS_DIFFER';
  /** info or warning. */
  severity: 'info' | 'warning';
  /** One sentence. */
  detail: string;
  /** JSON pointer into the request. */
  pointer?: string;
  /** The short name under which a security is traded, such as AAPL for Apple. A symbol in Yahoo's syntax, upper-cased before use: 1 to 20 of A-Z a-z 0-9 . ^ = _ - &. */
  symbol?: string;
}
