// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { Lookback, LookbackUnit, MaUnit, RebalanceFrequency, Score, Weighting } from './common.js';

/** The built-in strategies, each with its parameters. */
export interface BuiltInStrategies {
  /** Buys the holdings at their allocations, and lets them drift or restores the allocations at a frequency. */
  buy_hold: BuyHoldParameters;
  /** Holds the holdings that rose most if they also rose more than cash, else a refuge (Antonacci 2014). */
  dual_momentum: DualMomentumParameters;
  /** Holds more of the holdings below their moving average and less of those above it (De Bondt and Thaler 1985). */
  mean_reversion: MeanReversionParameters;
  /** Holds the mix of the holdings that moved least (Markowitz 1952). Needs the extra `optimise`. */
  minimum_variance: MinimumVarianceParameters;
  /** Holds the holdings that rose most over a look-back (Jegadeesh and Titman 1993). */
  momentum: MomentumParameters;
  /** Holds the holdings that rose most over a look-back, measured against a benchmark (Levy 1967). */
  relative_strength: RelativeStrengthParameters;
  /** Weighs the holdings so that each contributes its share of the risk (Maillard, Roncalli and Teïletche 2010). */
  risk_parity: RiskParityParameters;
  /** Holds the few sectors that lead, or lag, over a look-back (Moskowitz and Grinblatt 1999). */
  rotation: RotationParameters;
  /** Holds what a tree of rules says: conditions on indicators, rankings and weightings, put together as data. */
  rules: RulesParameters;
  /** Holds a high weight of the risk-on holdings while a signal is good, and a low one otherwise (Faber 2007). */
  tactical_allocation: TacticalAllocationParameters;
  /** Holds less of the portfolio when its volatility rises, so that its risk stays near a target (Moreira and Muir 2017). */
  target_volatility: TargetVolatilityParameters;
  /** Holds each holding while it trends upwards, else its part in cash (Faber 2007). */
  trend_following: TrendFollowingParameters;
}

