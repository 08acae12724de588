/**
 * What the answers of `analysis` say, in sentences and in figures with a few words each. The report says the same
 * (backtester/report/analysis/says.py): the words stand once, in generated/answers.json, and tests/support/answers.json
 * holds the choice of them together.
 */
import './figures'
import type {BacktestResult} from 'backtest-runner'
import generated from '@/generated/answers.json'
import {byUnit, count, counted, DASH, day, percent, plain, probability} from '@/lib/format'
import {pathOf, valueAt} from '@/lib/pointer'
import type {JsonObject} from '@/lib/schema/types'
import {patchedValues, patchInWords} from '@/lib/settings-in-words'
import {type Figures, filled, SHARED, say} from '@/lib/shared'
import {askedIndex, rankOf, type Sweep} from '@/lib/sweep-grid'
import {confidenceOf, levelOf} from '../result/interval'
import {benchmarkOf, type Figure, figure, meaningOf, numberAt, type Path, said, titleOf} from '../result/lookup'

export type Analysis = NonNullable<BacktestResult['analysis']>
export type Trust = NonNullable<Analysis['trust']>
export type Walk = NonNullable<Analysis['walk_forward']>
export type Projection = NonNullable<Analysis['projection']>
type Luck = NonNullable<Trust['timing_luck']>
type Lag = NonNullable<Trust['lag']>
type Even = NonNullable<Trust['break_even']>
type Metric = 'cagr' | 'sharpe_ratio' | 'max_drawdown'
type Maybe = number | null | undefined

const OVERFITTING: Path = ['analysis', 'sweep', 'overfitting']
const TRUST: Path = ['analysis', 'trust']
const FEW = 0.05 // a p-value up to this is not likely to be chance

export const QUESTIONS = generated.questions
export const INTERVALS = SHARED.intervals as readonly Metric[]

const answer = (key: keyof typeof generated.answers, figures: Figures = {}): string =>
  filled(generated.answers[key], figures)

/** The heading of a chart, with its figures. */
export const heading = (key: keyof typeof generated.titles, figures: Figures = {}): string =>
  filled(generated.titles[key], figures)

const requestOf = (result: BacktestResult) => result.request as unknown as JsonObject

/** A value of a metric, as the run's own is written. */
export const metricText = (metric: string, value: Maybe): string => byUnit(value, said(['metrics', metric]).unit)

/** A commission. */
export const bps = (value: number): string => `${plain(value, value > 0 && value < 10 ? 1 : 0)} bps`

// -- sentences

/** What the mark of the best setting of a sweep means. */
export const markSays = ({runs, distinct}: Sweep): string =>
  distinct > 1 ? answer('best_mark', {runs: count(runs)}) : answer('equal_mark')

export function walkSays(result: BacktestResult, walk: Walk): string[] {
  const {windows, yardsticks, stability, efficiency, metrics, failed = []} = walk
  const request = requestOf(result)
  const grew = (of: Readonly<Record<string, Maybe>>) =>
    of.cagr != null
      ? `${percent(of.cagr)} a year`
      : of.total_return == null
        ? DASH
        : `${percent(of.total_return)} in all`
  const sentences = [
    answer('walked', {
      start: day(windows.test_start[0]),
      end: day(windows.test_end.at(-1)),
      grew: grew(metrics),
      asked: grew(yardsticks.as_asked.metrics),
      best: grew(yardsticks.best_in_hindsight.metrics),
    }),
  ]
  if (efficiency !== null) sentences.push(answer('efficiency', {share: percent(efficiency, 0)}))
  const counts = {
    settings: counted(stability.settings, 'setting'),
    windows: counted(windows.test_end.length, 'window'),
    changes: counted(stability.changes, 'time'),
  }
  const {most_chosen: most, most_chosen_share: share} = stability
  sentences.push(
    most === null || share === null || stability.settings < 2
      ? answer('chosen', counts)
      : answer('chosen_most', {
          ...counts,
          most: patchInWords(most as JsonObject, request),
          share: percent(share, 0),
        }),
  )
  const unranked = windows.patch.filter((patch) => patch === null).length
  if (unranked > 0) sentences.push(answer('not_ranked', {unranked: count(unranked), windows: counts.windows}))
  if (failed.length > 0) sentences.push(answer('had_failed', {failed: counted(failed.length, 'setting')}))
  if (walk.next !== null)
    sentences.push(
      answer(isAsked(result, walk.next as JsonObject) ? 'next_is_asked' : 'next', {
        setting: patchInWords(walk.next as JsonObject, request),
      }),
    )
  return sentences
}

