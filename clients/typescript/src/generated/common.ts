// Made by `npm run generate` from the schemas of the contract; do not edit.

/** How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it. */
export type RebalanceFrequency =
  'never' | 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'semiannually' | 'annually';

/** Whether the look-back is counted in trading days or in months. sessions: counts sessions. months: counts month-ends, each the last session of its month. */
export type LookbackUnit = 'sessions' | 'months';

/** What a holding is judged by: its gain, or its gain for the risk taken. The score that ranks the holdings. return: the return over the look-back. risk_adjusted: that return divided by the standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision, skip_period included. With several lookbacks their weighted mean is divided once, by the deviation over the longest of them. Scores that differ by at most 1e-12 · max(1, |a|, |b|) are equal, and the earlier holding comes first. */
export type Score = 'return' | 'risk_adjusted';

/** How the money is divided among the chosen holdings. allocation: their allocations, scaled to 1. equal: the same weight for each. inverse_volatility: in proportion to 1 / standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision; over the longest, with several lookbacks. The first decision needs 21 closes even where the look-back is shorter. Before there are so many, the allocations are held (WARM_UP_INCOMPLETE). */
export type Weighting = 'allocation' | 'equal' | 'inverse_volatility';

/** Whether the average is made of daily or of month-end prices. sessions: averages daily closes. months: averages month-ends, each the last session of its month, with the decision's own close as that of its month. */
export type MaUnit = 'sessions' | 'months';

/** One of the figures of the result, by its name. */
export type Metric =
  | 'final_value'
  | 'total_return'
  | 'cagr'
  | 'annual_volatility'
  | 'sharpe_ratio'
  | 'sortino_ratio'
  | 'calmar_ratio'
  | 'max_drawdown'
  | 'max_drawdown_days'
  | 'var_95'
  | 'cvar_95'
  | 'win_rate'
  | 'profit_factor'
  | 'best_day'
  | 'worst_day'
  | 'skew'
  | 'kurtosis'
  | 'ulcer_index'
  | 'omega_ratio'
  | 'tail_ratio'
  | 'turnover_per_year'
  | 'total_costs'
  | 'exposure'
  | 'money_weighted_return'
  | 'net_contributions'
  | 'total_profit'
  | 'dividend_income'
  | 'interest_income'
  | 'beta'
  | 'alpha'
  | 'tracking_error'
  | 'information_ratio'
  | 'up_capture'
  | 'down_capture';

/** The figure by which settings are compared; more is better. Drawdown, VaR and the worst day are at most 0, so more is a smaller loss. */
export type RankMetric =
  | 'final_value'
  | 'total_return'
  | 'cagr'
  | 'sharpe_ratio'
  | 'sortino_ratio'
  | 'calmar_ratio'
  | 'max_drawdown'
  | 'var_95'
  | 'cvar_95'
  | 'win_rate'
  | 'profit_factor'
  | 'worst_day'
  | 'omega_ratio'
  | 'money_weighted_return'
  | 'total_profit'
  | 'alpha'
  | 'information_ratio';

/** One look-back and its weight. */
export interface Lookback {
  /**
   * How far back this look-back goes. In lookback_unit.
   * Unit: sessions or months.
   */
  period: number;
  /**
   * How much this look-back counts, compared with the others. The weight of its return in the score, relative to the others.
   *
   * @default 1
   */
  weight?: number;
}

/** Which settings are tried, and with which values. The settings that vary, each by its JSON pointer into the request, with its values. All combinations are tried, the last axis varying fastest (row-major order): at most 100,000. */
export interface Axes {
  /** The values to try: a list, or a range of numbers. */
  [k: string]: readonly (number | string | boolean | null)[] | Range;
}

/** Numbers at equal distances. The numbers from, from + step, from + 2 step, … up to to, which is one of them where the steps reach it. */
export interface Range {
  /** The first value. */
  from: number;
  /** The largest value, inclusive. */
  to: number;
  /** The distance from one value to the next. */
  step: number;
}