/** Buys the holdings at their allocations, and lets them drift or restores the allocations at a frequency. */
export interface BuyHoldParameters {
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "never"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the holdings that rose most if they also rose more than cash, else a refuge (Antonacci 2014). */
export interface DualMomentumParameters {
  /**
   * How far back the gain is measured that decides which holdings are held. The look-back of the return that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 12
   */
  lookback_period?: number;
  /**
   * Whether the look-back is counted in trading days or in months. sessions: counts sessions. months: counts month-ends, each the last session of its month.
   *
   * @default "months"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Looks back over several lengths of time at once, each with its own weight. They stand instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * Leaves out the latest stretch of history, in which prices often turn back. The latest history that the ranking skips, in lookback_unit. 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What a holding is judged by: its gain, or its gain for the risk taken. The score that ranks the holdings. return: the return over the look-back. risk_adjusted: that return divided by the standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision, skip_period included. With several lookbacks their weighted mean is divided once, by the deviation over the longest of them. Scores that differ by at most 1e-12 · max(1, |a|, |b|) are equal, and the earlier holding comes first.
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How many of the holdings are held at a time. The refuge is not counted. A number above the number of holdings is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS.
   * Unit: holdings.
   *
   * @default 1
   */
  top_n?: number;
  /**
   * Where the money goes when a chosen holding has not risen enough. It takes the share of a chosen one that fails the absolute test. It is never ranked. null: the last holding. With a single holding there is no refuge, and cash takes the share.
   *
   * @default null
   */
  refuge_symbol?: string | null;
  /**
   * What a holding has to have beaten to be held, such as a fund of Treasury bills. The symbol whose return over the look-back a chosen holding must exceed, for example a fund of Treasury bills. It need not be held. null: hurdle_rate instead.
   *
   * @default null
   */
  absolute_symbol?: string | null;
  /**
   * How much a holding has to have risen to be held. The return over the look-back that a chosen holding must exceed where absolute_symbol is null. It is not annualised.
   * Unit: fraction over the look-back.
   *
   * @default 0
   */
  hurdle_rate?: number;
  /**
   * How the money is divided among the chosen holdings. allocation: their allocations, scaled to 1. equal: the same weight for each. inverse_volatility: in proportion to 1 / standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision; over the longest, with several lookbacks. The first decision needs 21 closes even where the look-back is shorter. Before there are so many, the allocations are held (WARM_UP_INCOMPLETE).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds more of the holdings below their moving average and less of those above it (De Bondt and Thaler 1985). */
export interface MeanReversionParameters {
  /**
   * How long a stretch of prices is averaged; a longer one reacts more slowly. The number of closes in the moving average, the decision's own included, in ma_unit.
   * Unit: sessions or months.
   *
   * @default 50
   */
  ma_period?: number;
  /**
   * Whether the average is made of daily or of month-end prices. sessions: averages daily closes. months: averages month-ends, each the last session of its month, with the decision's own close as that of its month.
   *
   * @default "sessions"
   */
  ma_unit?: MaUnit;
  /**
   * How far a price has to be from its average to count as cheap or dear. The distance from its average, as a fraction of it, from which a price counts as oversold (below) or overbought (above).
   * Unit: fraction of the average.
   *
   * @default 0.1
   */
  deviation_threshold?: number;
  /**
   * How much more is held of what is cheap. The factor on the allocation of an oversold holding.
   * Unit: multiple of the allocation.
   *
   * @default 2
   */
  oversold_weight?: number;
  /**
   * How much is held of what is dear. The factor on the allocation of an overbought holding. 0 sells it.
   * Unit: multiple of the allocation.
   *
   * @default 0
   */
  overbought_weight?: number;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the mix of the holdings that moved least (Markowitz 1952). Needs the extra `optimise`. */
export interface MinimumVarianceParameters {
  /**
   * How long a stretch of history tells how much a holding moves. The number of daily returns, up to the decision, that volatility is measured over; it needs one close more. A session on which a holding has no price of its own has no return of it. Where several holdings are measured together, a session counts only if all of them have their own price.
   * Unit: sessions.
   *
   * @default 126
   */
  volatility_window?: number;
  /**
   * The smallest share of the money that a holding may have. Where the holdings are too many for it, all get the same weight, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 0
   */
  min_weight?: number;
  /**
   * The largest share of the money that a holding may have. Where the holdings are too few for it, all get the same weight, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 1
   */
  max_weight?: number;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the holdings that rose most over a look-back (Jegadeesh and Titman 1993). */
export interface MomentumParameters {
  /**
   * How far back the gain is measured that decides which holdings are held. In lookback_unit.
   * Unit: sessions or months.
   *
   * @default 60
   */
  lookback_period?: number;
  /**
   * Whether the look-back is counted in trading days or in months. sessions: counts sessions. months: counts month-ends, each the last session of its month.
   *
   * @default "sessions"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Looks back over several lengths of time at once, each with its own weight. They stand instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * Leaves out the latest stretch of history, in which prices often turn back. The latest history that the ranking skips, in lookback_unit. 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What a holding is judged by: its gain, or its gain for the risk taken. The score that ranks the holdings. return: the return over the look-back. risk_adjusted: that return divided by the standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision, skip_period included. With several lookbacks their weighted mean is divided once, by the deviation over the longest of them. Scores that differ by at most 1e-12 · max(1, |a|, |b|) are equal, and the earlier holding comes first.
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How many of the holdings are held at a time. A number above the number of holdings is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS. Left out, it is the default, or the number of holdings where that is less.
   * Unit: holdings.
   *
   * @default 3
   */
  top_n?: number;
  /**
   * Whether a holding has to have risen to be held. true: only holdings of the top_n whose return over the look-back is above zero are chosen. Without such a holding the money stays in cash.
   *
   * @default false
   */
  positive_returns_only?: boolean;
  /**
   * How the money is divided among the chosen holdings. allocation: their allocations, scaled to 1. equal: the same weight for each. inverse_volatility: in proportion to 1 / standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision; over the longest, with several lookbacks. The first decision needs 21 closes even where the look-back is shorter. Before there are so many, the allocations are held (WARM_UP_INCOMPLETE).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the holdings that rose most over a look-back, measured against a benchmark (Levy 1967). */
export interface RelativeStrengthParameters {
  /**
   * How far back the gain is measured that decides which holdings are held. The look-back of the return that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 126
   */
  lookback_period?: number;
  /**
   * Whether the look-back is counted in trading days or in months. sessions: counts sessions. months: counts month-ends, each the last session of its month.
   *
   * @default "sessions"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Looks back over several lengths of time at once, each with its own weight. They stand instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * Leaves out the latest stretch of history, in which prices often turn back. The latest history that the ranking skips, in lookback_unit. 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What a holding is judged by: its gain, or its gain for the risk taken. The score that ranks the holdings. return: the return over the look-back. risk_adjusted: that return divided by the standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision, skip_period included. With several lookbacks their weighted mean is divided once, by the deviation over the longest of them. Scores that differ by at most 1e-12 · max(1, |a|, |b|) are equal, and the earlier holding comes first.
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How many of the holdings are held at a time. A number above the number of holdings is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS. Left out, it is the default, or the number of holdings where that is less.
   * Unit: holdings.
   *
   * @default 2
   */
  top_n?: number;
  /**
   * What the holdings are measured against. It need not be held. null: the holdings' own returns rank.
   *
   * @default null
   */
  benchmark_symbol?: string | null;
  /**
   * Whether a holding has to have done well by itself to be held. true: only holdings of the top_n whose score is above zero are chosen: those that beat benchmark_symbol, or without one those that rose. Without such a holding the money stays in cash.
   *
   * @default false
   */
  positive_returns_only?: boolean;
  /**
   * How the money is divided among the chosen holdings. allocation: their allocations, scaled to 1. equal: the same weight for each. inverse_volatility: in proportion to 1 / standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision; over the longest, with several lookbacks. The first decision needs 21 closes even where the look-back is shorter. Before there are so many, the allocations are held (WARM_UP_INCOMPLETE).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Weighs the holdings so that each contributes its share of the risk (Maillard, Roncalli and Teïletche 2010). */
export interface RiskParityParameters {
  /**
   * How long a stretch of history tells how much a holding moves. The number of daily returns, up to the decision, that volatility is measured over; it needs one close more. A session on which a holding has no price of its own has no return of it. Where several holdings are measured together, a session counts only if all of them have their own price.
   * Unit: sessions.
   *
   * @default 60
   */
  volatility_window?: number;
  /**
   * Whether the holdings' moving together counts too. inverse_volatility: in proportion to 1 / volatility, without correlations. equal_risk_contribution: every holding contributes the same to the portfolio's variance; needs the extra `optimise`.
   *
   * @default "inverse_volatility"
   */
  method?: 'inverse_volatility' | 'equal_risk_contribution';
  /**
   * The smallest share of the money that a holding may have. Where the holdings are too many for it, all get the same weight, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 0.05
   */
  min_weight?: number;
  /**
   * The largest share of the money that a holding may have. Where the holdings are too few for it, all get the same weight, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 0.5
   */
  max_weight?: number;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the few sectors that lead, or lag, over a look-back (Moskowitz and Grinblatt 1999). */
export interface RotationParameters {
  /**
   * What makes a holding lead. momentum_based: the highest return leads. mean_reversion: the lowest return leads. relative_strength: the ratio of the price to an equal-weighted index of the holdings is highest above its own average.
   *
   * @default "momentum_based"
   */
  rotation_model?: 'momentum_based' | 'mean_reversion' | 'relative_strength';
  /**
   * How many of the holdings are held at a time. A number above the number of holdings is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS. Left out, it is the default, or the number of holdings where that is less.
   * Unit: holdings.
   *
   * @default 3
   */
  number_of_sectors?: number;
  /**
   * How far back the holdings are compared. The look-back of the return, or of the average of the relative line, that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 90
   */
  lookback_period?: number;
  /**
   * Whether the look-back is counted in trading days or in months. sessions: counts sessions. months: counts month-ends, each the last session of its month.
   *
   * @default "sessions"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Looks back over several lengths of time at once, each with its own weight. They stand instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * Leaves out the latest stretch of history, in which prices often turn back. The latest history that the ranking skips, in lookback_unit. 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What a holding is judged by: its gain, or its gain for the risk taken. The score that ranks the holdings. return: the return over the look-back. risk_adjusted: that return divided by the standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision, skip_period included. With several lookbacks their weighted mean is divided once, by the deviation over the longest of them. Scores that differ by at most 1e-12 · max(1, |a|, |b|) are equal, and the earlier holding comes first.
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How the money is divided among the chosen holdings. allocation: their allocations, scaled to 1. equal: the same weight for each. inverse_volatility: in proportion to 1 / standard deviation (ddof 1) of daily returns over the look-back (21 sessions a month, at least 20), up to the decision; over the longest, with several lookbacks. The first decision needs 21 closes even where the look-back is shorter. Before there are so many, the allocations are held (WARM_UP_INCOMPLETE).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds what a tree of rules says: conditions on indicators, rankings and weightings, put together as data. */
export interface RulesParameters {
  /** The rules themselves, as a tree: what is held under which condition. A node is an object with exactly one of hold, cash, if, cases, pick, weigh and use; docs/strategies/rules.md shows each. At most 5,000 nodes, definitions put in their places, 500 distinct indicators of a symbol, and 64 children of rankings and of inverse_volatility that are no single holding. */
  tree: RuleNode;
  /**
   * Parts of the rules with a name, to be used in several places. Subtrees, for use nodes.
   *
   * @default {}
   */
  definitions?: {
    /** A part of the rules. */
    [k: string]: RuleNode;
  };
  /**
   * What is held where there is too little history for the tree to decide. allocations: the holdings' own allocations, with the warning WARM_UP_INCOMPLETE. cash: nothing but cash. else: the else of the tree's root, which is an if or cases; where that is unknown too, the allocations.
   *
   * @default "allocations"
   */
  when_unknown?: 'allocations' | 'cash' | 'else';
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds a high weight of the risk-on holdings while a signal is good, and a low one otherwise (Faber 2007). */
export interface TacticalAllocationParameters {
  /**
   * What has to be true for the risky holdings to be held. moving_average: its price is above its average over ma_period. volatility: its volatility is at or below volatility_threshold. momentum: it rose over momentum_period.
   *
   * @default "moving_average"
   */
  indicator?: 'moving_average' | 'volatility' | 'momentum';
  /**
   * What is watched to decide. The symbol of the indicator. It need not be held. null: the first of the risk-on holdings.
   *
   * @default null
   */
  signal_symbol?: string | null;
  /**
   * Which of the holdings are the risky ones. null: the first holding alone. The other holdings take the rest.
   *
   * @default null
   */
  risk_on_symbols?: readonly string[] | null;
  /**
   * How much is in the risky holdings in good times. The total weight of the risk-on holdings while the signal is good.
   * Unit: fraction of the holdings.
   *
   * @default 0.8
   */
  risk_on_allocation?: number;
  /**
   * How much is in the risky holdings in bad times. The total weight of the risk-on holdings while the signal is not good.
   * Unit: fraction of the holdings.
   *
   * @default 0.2
   */
  risk_off_allocation?: number;
  /**
   * How long a stretch of prices is averaged; a longer one reacts more slowly. The number of closes in the moving average, the decision's own included, in ma_unit.
   * Unit: sessions or months.
   *
   * @default 200
   */
  ma_period?: number;
  /**
   * Whether the average is made of daily or of month-end prices. sessions: averages daily closes. months: averages month-ends, each the last session of its month, with the decision's own close as that of its month.
   *
   * @default "sessions"
   */
  ma_unit?: MaUnit;
  /**
   * How far back the gain of the signal is measured. The number of sessions over which the return of indicator momentum is measured.
   * Unit: sessions.
   *
   * @default 126
   */
  momentum_period?: number;
  /**
   * How long a stretch of history tells how much a holding moves. The number of daily returns, up to the decision, that volatility is measured over; it needs one close more. A session on which a holding has no price of its own has no return of it. Where several holdings are measured together, a session counts only if all of them have their own price.
   * Unit: sessions.
   *
   * @default 60
   */
  volatility_window?: number;
  /**
   * How restless the signal may be for the risky holdings to be held. The highest volatility, per year of period.periods_per_year sessions, of a good signal with indicator volatility.
   * Unit: fraction per year.
   *
   * @default 0.2
   */
  volatility_threshold?: number;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds less of the portfolio when its volatility rises, so that its risk stays near a target (Moreira and Muir 2017). */
export interface TargetVolatilityParameters {
  /**
   * How much the portfolio should move in a year; a stock index moves by 15 to 20 %. The target volatility per year of period.periods_per_year sessions.
   * Unit: fraction per year.
   *
   * @default 0.1
   */
  target_volatility?: number;
  /**
   * How long a stretch of history tells how much a holding moves. The number of daily returns, up to the decision, that volatility is measured over; it needs one close more. A session on which a holding has no price of its own has no return of it. Where several holdings are measured together, a session counts only if all of them have their own price.
   * Unit: sessions.
   *
   * @default 60
   */
  volatility_window?: number;
  /**
   * The largest share of the money that may be invested. The rest is cash.
   * Unit: fraction of the holdings.
   *
   * @default 1
   */
  max_exposure?: number;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds each holding while it trends upwards, else its part in cash (Faber 2007). */
export interface TrendFollowingParameters {
  /**
   * What counts as a rising trend. price_above_average: the price is above its average over ma_period. averages_crossing: the average over fast_period is above that over ma_period.
   *
   * @default "price_above_average"
   */
  rule?: 'price_above_average' | 'averages_crossing';
  /**
   * How long a stretch of prices is averaged; a longer one reacts more slowly. The number of closes in the moving average, the decision's own included, in ma_unit.
   * Unit: sessions or months.
   *
   * @default 200
   */
  ma_period?: number;
  /**
   * How long a stretch the quicker of the two averages covers. The number of closes in the fast average of rule averages_crossing, in ma_unit. Below ma_period.
   * Unit: sessions or months.
   *
   * @default 50
   */
  fast_period?: number;
  /**
   * Whether the average is made of daily or of month-end prices. sessions: averages daily closes. months: averages month-ends, each the last session of its month, with the decision's own close as that of its month.
   *
   * @default "sessions"
   */
  ma_unit?: MaUnit;
  /**
   * How often the portfolio is brought back to the weights of the strategy. Decisions are taken at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision. The week is the exchange's: it begins after the longest run of weekdays without trade, and on Monday where no weekend is traded. The last period of the run has ended when a later price is at hand, or when end_date is on or after its last trading weekday and the last price at most 7 days (of other than daily prices, a step) before it.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** A part of the tree: what is held, or how that is chosen. An object with exactly one of hold, cash, if, cases, pick, weigh and use. */
export type RuleNode = RuleHold | RuleCash | RuleIf | RuleCases | RulePick | RuleWeigh | RuleUse;

/** Holds one of the holdings alone. */
export interface RuleHold {
  /** One of the holdings. */
  hold: string;
  /** A name for the trace and the page. */
  name?: string;
}

/** Holds cash. */
export interface RuleCash {
  /** Nothing but cash is held. Always true. */
  cash: true;
  /** A name for the trace and the page. */
  name?: string;
}

/** One of two children: then where the condition is true, else where it is false. */
export interface RuleIf {
  /** The condition. */
  if: RuleCondition;
  /** The node that is held where it is true. */
  then: RuleNode;
  /** The node that is held where no condition is true. */
  else: RuleNode;
  /** A name for the trace and the page. */
  name?: string;
}

/** The child of the first case whose condition is true, and else where none is. */
export interface RuleCases {
  /**
   * The cases, in the order in which they are tried.
   *
   * Items: A condition, and the child that is held where it is the first true one.
   */
  cases: {
    /** The condition. */
    if: RuleCondition;
    /** The node that is held. */
    then: RuleNode;
  }[];
  /** The node that is held where no condition is true. */
  else: RuleNode;
  /** A name for the trace and the page. */
  name?: string;
}

/** Ranks its children by an indicator and holds the first of them. A child with too little history is left out. */
export interface RulePick {
  /** By what, in which order, and how many are held. */
  pick: {
    /** The indicator that ranks the children. A child that is no single holding is measured on its own growth: its weights decided at each close earn the next session, without costs. */
    by: {
      /** What is compared. The measure of a child: return, average_return, volatility, fall_from_high, rsi, z_score or percentile_rank, each as a condition has it. average and the like are amounts in a scale that later dividends change, so they rank nothing. */
      indicator:
        'return' | 'average_return' | 'volatility' | 'fall_from_high' | 'rsi' | 'z_score' | 'percentile_rank';
      /**
       * How many trading days the indicator looks back over.
       * Unit: sessions.
       */
      window: number;
    };
    /** Whether the highest or the lowest values are chosen. highest: the children with the highest values come first. lowest: those with the lowest. Of equal ones the earlier comes first. */
    order: 'highest' | 'lowest';
    /** How many are held. Where fewer are known, all of them. */
    count: number;
  };
  /** The children that are ranked. */
  of: readonly RuleNode[];
  /** How the money is divided among those that are held. equal: the same for each. inverse_volatility: in proportion to 1 / volatility over window. */
  weigh?: 'equal' | 'inverse_volatility';
  /**
   * Over how many trading days the volatility is measured. Only with weigh inverse_volatility.
   * Unit: sessions.
   */
  window?: number;
  /** A name for the trace and the page. */
  name?: string;
}

/** Mixes all of its children. It is unknown where one of them is. */
export interface RuleWeigh {
  /** How the money is divided. equal: the same weight for each child. specified: as weights has it. inverse_volatility: in proportion to 1 / volatility over window; children that did not move share all. */
  weigh: 'equal' | 'specified' | 'inverse_volatility';
  /** The children that are mixed. */
  of: readonly RuleNode[];
  /** How much of the money each part has. A weight for each child, in their order. They sum to 1; within 0.005 of 1 they are scaled, with a warning. Only with weigh specified. */
  weights?: readonly number[];
  /**
   * Over how many trading days the volatility is measured. Only with weigh inverse_volatility.
   * Unit: sessions.
   */
  window?: number;
  /** A name for the trace and the page. */
  name?: string;
}

/** A subtree of definitions, by its name. */
export interface RuleUse {
  /** The name of one of definitions. A definition may use others, but not itself. */
  use: string;
  /** A name for the trace and the page. */
  name?: string;
}

/** A comparison of two values, or all, any or not of other conditions. A comparison with too little history is unknown: all is false where one is false, else unknown where one is unknown; any likewise with true. */
export type RuleCondition = RuleAll | RuleAny | RuleNot | RuleComparison;

/** True where each of the conditions is. */
export interface RuleAll {
  /** The conditions. */
  all: readonly RuleCondition[];
}

/** True where at least one of the conditions is. */
export interface RuleAny {
  /** The conditions. */
  any: readonly RuleCondition[];
}

/** True where the condition is false. */
export interface RuleNot {
  /** The condition that is to be false. */
  not: RuleCondition;
}

/** Compares two values at the close of the decision. */
export interface RuleComparison {
  /** The value on the left. */
  left: RuleValue;
  /** The relation of left to right. Values that differ by rounding alone are equal. */
  is: 'above' | 'below' | 'at_least' | 'at_most';
  /** The value on the right. */
  right: RuleValue;
  /**
   * On how many trading days in a row it has to hold. The comparison is true only where it was true on each of so many sessions, the decision's own included.
   * Unit: sessions.
   */
  for_sessions?: number;
  /**
   * How far beyond the value on the right it has to go before the answer changes, so that it does not flicker. A band about right, as a fraction of its size. above and at_least become true above right + band and false below right - band, below and at_most the other way round; in between the comparison stays as it was. It begins with the plain comparison at the first decision, and goes on at every session.
   * Unit: fraction.
   */
  tolerance?: number;
  /** The same band as an amount in the unit of the values, in place of tolerance. Not for prices and the like, whose scale later dividends change. */
  tolerance_absolute?: number;
}

/** A number, or an indicator of a symbol. */
export type RuleValue =
  | number
  | {
      /** What is measured of the symbol's prices. return: P[t] / P[t - n] - 1. average: the mean of n closes. exponential_average: with alpha 2 / (n + 1), begun with the mean of n closes. average_return: the mean of n daily returns. volatility: their standard deviation (ddof 1), per session. deviation_of_price: the standard deviation (ddof 1) of n closes. fall_from_high: the largest fall from a running maximum within n closes, as a positive fraction. rsi: Wilder's, 0 to 100. z_score: the distance of the close from the average, in deviations_of_price. percentile_rank: the share of the last n closes at or below this one. */
      indicator:
        | 'return'
        | 'average'
        | 'exponential_average'
        | 'average_return'
        | 'volatility'
        | 'deviation_of_price'
        | 'fall_from_high'
        | 'rsi'
        | 'z_score'
        | 'percentile_rank';
      /** The symbol that is looked at. It need not be held. */
      symbol: string;
      /**
       * How many trading days the indicator looks back over. n in its definition; 2 at least for a deviation.
       * Unit: sessions.
       */
      window: number;
    }
  | {
      /** The symbol's price. price: the close. */
      indicator: 'price';
      /** The symbol that is looked at. It need not be held. */
      symbol: string;
      /**
       * A price looks at one close. 1, and may be left out.
       * Unit: sessions.
       */
      window?: 1;
    }
  | {
      /** How far a quick average is from a slow one. macd: exponential_average over the first window less that over the second. */
      indicator: 'macd';
      /** The symbol that is looked at. It need not be held. */
      symbol: string;
      /** The fast window and the slow one. */
      window: readonly number[];
    };
