// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { Lookback, LookbackUnit, MaUnit, RebalanceFrequency, Score, Weighting } from './common.js';

/** The built-in strategies, each with its parameters. */
export interface BuiltInStrategies {
  /** Buys the holdings at their allocations; lets them drift, or restores the allocations at a frequency. */
  buy_hold: BuyHoldParameters;
  /** Holds what rose most where it also rose more than cash, else a refuge (Antonacci 2014). */
  dual_momentum: DualMomentumParameters;
  /** Holds more of what fell below its moving average and less of what rose above it (De Bondt and Thaler 1985). */
  mean_reversion: MeanReversionParameters;
  /** Holds the mix of the holdings that would have moved least (Markowitz 1952). Needs the extra backtest-runner[optimise]. */
  minimum_variance: MinimumVarianceParameters;
  /** Holds the holdings that rose most over a look-back (Jegadeesh and Titman 1993). */
  momentum: MomentumParameters;
  /** Holds the holdings that rose most over a look-back, measured against a benchmark (Levy 1967). */
  relative_strength: RelativeStrengthParameters;
  /** Weighs the holdings so that each carries its part of the risk (Maillard, Roncalli and Teïletche 2010). */
  risk_parity: RiskParityParameters;
  /** Holds the few sectors that lead, or lag, over a look-back (Moskowitz and Grinblatt 1999). */
  rotation: RotationParameters;
  /** Holds much of the risky holdings while a signal is good, and little while it is not (Faber 2007). */
  tactical_allocation: TacticalAllocationParameters;
  /** Holds less of the mix when it is restless, so that its risk stays near a target (Moreira and Muir 2017). */
  target_volatility: TargetVolatilityParameters;
  /** Holds each holding while it trends upwards, else leaves its part in cash (Faber 2007). */
  trend_following: TrendFollowingParameters;
}

