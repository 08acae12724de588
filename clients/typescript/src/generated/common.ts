// Made by `npm run generate` from the schemas of the contract; do not edit.

/** How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. */
export type RebalanceFrequency =
  'never' | 'daily' | 'weekly' | 'monthly' | 'quarterly' | 'semiannually' | 'annually';

/** sessions counts sessions; months counts month-ends, each the last session of its month. */
export type LookbackUnit = 'sessions' | 'months';

/** What the holdings are ranked by. return: the return over the look-back. risk_adjusted: that return over the standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision, skip_period included. With several lookbacks their weighted mean is divided once, by the deviation over the longest of them. Scores that differ by at most 1e-12 · max(1, |a|, |b|) are equal, and the earlier holding comes first. */
export type Score = 'return' | 'risk_adjusted';

/** allocation: the chosen holdings' allocations, scaled to 1. equal: the same for each. inverse_volatility: in proportion to 1 / standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision; over the longest, with several lookbacks. So the first decision needs 21 closes even where the look-back is shorter, and until there are so many the allocations are held (WARM_UP_INCOMPLETE). */
export type Weighting = 'allocation' | 'equal' | 'inverse_volatility';

/** sessions averages daily closes; months averages month-ends, each the last session of its month, and the decision's own close as that of its month. */
export type MaUnit = 'sessions' | 'months';

/** One look-back and its weight. */
export interface Lookback {
  /**
   * How far back, in lookback_unit.
   * Unit: sessions or months.
   */
  period: number;
  /**
   * Its share of the score, relative to the others.
   *
   * @default 1
   */
  weight?: number;
}