/** Whether the request as asked has the settings of a patch already. */
export const isAsked = (result: BacktestResult, patch: JsonObject): boolean =>
  patchedValues(patch).every(([pointer, value]) => valueAt(requestOf(result), pathOf(pointer)) === value)

export function chanceSays(result: BacktestResult, {significance, random, look_ahead}: Trust): string[] {
  const sentences: string[] = []
  const psr = significance?.psr
  if (psr != null) {
    const key = psr < 0.5 ? 'sharpe_is_negative' : psr < confidenceOf(result) ? 'sharpe_is_unsure' : 'sharpe_is_sure'
    sentences.push(answer(key, {psr: probability(psr)}))
  }
  if (random?.p_value != null)
    sentences.push(answer(random.p_value <= FEW ? 'few_random' : 'many_random', {p: plain(random.p_value, 3)}))
  if (look_ahead?.changed) sentences.push(answer('looks_ahead'))
  return sentences
}

/** The metric that is shown first: the growth a year, where it is defined. */
export const luckMetric = (luck: Luck): Metric => (luck.summary.cagr.minimum === null ? 'sharpe_ratio' : 'cagr')

export function luckSays(luck: Luck, metric = luckMetric(luck)): string[] {
  const {minimum, maximum, percentile} = luck.summary[metric]
  const figures = {
    metric: titleOf(['metrics', metric]),
    low: metricText(metric, minimum),
    high: metricText(metric, maximum),
    own: metricText(metric, luck[metric][0]),
  }
  return [
    percentile === null
      ? answer('dates', figures)
      : answer('dates_ranked', {...figures, share: percent(percentile, 0)}),
  ]
}

/** The metric that the delays are measured by, and its name in a sentence. */
export const lagMetric = (lag: Lag): readonly ['cagr' | 'sharpe_ratio', string] =>
  lag.cagr.some((value) => value !== null) ? ['cagr', 'growth a year'] : ['sharpe_ratio', 'Sharpe ratio']

export function lagSays(lag: Lag): string[] {
  const [metric, name] = lagMetric(lag)
  const values = lag[metric]
  if (values.at(-1) == null && values[0] == null) return []
  return [
    answer('lag', {
      last: counted(lag.sessions.at(-1) ?? 0, 'session'),
      name,
      late: metricText(metric, values.at(-1)),
      early: metricText(metric, values[0]),
    }),
  ]
}

export function evenSays(result: BacktestResult, even: Even): string[] {
  const asked = bps(numberAt(result, ['request', 'costs', 'commission_bps']) ?? 0)
  const ahead = result.null_reasons?.['/analysis/trust/break_even/zero'] === 'AHEAD_AT_ANY_COMMISSION'
  const key = even.ahead_above?.includes('equal_weight') ? 'equal_weights_below' : 'equal_weights'
  return [
    even.zero === null
      ? answer(ahead ? 'never_stops' : 'never_grows')
      : answer('stops_growing', {bps: bps(even.zero), asked}),
    ...(even.equal_weight === null ? [] : [answer(key, {bps: bps(even.equal_weight)})]),
  ]
}

/** What happens at each of the commissions. */
export function rivals(result: BacktestResult): Record<'zero' | 'benchmark' | 'equal_weight', string> {
  const market = benchmarkOf(result) ?? 'the benchmark'
  const of = (key: 'bears_zero' | 'bears_benchmark' | 'bears_equal_weight') => answer(key, {market})
  return {zero: of('bears_zero'), benchmark: of('bears_benchmark'), equal_weight: of('bears_equal_weight')}
}

export function projectionSays(result: BacktestResult, {years, success}: Projection): string[] {
  const asked: Path = ['request', 'analysis', 'projection']
  const rate = numberAt(result, [...asked, 'withdrawal', 'annual_rate']) ?? 0
  const inflation = numberAt(result, [...asked, 'inflation_rate']) ?? 0
  const real = valueAt(requestOf(result), ['analysis', 'projection', 'withdrawal', 'real']) === true
  const rest = [answer('need_not'), ...(real && inflation === 0 ? [answer('without_inflation')] : [])]
  if (rate === 0) return [answer('nothing_withdrawn'), ...rest]
  return [
    answer('withdrawn', {
      rate: percent(rate),
      inflation: real && inflation !== 0 ? answer('with_inflation', {rate: percent(inflation)}) : '',
      years: counted(years.at(-1) ?? 0, 'year'),
      share: probability(success.at(-1)),
    }),
    ...rest,
  ]
}

// -- figures with a few words

export interface Fact {
  readonly key: keyof typeof generated.facts
  readonly label: string
  /** Definition and formula, on hover and focus. */
  readonly tip: string
  readonly figure: Figure
  /** What it says, in plain words. */
  readonly words: string
}

