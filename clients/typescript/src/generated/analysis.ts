// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { Axes, Metric, RankMetric } from './common.js';

/** Asks whether the result is worth believing, and whether other settings would have done better. Questions about the request, answered in the result's analysis under the same keys. The rest of the result stays that of the request as asked, never that of a better setting. */
export interface AnalysisRequest {
  sweep?: SweepRequest;
  walk_forward?: WalkForwardRequest;
  trust?: TrustRequest;
  projection?: ProjectionRequest;
}

/** Tries every combination of settings, ranks them, and says how much of the best one's result is to be expected of the best of so many. */
export interface SweepRequest {
  /** Which settings are tried, and with which values. The settings that vary, each by its JSON pointer into the request, with its values. All combinations are tried, the last axis varying fastest (row-major order): at most 100,000. */
  over: Axes;
  /**
   * The figure by which settings are compared; more is better. Drawdown, VaR and the worst day are at most 0, so more is a smaller loss.
   *
   * @default "sharpe_ratio"
   */
  rank_by?: RankMetric;
  /**
   * Leaves out combinations of settings that make no sense. Conditions that a combination has to meet, each [pointer, "below", pointer]: the first setting is below the second. It leaves out combinations that make no sense, such as a fast average above a slow one.
   *
   * @default []
   */
  where?: readonly string[][];
  /** Which figures are kept of each combination. The metrics of each combination in the result; rank_by is always among them. Left out: every metric; above 10,000 combinations total_return, cagr, annual_volatility, sharpe_ratio, sortino_ratio and max_drawdown. */
  metrics?: readonly Metric[];
  /**
   * How many settings were tried before these. They count as trials in the deflated Sharpe ratio.
   * Unit: trials.
   *
   * @default 0
   */
  trials_before?: number;
  /**
   * Into how many pieces the history is cut to test the choice. The number of blocks S of the probability of backtest overfitting: even. Where a block would have fewer than 30 sessions, the largest even number of blocks that have 30; below 4 there is no probability.
   * Unit: blocks.
   *
   * @default 16
   */
  blocks?: 4 | 6 | 8 | 10 | 12 | 14 | 16;
}

/** Chooses a setting on one stretch of history and lives with it over the next, again and again. The result of the choice itself, on sessions that it did not see. */
export interface WalkForwardRequest {
  /** Which settings are tried, and with which values. They may be parameters, the strategy, allocations, cash.allocation and rebalancing.offset_sessions. One portfolio moves between them, so costs and fills are the same for all. */
  over: Axes;
  /**
   * The figure by which a setting is chosen; more is better. It is measured over the training stretch of each window.
   *
   * @default "sharpe_ratio"
   */
  rank_by?: RankMetric;
  /**
   * Leaves out combinations of settings that make no sense. Conditions that a combination has to meet, each [pointer, "below", pointer]: the first setting is below the second. It leaves out combinations that make no sense, such as a fast average above a slow one.
   *
   * @default []
   */
  where?: readonly string[][];
  /**
   * How much history each choice is made on. The length of a training stretch, in calendar months; the month that the period begins in is the first.
   * Unit: months.
   *
   * @default 36
   */
  train_months?: number;
  /**
   * How long each choice is then held. A partial one at the end counts.
   * Unit: months.
   *
   * @default 6
   */
  test_months?: number;
  /**
   * Whether old history is forgotten or kept for each new choice. rolling: each training stretch is train_months long. anchored: each begins at the start of the period and grows.
   *
   * @default "rolling"
   */
  mode?: 'rolling' | 'anchored';
  /**
   * Trading days between choosing and holding. The sessions left out between a training stretch and its test: the last of its months.
   * Unit: sessions.
   *
   * @default 0
   */
  gap_sessions?: number;
}

/** Tests whether the result is worth believing, or may be luck. They look at luck of the dates, delay, costs, chance, and look-ahead. */
export interface TrustRequest {
  /**
   * Which tests are made. timing_luck: the same rule some sessions later. lag: fills some sessions after the decision. break_even: the commission at which the advantage is gone. significance: the probability that the Sharpe ratio is above 0, and how long a record it takes. bootstrap: intervals from resampled returns. start_dates: begun in each month. random: the same weights on holdings drawn by chance. look_ahead: whether decisions change with later prices.
   *
   * @default ["timing_luck","lag","break_even","significance","bootstrap","start_dates","random","look_ahead"]
   */
  include?: readonly (
    | 'timing_luck'
    | 'lag'
    | 'break_even'
    | 'significance'
    | 'bootstrap'
    | 'start_dates'
    | 'random'
    | 'look_ahead'
  )[];
  /**
   * How many settings were tried before this one was chosen, itself included. Above 1 the significance has a deflated Sharpe ratio.
   * Unit: trials.
   *
   * @default 1
   */
  trials?: number;
  /**
   * How many other histories are made by shuffling this one. The number of resampled paths of the bootstrap.
   * Unit: paths.
   *
   * @default 2000
   */
  paths?: number;
  /**
   * How sure an answer has to be. The level of the intervals and of the track record length: 0.95 leaves 2.5 % on either side of an interval.
   * Unit: fraction.
   *
   * @default 0.95
   */
  confidence?: number;
  /**
   * Begins the sequence of chance; another number draws another sample. The seed of the random numbers (PCG64). The same seed gives the same result.
   *
   * @default 42
   */
  seed?: number;
}

/** Projects the portfolio over the years to come, from its own returns, with withdrawals. It assumes that the future resembles the period. */
export interface ProjectionRequest {
  /**
   * How many years ahead are looked at.
   * Unit: years.
   *
   * @default 30
   */
  years?: number;
  /**
   * How many possible futures are drawn.
   * Unit: paths.
   *
   * @default 10000
   */
  paths?: number;
  /**
   * How the years to come are made from the past ones. block_bootstrap: blocks of consecutive months, drawn with replacement. iid_years: full years, drawn with replacement. normal: yearly log returns from a normal distribution with the mean and the deviation of the run's.
   *
   * @default "block_bootstrap"
   */
  model?: 'block_bootstrap' | 'iid_years' | 'normal';
  /**
   * How many months in a row are taken together, so that good and bad times stay as long as they were. The length of a block of block_bootstrap.
   * Unit: months.
   *
   * @default 12
   */
  block_months?: number;
  /**
   * What is taken out at the beginning of each year.
   *
   * @default {}
   */
  withdrawal?: {
    /**
     * How much is taken out in the first year. A share of the initial value.
     * Unit: fraction.
     *
     * @default 0.04
     */
    annual_rate?: number;
    /**
     * Whether the withdrawals rise with prices. true: the withdrawal grows with inflation_rate, which is 0 unless it is given. false: it stays the same sum.
     *
     * @default true
     */
    real?: boolean;
  };
  /**
   * The inflation that is assumed for each year.
   * Unit: fraction per year.
   *
   * @default 0
   */
  inflation_rate?: number;
  /**
   * Which outcomes the bands show, from unlucky to lucky; 50 is the middle one. The percentiles of the bands.
   * Unit: per cent.
   *
   * @default [10,25,50,75,90]
   */
  percentiles?: readonly number[];
  /**
   * Begins the sequence of chance; another number draws another sample. The seed of the random numbers (PCG64). The same seed gives the same result.
   *
   * @default 42
   */
  seed?: number;
}
