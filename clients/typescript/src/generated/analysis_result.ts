// Made by `npm run generate` from the schemas of the contract; do not edit.

import type { RankMetric } from './common.js';

/** The choice of a setting, made again and again on past sessions and held over the next ones. null where the period has no test, or where every setting failed. */
export type WalkForward = {
  /** How many settings were compared. */
  runs: number;
  /**
   * The settings that could not be run over the whole period. They had no part in any choice, but for those whose money withdrawals used up: these are ranked on the trainings before.
   *
   * Items: One setting.
   */
  failed: {
    /** Its place in the grid, in row-major order. */
    index: number;
    /** The code of the error. */
    code: string;
    /** One sentence. */
    detail: string;
  }[];
  /** Columns with an item for each window. */
  windows: {
    /** The first session of the training stretch. */
    train_start: string[];
    /** Its last session. */
    train_end: string[];
    /** The first session of the test. */
    test_start: string[];
    /** Its last session. */
    test_end: string[];
    /** The merge patch of the chosen setting; null where no setting could be ranked. */
    patch: ({} | null)[];
    /** How well the chosen setting did while it was chosen. It is rank_by over the training stretch. */
    train: (number | null)[];
    /** How well it did afterwards. It is rank_by over the test. */
    test: (number | null)[];
  };
  /** The portfolio that moves between the settings and pays for it, over the tests, thinned to output.max_points. */
  series: {
    /** The sessions. */
    dates: string[];
    /**
     * Cash and positions at the close.
     * Unit: currency.
     */
    portfolio_value: number[];
    /**
     * Below the running maximum, at most 0.
     * Unit: fraction.
     */
    drawdown: number[];
  };
  /** The figures of that portfolio. The metrics are as in result.metrics. */
  metrics: {
    /** The metric's. */
    [k: string]: number | null;
  };
  /**
   * How much of what was promised while choosing was kept afterwards. The mean annualised return of the tests over that of the training stretches, of the settings chosen (Pardo 2008). A window with a stretch under 28 days is left out; null where the training stretches earned nothing.
   * Unit: ratio.
   */
  efficiency: number | null;
  /** How often the choice changes. */
  stability: {
    /** The number of different settings chosen. */
    settings: number;
    /** The number of windows whose setting differs from the one before. */
    changes: number;
    /** The merge patch of the setting that was chosen most often; of equal ones the first. */
    most_chosen: {} | null;
    /**
     * The share of the windows that chose it.
     * Unit: fraction.
     */
    most_chosen_share: number | null;
  };
  /** The merge patch of the setting that the latest training stretch chooses: the one to use next. */
  next: {} | null;
  /** The same sessions by other rules, each with its metrics. */
  yardsticks: {
    /** The setting that did best of all, which could not have been known. It has the highest rank_by over all tests. */
    best_in_hindsight: {
      /** The merge patch of the setting; null for several. */
      patch: {} | null;
      /** The figures of this rule. As in result.metrics. */
      metrics: {
        /** The metric's. */
        [k: string]: number | null;
      };
    };
    /** A setting from the middle of all of them. It has the median rank_by over all tests; of an even number the worse of the two in the middle. */
    median_setting: {
      /** The merge patch of the setting; null for several. */
      patch: {} | null;
      /** The figures of this rule. As in result.metrics. */
      metrics: {
        /** The metric's. */
        [k: string]: number | null;
      };
    };
    /** The request's own setting. */
    as_asked: {
      /** The merge patch of the setting; null for several. */
      patch: {} | null;
      /** The figures of this rule. As in result.metrics. */
      metrics: {
        /** The metric's. */
        [k: string]: number | null;
      };
    };
  };
} | null;
/** The portfolio over the years to come. null where the run has no full month, or year, to draw from. */
export type Projection = {
  /**
   * The years to come. 1, 2, 3, …
   * Unit: years.
   */
  years: number[];
  /** What the portfolio may be worth each year, from unlucky to lucky. The value of the portfolio at the end of each year, a column for each percentile, as a multiple of the initial value. */
  bands: {
    /**
     * By year.
     * Unit: ratio.
     */
    [k: string]: number[];
  };
  /**
   * How likely the money lasts until each year. The share of the paths that have paid every withdrawal in full, up to that of each year.
   * Unit: probability.
   */
  success: number[];
  /** How much could be taken out each year until the money is gone at the end. The constant withdrawal that a path can pay to the end, as a share of its initial value, by percentile of the paths: (Π g) / Σ_i Π_{j ≥ i} g_j, g the growth of each year (Suarez, Suarez and Walz 2015). */
  safe_withdrawal_rate: {
    /**
     * At the percentile.
     * Unit: fraction per year.
     */
    [k: string]: number | null;
  };
  /** How much could be taken out each year with the money whole at the end. The same where the initial value is left at the end: (Π g − 1) / Σ_i Π_{j ≥ i} g_j. */
  perpetual_withdrawal_rate: {
    /**
     * At the percentile.
     * Unit: fraction per year.
     */
    [k: string]: number | null;
  };
} | null;

