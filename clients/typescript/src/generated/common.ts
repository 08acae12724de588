// Made by `npm run generate` from the schemas of the contract; do not edit.

/** The frequency of decisions: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. */
export type RebalanceFrequency =
  'never' | 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'semiannually' | 'annually';

/** sessions counts sessions. months counts month-ends, each the last session of its month. */
export type LookbackUnit = 'sessions' | 'months';

/** The score that ranks the holdings. return: the return over the look-back. risk_adjusted: that return divided by the standard deviation of daily returns over the look-back (21 sessions a month, at least 20). */
export type Score = 'return' | 'risk_adjusted';

/** The weights of the chosen holdings. allocation: their allocations, scaled to 1. equal: the same weight for each. inverse_volatility: in proportion to 1 / standard deviation of daily returns over the look-back (21 sessions a month, at least 20). */
export type Weighting = 'allocation' | 'equal' | 'inverse_volatility';

/** sessions averages daily closes. months averages month-ends, each the last session of its month, with the decision's own close as that of its month. */
export type MaUnit = 'sessions' | 'months';

/** One look-back and its weight. */
export interface Lookback {
  /**
   * The length of the look-back, in lookback_unit.
   * Unit: sessions or months.
   */
  period: number;
  /**
   * The weight of its return in the score, relative to the others.
   *
   * @default 1
   */
  weight?: number;
}