/** Buys the holdings at their allocations; lets them drift, or restores the allocations at a frequency. */
export interface BuyHoldParameters {
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "never"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds what rose most where it also rose more than cash, else a refuge (Antonacci 2014). */
export interface DualMomentumParameters {
  /**
   * How far back the return is measured that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 12
   */
  lookback_period?: number;
  /**
   * sessions counts sessions; months counts month-ends, each the last session of its month.
   *
   * @default "months"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Several look-backs instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * How much of the latest history the ranking leaves out, in lookback_unit; 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What the holdings are ranked by. return: the return over the look-back. risk_adjusted: that return over the standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How many holdings are chosen at a time, the refuge left aside; more than there are is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS.
   * Unit: holdings.
   *
   * @default 1
   */
  top_n?: number;
  /**
   * The holding that takes the share of a chosen one that fails the absolute test; it is never ranked. null is the last holding. With a single holding there is none: what fails is cash.
   *
   * @default null
   */
  refuge_symbol?: string | null;
  /**
   * A chosen holding is kept where its return over the look-back is above this symbol's, for example that of a fund of Treasury bills; it need not be held. null compares with hurdle_rate.
   *
   * @default null
   */
  absolute_symbol?: string | null;
  /**
   * Without an absolute_symbol: what the return over the look-back must be above. It is not per year.
   * Unit: fraction over the look-back.
   *
   * @default 0
   */
  hurdle_rate?: number;
  /**
   * allocation: the chosen holdings' allocations, scaled to 1. equal: the same for each. inverse_volatility: in proportion to 1 / standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds more of what fell below its moving average and less of what rose above it (De Bondt and Thaler 1985). */
export interface MeanReversionParameters {
  /**
   * How many closes the moving average is the mean of, the decision's own included, in ma_unit.
   * Unit: sessions or months.
   *
   * @default 50
   */
  ma_period?: number;
  /**
   * sessions averages daily closes; months averages month-ends, each the last session of its month, and the decision's own close as that of its month.
   *
   * @default "sessions"
   */
  ma_unit?: MaUnit;
  /**
   * How far from its average, as a fraction of it, a price counts as oversold (below) or overbought (above).
   * Unit: fraction of the average.
   *
   * @default 0.1
   */
  deviation_threshold?: number;
  /**
   * What the allocation of an oversold holding is multiplied with.
   * Unit: multiple of the allocation.
   *
   * @default 2
   */
  oversold_weight?: number;
  /**
   * What the allocation of an overbought holding is multiplied with; 0 sells it.
   * Unit: multiple of the allocation.
   *
   * @default 0
   */
  overbought_weight?: number;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the mix of the holdings that would have moved least (Markowitz 1952). Needs the extra backtest-runner[optimise]. */
export interface MinimumVarianceParameters {
  /**
   * Over how many daily returns volatility is measured, up to the decision.
   * Unit: sessions.
   *
   * @default 126
   */
  volatility_window?: number;
  /**
   * No holding gets less. Where so many holdings cannot have as much, each gets the same, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 0
   */
  min_weight?: number;
  /**
   * No holding gets more. Where so few holdings cannot take up all the money, each gets the same, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 1
   */
  max_weight?: number;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the holdings that rose most over a look-back (Jegadeesh and Titman 1993). */
export interface MomentumParameters {
  /**
   * How far back the return is measured that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 60
   */
  lookback_period?: number;
  /**
   * sessions counts sessions; months counts month-ends, each the last session of its month.
   *
   * @default "sessions"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Several look-backs instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * How much of the latest history the ranking leaves out, in lookback_unit; 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What the holdings are ranked by. return: the return over the look-back. risk_adjusted: that return over the standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How many holdings are held at a time; more than there are is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS.
   * Unit: holdings.
   *
   * @default 3
   */
  top_n?: number;
  /**
   * true chooses among the top_n only holdings whose return over the look-back is above zero; where none is, the money stays in cash.
   *
   * @default false
   */
  positive_returns_only?: boolean;
  /**
   * allocation: the chosen holdings' allocations, scaled to 1. equal: the same for each. inverse_volatility: in proportion to 1 / standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the holdings that rose most over a look-back, measured against a benchmark (Levy 1967). */
export interface RelativeStrengthParameters {
  /**
   * How far back the return is measured that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 126
   */
  lookback_period?: number;
  /**
   * sessions counts sessions; months counts month-ends, each the last session of its month.
   *
   * @default "sessions"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Several look-backs instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * How much of the latest history the ranking leaves out, in lookback_unit; 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What the holdings are ranked by. return: the return over the look-back. risk_adjusted: that return over the standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "return"
   */
  score?: Score;
  /**
   * How many holdings are held at a time; more than there are is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS.
   * Unit: holdings.
   *
   * @default 2
   */
  top_n?: number;
  /**
   * The symbol whose return each holding's is measured against; it need not be held. null ranks by the return alone.
   *
   * @default null
   */
  benchmark_symbol?: string | null;
  /**
   * true chooses among the top_n only holdings whose score is above zero: those that beat benchmark_symbol, or without one those that rose; where none is, the money stays in cash.
   *
   * @default false
   */
  positive_returns_only?: boolean;
  /**
   * allocation: the chosen holdings' allocations, scaled to 1. equal: the same for each. inverse_volatility: in proportion to 1 / standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Weighs the holdings so that each carries its part of the risk (Maillard, Roncalli and Teïletche 2010). */
export interface RiskParityParameters {
  /**
   * Over how many daily returns volatility is measured, up to the decision.
   * Unit: sessions.
   *
   * @default 60
   */
  volatility_window?: number;
  /**
   * inverse_volatility: in proportion to 1 / volatility, correlations left out. equal_risk_contribution: every holding contributes the same to the portfolio's variance; needs the extra backtest-runner[optimise].
   *
   * @default "inverse_volatility"
   */
  method?: 'inverse_volatility' | 'equal_risk_contribution';
  /**
   * No holding gets less. Where so many holdings cannot have as much, each gets the same, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 0.05
   */
  min_weight?: number;
  /**
   * No holding gets more. Where so few holdings cannot take up all the money, each gets the same, with the warning WEIGHT_BOUNDS_RELAXED.
   * Unit: fraction of the holdings.
   *
   * @default 0.5
   */
  max_weight?: number;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds the few sectors that lead, or lag, over a look-back (Moskowitz and Grinblatt 1999). */
export interface RotationParameters {
  /**
   * momentum_based: the highest return. mean_reversion: the lowest return. relative_strength: the line of the price over an equal-weighted index of the holdings stands highest above its own average.
   *
   * @default "momentum_based"
   */
  rotation_model?: 'momentum_based' | 'mean_reversion' | 'relative_strength';
  /**
   * How many holdings are held at a time; more than there are is clamped, with the warning TOP_N_EXCEEDS_HOLDINGS.
   * Unit: holdings.
   *
   * @default 3
   */
  number_of_sectors?: number;
  /**
   * How far back the return is measured, or the relative line averaged, that ranks the holdings, in lookback_unit.
   * Unit: sessions or months.
   *
   * @default 90
   */
  lookback_period?: number;
  /**
   * sessions counts sessions; months counts month-ends, each the last session of its month.
   *
   * @default "sessions"
   */
  lookback_unit?: LookbackUnit;
  /**
   * Several look-backs instead of lookback_period: the score is the weighted mean of the scores over each. null uses lookback_period alone. 1, 3, 6 and 12 months with the weights 12, 4, 2 and 1 are the 13612W score of Keller and Keuning.
   *
   * @default null
   */
  lookbacks?: readonly Lookback[] | null;
  /**
   * How much of the latest history the ranking leaves out, in lookback_unit; 1 month is the classic 12-1 momentum.
   * Unit: sessions or months.
   *
   * @default 0
   */
  skip_period?: number;
  /**
   * What the holdings are ranked by. return: the return over the look-back. risk_adjusted: that return over the standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "return"
   */
  score?: Score;
  /**
   * allocation: the chosen holdings' allocations, scaled to 1. equal: the same for each. inverse_volatility: in proportion to 1 / standard deviation of daily returns over the look-back (21 sessions a month, at least 20).
   *
   * @default "allocation"
   */
  weighting?: Weighting;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds much of the risky holdings while a signal is good, and little while it is not (Faber 2007). */
export interface TacticalAllocationParameters {
  /**
   * When the signal is good. moving_average: its price is above its average over ma_period. volatility: its volatility is at or below volatility_threshold. momentum: it rose over momentum_period.
   *
   * @default "moving_average"
   */
  indicator?: 'moving_average' | 'volatility' | 'momentum';
  /**
   * The symbol that the indicator looks at; it need not be held. null is the first of the risk-on holdings.
   *
   * @default null
   */
  signal_symbol?: string | null;
  /**
   * The holdings that are risky; null is the first holding alone. The others are what is held instead.
   *
   * @default null
   */
  risk_on_symbols?: readonly string[] | null;
  /**
   * What the risk-on holdings get together while the signal is good.
   * Unit: fraction of the holdings.
   *
   * @default 0.8
   */
  risk_on_allocation?: number;
  /**
   * What the risk-on holdings get together while the signal is not good.
   * Unit: fraction of the holdings.
   *
   * @default 0.2
   */
  risk_off_allocation?: number;
  /**
   * How many closes the moving average is the mean of, the decision's own included, in ma_unit.
   * Unit: sessions or months.
   *
   * @default 200
   */
  ma_period?: number;
  /**
   * sessions averages daily closes; months averages month-ends, each the last session of its month, and the decision's own close as that of its month.
   *
   * @default "sessions"
   */
  ma_unit?: MaUnit;
  /**
   * Over how many sessions the return of indicator momentum is measured.
   * Unit: sessions.
   *
   * @default 126
   */
  momentum_period?: number;
  /**
   * Over how many daily returns volatility is measured, up to the decision.
   * Unit: sessions.
   *
   * @default 60
   */
  volatility_window?: number;
  /**
   * The volatility up to which indicator volatility is good, per year of 252 sessions.
   * Unit: fraction per year.
   *
   * @default 0.2
   */
  volatility_threshold?: number;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds less of the mix when it is restless, so that its risk stays near a target (Moreira and Muir 2017). */
export interface TargetVolatilityParameters {
  /**
   * The volatility that is aimed at, per year of 252 sessions.
   * Unit: fraction per year.
   *
   * @default 0.1
   */
  target_volatility?: number;
  /**
   * Over how many daily returns volatility is measured, up to the decision.
   * Unit: sessions.
   *
   * @default 60
   */
  volatility_window?: number;
  /**
   * How much of the money is in the holdings at most; the rest is cash.
   * Unit: fraction of the holdings.
   *
   * @default 1
   */
  max_exposure?: number;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}

/** Holds each holding while it trends upwards, else leaves its part in cash (Faber 2007). */
export interface TrendFollowingParameters {
  /**
   * price_above_average: the price is above its average over ma_period. averages_crossing: the average over fast_period is above that over ma_period.
   *
   * @default "price_above_average"
   */
  rule?: 'price_above_average' | 'averages_crossing';
  /**
   * How many closes the moving average is the mean of, the decision's own included, in ma_unit.
   * Unit: sessions or months.
   *
   * @default 200
   */
  ma_period?: number;
  /**
   * How many closes the fast average of rule averages_crossing is the mean of, in ma_unit; below ma_period.
   * Unit: sessions or months.
   *
   * @default 50
   */
  fast_period?: number;
  /**
   * sessions averages daily closes; months averages month-ends, each the last session of its month, and the decision's own close as that of its month.
   *
   * @default "sessions"
   */
  ma_unit?: MaUnit;
  /**
   * How often the strategy decides again: at the last session of each week, month, quarter, half-year or year, at every session, or never after the first decision.
   *
   * @default "monthly"
   */
  rebalance_frequency?: RebalanceFrequency;
}