/** The answers to the request's analysis, under the same keys. */
export interface AnalysisResult {
  sweep?: Sweep;
  walk_forward?: WalkForward;
  trust?: Trust;
  projection?: Projection;
}

/** Every combination of settings. Its columns have an item for each combination of the axes in row-major order (the last axis fastest); null where it failed or was left out. */
export interface Sweep {
  /**
   * The settings that varied.
   *
   * Items: One setting.
   */
  axes: {
    /** JSON pointer into the request. */
    pointer: string;
    /** Its values, in order. */
    values: (number | string | boolean | null)[];
  }[];
  /** The period of all combinations. */
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
    /** The index of the combination whose look-back or holdings delay the start most; null where none does. */
    limited_by: number | null;
  };
  /**
   * The combinations that gave a result.
   * Unit: combinations.
   */
  runs: number;
  /** The different series of returns among them. */
  distinct: number;
  /**
   * The combinations that where left out.
   * Unit: combinations.
   */
  left_out: number;
  /**
   * The combinations without a result.
   *
   * Items: One combination.
   */
  failed: {
    /** Its place in the columns. */
    index: number;
    /** The code of the error. */
    code: string;
    /** One sentence. */
    detail: string;
  }[];
  /**
   * The metric that ranks.
   *
   * @default "sharpe_ratio"
   */
  rank_by: RankMetric;
  /** A column for each metric. */
  metrics: {
    /** The metric of each combination. */
    [k: string]: (number | null)[];
  };
  /** The combination with the highest rank_by; of equal ones the first. It is the best of many: see overfitting. */
  best: {
    /** Its place in the columns. */
    index: number;
    /** The merge patch that makes it of the request. */
    patch: Record<string, unknown>;
    /** How good the settings right beside the best one are. The mean rank_by of the combinations one step away on one axis. Far below the best one's: a peak, not a plateau. */
    neighbours_mean: number | null;
  } | null;
  overfitting: Overfitting;
}

/** How much of the best is the luck of choosing among many. Sharpe ratios here are per session, of all returns less the risk-free rate. */
export interface Overfitting {
  /**
   * How many settings were tried that really differ. N, the different series of returns, and trials_before.
   * Unit: trials.
   */
  trials: number;
  /**
   * How many settings were tried, counting those that move alike as fewer. N_eff = ρ + (1 − ρ) N, ρ the mean correlation of two series.
   * Unit: trials.
   */
  effective_trials: number | null;
  /**
   * How good the best of so many settings looks by luck alone. SR0 = s ((1 − γ) Φ⁻¹(1 − 1/N) + γ Φ⁻¹(1 − 1/(N e))) · √P: the annual Sharpe ratio that the best of N worthless settings is expected to have; s the standard deviation (ddof 1) of the trials' Sharpe ratios, γ Euler's constant. 0 for one trial.
   * Unit: ratio.
   */
  expected_max_sharpe: number | null;
  /**
   * How likely it is that the best setting is better than luck. The probability that its true Sharpe ratio is above SR0 (Bailey and López de Prado 2014).
   * Unit: probability.
   */
  dsr: number | null;
  /**
   * How likely it is that the best setting is better than luck, where settings that move alike count as fewer. The same with N_eff trials.
   * Unit: probability.
   */
  dsr_effective: number | null;
  /**
   * How often the setting that looked best was in the worse half afterwards; one half is chance. The share of the halves of the history whose best setting is in the lower half on the other half (Bailey, Borwein, López de Prado and Zhu 2017); by the Sharpe ratio whatever rank_by is.
   * Unit: probability.
   */
  pbo: number | null;
  /**
   * How often the setting that looked best earned nothing afterwards. The share of the halves whose best setting has a Sharpe ratio below 0 on the other half.
   * Unit: probability.
   */
  loss_probability: number | null;
  /**
   * Whether settings that looked better did better afterwards. The slope of the regression of the chosen setting's Sharpe ratio out of sample on that in sample; below 0: the better it looked, the worse it did.
   * Unit: ratio.
   */
  degradation_slope: number | null;
  /**
   * Where the chosen setting stood among all of them afterwards; one half is chance. The mean rank / (N + 1) of the chosen setting out of sample; 0.5 is chance.
   * Unit: fraction.
   */
  mean_relative_rank: number | null;
  /** The same in one sentence. */
  statement: string;
}