function worded(key: Fact['key'], figures: Figures): {key: Fact['key']; label: string; words: string} {
  const [label = '', words = ''] = generated.facts[key]
  return {key, label: filled(label, figures), words: filled(words, figures)}
}

function fact(
  result: BacktestResult,
  key: Fact['key'],
  path: Path,
  figures: Figures = {},
  how?: (value: number) => string,
): Fact {
  const {label, words} = worded(key, figures)
  return {key, label: label || titleOf(path), words, tip: meaningOf(path), figure: figure(result, path, how)}
}

/** The best setting beside the one asked for, and how much of its lead is the luck of choosing. */
export function sweepFacts(result: BacktestResult, sweep: Sweep): Fact[] {
  const {rank_by, best, overfitting} = sweep
  const column = sweep.metrics[rank_by] ?? []
  const asked = askedIndex(sweep.axes, requestOf(result))
  const rank = asked === null ? null : rankOf(asked, column)
  const [runs, trials] = [count(sweep.runs), count(overfitting.trials)]
  const one = (key: Fact['key'], value: Maybe, figures: Figures = {}): Fact => ({
    ...worded(key, {metric: titleOf(['metrics', rank_by]), runs, ...figures}),
    tip: '',
    figure:
      value == null
        ? {text: DASH, why: say(best === null ? 'unranked' : 'undefined')}
        : {text: metricText(rank_by, value)},
  })
  const own = asked === null ? numberAt(result, ['metrics', rank_by]) : column[asked]
  const key = asked === null ? 'asked_untried' : rank === null ? 'asked_unranked' : 'asked'
  const figures = {trials, sure: percent(0.95, 0), toss: percent(0.5, 0)}
  return [
    {
      ...one('best', best === null ? null : column[best.index]),
      tip: meaningOf(['metrics', rank_by]),
      words: best === null ? '' : patchInWords(best.patch as JsonObject, requestOf(result)),
    },
    one(key, own, {rank: count(rank ?? 0)}),
    one('neighbours', best?.neighbours_mean),
    fact(result, 'sweep_dsr', [...OVERFITTING, 'dsr'], figures),
    fact(result, 'sweep_pbo', [...OVERFITTING, 'pbo'], figures),
    fact(result, 'sweep_expected', [...OVERFITTING, 'expected_max_sharpe'], figures),
  ]
}

const years = (value: number): string => `${plain(value, 1)} years`

/** The figures of the record's length, random picks, resampled histories, other starts, and a look ahead. */
export function chanceFacts(result: BacktestResult, trust: Trust): Fact[] {
  const {significance, random, bootstrap, start_dates, look_ahead} = trust
  const market = benchmarkOf(result)
  const facts = significance === undefined ? [] : significanceFacts(result)
  if (random)
    facts.push(fact(result, 'random', [...TRUST, 'random', 'percentile'], {portfolios: count(random.portfolios)}))
  else if (random === null) facts.push(fact(result, 'random_none', [...TRUST, 'random']))
  if (bootstrap && market !== null)
    facts.push(fact(result, 'falls_short', [...TRUST, 'bootstrap', 'probability_below_benchmark'], {market}))
  if (start_dates?.share_above != null && start_dates.worst != null)
    facts.push(
      fact(
        result,
        start_dates.worst < 0 ? 'starts_behind' : 'starts',
        [...TRUST, 'start_dates', 'share_above'],
        {market: market ?? 'the benchmark', worst: percent(Math.abs(start_dates.worst))},
        percent,
      ),
    )
  if (look_ahead === null) facts.push(fact(result, 'look_ahead_unchecked', [...TRUST, 'look_ahead']))
  else if (look_ahead)
    facts.push({
      ...worded(look_ahead.first === null ? 'look_ahead_none' : 'look_ahead', {first: day(look_ahead.first)}),
      tip: meaningOf([...TRUST, 'look_ahead']),
      figure: {text: `${count(look_ahead.changed)} of ${count(look_ahead.decisions_checked)}`},
    })
  return facts
}

function significanceFacts(result: BacktestResult): Fact[] {
  const trials = numberAt(result, ['request', 'analysis', 'trust', 'trials']) ?? 1
  const figures = {
    sharpe: metricText('sharpe_ratio', numberAt(result, ['metrics', 'sharpe_ratio'])),
    level: levelOf(result),
    trials: count(trials),
  }
  const one = (key: Fact['key'], how?: (value: number) => string) =>
    fact(result, key, [...TRUST, 'significance', key], figures, how)
  return [
    one('psr'),
    one('standard_error'),
    one('min_track_record_years', years),
    ...(trials > 1 ? [one('dsr'), one('min_backtest_years', years)] : []),
  ]
}