/** Tests of whether the result may be luck. A key for each test that analysis.trust.include names; null where the test cannot be made, with its reason. */
export interface Trust {
  /** How much of the result is owed to the days on which it happened to decide. The same rule some sessions later; null for daily and never. */
  timing_luck?: {
    /**
     * How many trading days later each run decides. It is rebalancing.offset_sessions; the first is the request's own.
     * Unit: sessions.
     */
    offsets: number[];
    /**
     * By offset.
     * Unit: fraction per year.
     */
    cagr: (number | null)[];
    /**
     * By offset.
     * Unit: ratio.
     */
    sharpe_ratio: (number | null)[];
    /**
     * By offset.
     * Unit: fraction.
     */
    max_drawdown: (number | null)[];
    /** By metric. */
    summary: {
      /** Over the offsets. */
      cagr: {
        /** How much they differ from each other. Standard deviation, ddof 1. */
        sd: number | null;
        /** The lowest. */
        minimum: number | null;
        /** The highest. */
        maximum: number | null;
        /**
         * The share of the offsets that the request as asked beats, equal ones half.
         * Unit: fraction.
         */
        percentile: number | null;
      };
      /** Over the offsets. */
      sharpe_ratio: {
        /** How much they differ from each other. Standard deviation, ddof 1. */
        sd: number | null;
        /** The lowest. */
        minimum: number | null;
        /** The highest. */
        maximum: number | null;
        /**
         * The share of the offsets that the request as asked beats, equal ones half.
         * Unit: fraction.
         */
        percentile: number | null;
      };
      /** Over the offsets. */
      max_drawdown: {
        /** How much they differ from each other. Standard deviation, ddof 1. */
        sd: number | null;
        /** The lowest. */
        minimum: number | null;
        /** The highest. */
        maximum: number | null;
        /**
         * The share of the offsets that the request as asked beats, equal ones half.
         * Unit: fraction.
         */
        percentile: number | null;
      };
    };
    /** The same share of the money on each offset, never mixed again (Hoffstein, Sibears and Faber 2019). */
    tranches: {
      /**
       * Of all tranches together.
       * Unit: fraction per year.
       */
      cagr: number | null;
      /**
       * Of all tranches together.
       * Unit: ratio.
       */
      sharpe_ratio: number | null;
      /**
       * Of all tranches together.
       * Unit: fraction.
       */
      max_drawdown: number | null;
    };
  } | null;
  /** What becomes of the result when trades come later. Fills some sessions after the decision: 0 is same_close, 1 next_close, k next_close with execution.lag_sessions k − 1. */
  lag?: {
    /**
     * Between decision and fill.
     * Unit: sessions.
     */
    sessions: number[];
    /**
     * By lag.
     * Unit: fraction per year.
     */
    cagr: (number | null)[];
    /**
     * By lag.
     * Unit: ratio.
     */
    sharpe_ratio: (number | null)[];
  } | null;
  /** How dear trading may be before the advantage is gone. The commission_bps, in place of the request's, at which the portfolio grows as much as: 0 to 1,000. null with a reason where there is none: BEHIND_WITHOUT_COMMISSION or AHEAD_AT_ANY_COMMISSION where the portfolio is behind, or ahead, at 0 and at 1,000, MULTIPLE_SOLUTIONS where the two are the same. */
  break_even?: {
    /**
     * The benchmark, free of costs.
     * Unit: basis points.
     */
    benchmark: number | null;
    /**
     * The same holdings with equal weights, restored at the same frequency, paying the same costs.
     * Unit: basis points.
     */
    equal_weight: number | null;
    /**
     * Money that does not grow.
     * Unit: basis points.
     */
    zero: number | null;
    /** Where more commission is better for the comparison, as the other trades more. The keys of which the portfolio is ahead above the commission and behind below it; of all others it is ahead below. */
    ahead_above: ('benchmark' | 'equal_weight' | 'zero')[];
  } | null;
  /** How sure the return for the risk is. Of the Sharpe ratio per session over all T returns, skew γ3 and kurtosis γ4 (not excess) bias-corrected. */
  significance?: {
    /**
     * How likely it is that the strategy really earns something for its risk. Φ(SR √(T − 1) / √(1 − γ3 SR + (γ4 − 1)/4 SR²)): the probability that the true Sharpe ratio is above 0 (Bailey and López de Prado 2012).
     * Unit: probability.
     */
    psr: number | null;
    /**
     * How likely it is that the strategy is better than the best of many by luck. The probability that its Sharpe ratio is above the expected maximum of `trials` worthless settings; null for one trial.
     * Unit: probability.
     */
    dsr: number | null;
    /**
     * How far the Sharpe ratio may be off by chance. The standard error of the annual Sharpe ratio.
     * Unit: ratio.
     */
    standard_error: number | null;
    /**
     * How long a history it takes to be sure that it earns something for its risk. The years of returns that it takes to be confident of a Sharpe ratio above 0; null where it is not above 0.
     * Unit: years.
     */
    min_track_record_years: number | null;
    /**
     * How long a history has to be for so many tries not to look this good by luck. The years below which the best of `trials` worthless settings is expected to show this Sharpe ratio (Bailey, Borwein, López de Prado and Zhu 2014).
     * Unit: years.
     */
    min_backtest_years: number | null;
  } | null;
  /** Where the figures could have come out had the good and bad days fallen otherwise. Percentile intervals over stationary bootstrap paths (Politis and Romano 1994). */
  bootstrap?: {
    /**
     * From how low to how high it could have come out. Lower and upper bound at the asked confidence.
     * Unit: ratio.
     */
    sharpe_ratio: (number | null)[];
    /**
     * From how low to how high it could have come out. Lower and upper bound at the asked confidence.
     * Unit: fraction per year.
     */
    cagr: (number | null)[];
    /**
     * From how low to how high it could have come out. Lower and upper bound at the asked confidence.
     * Unit: fraction.
     */
    max_drawdown: (number | null)[];
    /**
     * How likely it is to fall behind the benchmark. The share of the paths that grow less than the benchmark on the same sessions; null without one.
     * Unit: probability.
     */
    probability_below_benchmark: number | null;
    /**
     * How many days in a row were kept together. The mean length of a block: at least 21, else by Politis and White with Patton's correction.
     * Unit: sessions.
     */
    mean_block_sessions: number | null;
  } | null;
  /** How the result depends on when you begin. The run begun in each month, at most 120, to the common end. */
  start_dates?: {
    /** The first session of each run: the period's own, then that of each later month. */
    starts: string[];
    /**
     * How much the money grew in a year from each beginning. Annualised growth of the portfolio; null for a start that leaves less than a year.
     * Unit: fraction per year.
     */
    cagr: (number | null)[];
    /**
     * How much more than the benchmark it grew in a year. Annualised growth less the benchmark's; null without one.
     * Unit: fraction per year.
     */
    excess: (number | null)[] | null;
    /**
     * How many of the beginnings beat the benchmark. The share of the starts, of those that have one, with an excess above 0.
     * Unit: fraction.
     */
    share_above: number | null;
    /**
     * The worst beginning, against the benchmark. The lowest excess.
     * Unit: fraction per year.
     */
    worst: number | null;
  } | null;
  /** Whether its choice of holdings is better than a blind one. The weights of the strategy given to holdings drawn without replacement at each decision, at the same costs; null for strategies that do not choose among their holdings. */
  random?: {
    /** How many blind choices were made. 1,000; 100 where each has to be simulated by itself (whole shares, fixed fees, bands, cash flows, dividends in cash, holdings that end). */
    portfolios: number;
    /**
     * How many of the blind choices it beats. The share of them whose Sharpe ratio the run beats.
     * Unit: fraction.
     */
    percentile: number | null;
    /**
     * How often a blind choice would do as well. (1 + the number that do as well or better) / (1 + their number).
     * Unit: fraction.
     */
    p_value: number | null;
  } | null;
  /** Whether the strategy looks into the future. At some decision dates later prices are cut off, then replaced by noise. */
  look_ahead?: {
    /** The decisions that were made again. */
    decisions_checked: number;
    /** How many decisions changed when the future did. Above 0 the strategy used later prices. */
    changed: number;
    /** The first decision date that changed. */
    first: string | null;
  } | null;
}
