/** The lines of the growth chart: every run's, and the benchmark's once. */
import {alignedTo, extent, grown, seconds, unionOfDates} from '@/lib/chart-data'
import {change, count, day, listed, money, percent} from '@/lib/format'
import {fallsOf, since} from '@/lib/visible'
import {benchmarkOf} from '../result/lookup'
import {colourOf, nameOf, type Run} from '../result/run'
import {capitalOf, hasSameMoney} from '../result/sentence'

export interface Curve {
  name: string
  values: (number | null)[]
  falls: (number | null)[]
  /** Of the series' colours; null is the benchmark's grey. */
  colour: number | null
  flows: (number | null)[] | null
  /** Without cash flows; null where that is not known: of a thinned series with flows. */
  growth: (number | null)[] | null
  /** Of each session; null of a thinned series. */
  returns: (number | null)[] | null
  perYear: number
}

/** value: money with what was paid in and out. growth: of the initial capital at the time-weighted returns. */
export type Measure = 'value' | 'growth'

export interface Growth {
  dates: readonly string[]
  times: number[]
  curves: Curve[]
  /** Money; or, of a part that is zoomed into, the change since its first session: 1 there. */
  unit: 'money' | 'change'
  /** The runs that are drawn; the others have no series. */
  runs: Run[]
  least: number
  most: number
}

const isThinned = ({result}: Run): boolean => (result.series?.dates.length ?? 0) < result.period.sessions
const hasFlows = ({result}: Run): boolean => result.series?.cash_flows?.some((flow) => flow !== 0) ?? false

/** Which measures can be drawn: growth differs from value only with cash flows, and needs every session's return. */
export function measuresOf(runs: readonly Run[]): Measure[] {
  const drawn = runs.filter(({result}) => result.series?.dates.length)
  return drawn.some(hasFlows) && !drawn.some(isThinned) ? ['value', 'growth'] : ['value']
}

export function growthOf(all: readonly Run[], measure: Measure): Growth | null {
  const runs = all.filter(({result}) => result.series?.dates.length)
  const dates = unionOfDates(runs.map(({result}) => result.series?.dates ?? []))
  if (!dates.length) return null
  const curves: Curve[] = runs.map((run) => {
    const {series} = run.result
    const own = series?.dates ?? []
    const values =
      measure === 'growth' ? grown(capitalOf(run.result), series?.returns ?? []) : (series?.portfolio_value ?? [])
    return {
      name: nameOf(run, all),
      values: alignedTo(dates, own, values),
      falls: alignedTo(dates, own, series?.drawdown ?? []),
      colour: colourOf(run, all),
      flows: hasFlows(run) ? alignedTo(dates, own, series?.cash_flows ?? []) : null,
      ...growthWithout(run, dates, series?.returns ?? [], hasFlows(run) ? null : values),
    }
  })
  const market = sharedBenchmark(runs, measure)
  if (market?.result.benchmark) {
    const {series} = market.result.benchmark
    const own = market.result.series?.dates ?? []
    const values = measure === 'growth' ? grown(capitalOf(market.result), series.returns) : series.portfolio_value
    curves.push({
      name: benchmarkOf(market.result) ?? 'Benchmark',
      values: alignedTo(dates, own, values),
      falls: alignedTo(dates, own, series.drawdown),
      colour: null,
      flows: null,
      ...growthWithout(market, dates, series.returns, hasFlows(market) ? null : series.portfolio_value),
    })
  }
  const [least, most] = extent(curves.map(({values}) => values)) ?? [0, 1]
  return {dates, times: dates.map(seconds), curves, unit: 'money', runs, least, most}
}

/** The growth without cash flows: of every session's return, or, of a thinned series, what the values say where there are none. */
function growthWithout(
  run: Run,
  dates: readonly string[],
  returns: readonly number[],
  values: readonly number[] | null,
): Pick<Curve, 'growth' | 'returns' | 'perYear'> {
  const own = run.result.series?.dates ?? []
  const perYear = run.result.period.periods_per_year
  if (!isThinned(run))
    return {growth: alignedTo(dates, own, grown(1, returns)), returns: alignedTo(dates, own, returns), perYear}
  return {growth: values && alignedTo(dates, own, values), returns: null, perYear}
}

/** The part between two places as the change since the first, and the fall from its own peak; as it is where that is not known. */
export function zoomedInto(growth: Growth, [from, to]: readonly [number, number]): Growth {
  if (growth.curves.some((curve) => curve.growth === null)) return growth
  const curves = growth.curves.map((curve) => {
    const values = since(curve.growth ?? [], from, to)
    return {...curve, values, falls: fallsOf(values)}
  })
  const [least, most] = extent(curves.map(({values}) => values)) ?? [1, 1]
  return {...growth, curves, unit: 'change', least, most}
}

/** A value as the chart writes it. */
export const writtenIn = ({unit}: Growth, value: number | null | undefined): string =>
  unit === 'money' ? money(value) : change(value == null ? value : value - 1)

/** The run whose benchmark stands for all: the earliest one's, when all have the same with the same money. */
function sharedBenchmark(runs: readonly Run[], measure: Measure): Run | null {
  const having = runs.filter(({result}) => result.benchmark?.series)
  const [first] = having
  if (!first) return null
  const same = having.every(
    ({result}) =>
      benchmarkOf(result) === benchmarkOf(first.result) &&
      (measure === 'growth' ? capitalOf(result) === capitalOf(first.result) : hasSameMoney(result, first.result)),
  )
  if (!same) return null
  return having.reduce((best, run) =>
    run.result.period.effective.start < best.result.period.effective.start ? run : best,
  )
}

export function growthTitle(growth: Growth, measure: Measure): string {
  const {curves, unit} = growth
  const market = curves.find(({colour}) => colour === null)
  const names = [
    curves.length - Number(Boolean(market)) > 1 ? 'the runs' : 'the portfolio',
    ...(market ? [market.name] : []),
  ]
  if (unit === 'change') return `Change of ${listed(names)} over what is visible, with the fall from its peak below`
  return `${measure === 'growth' ? 'Time-weighted growth' : 'Value'} of ${listed(names)}, with the fall from the peak below`
}

/** The chart in a sentence or two, for those who do not see it. */
export function growthSaid(growth: Growth): string {
  const {dates, curves} = growth
  const seen = dates.filter((_, n) => curves.some(({values}) => values[n] !== null))
  const parts = curves.map(({name, values, falls}) => {
    const known = values.filter((value) => value !== null)
    const [deepest] = extent([falls]) ?? [0]
    return `${name} goes from ${writtenIn(growth, known[0])} to ${writtenIn(growth, known.at(-1))}, its deepest fall is ${percent(deepest)}`
  })
  return `Line chart from ${day(seen[0])} to ${day(seen.at(-1))}. ${parts.join('. ')}.`
}

/** What a reader of the chart should know. */
export function growthNotes(all: readonly Run[], {runs, curves}: Growth, measure: Measure): string[] {
  const notes: string[] = []
  const parts = runs.filter(isThinned).map(({name, result}) => {
    const drawn = `${count(result.series?.dates.length)} of ${count(result.period.sessions)} sessions`
    return all.length > 1 ? `${name} from ${drawn}` : `from ${drawn}`
  })
  if (parts.length > 0)
    notes.push(
      `Drawn ${listed(parts)}, the highest, the lowest and the deepest fall among them. Metrics and tables are of all sessions.`,
    )
  const market = curves.find(({colour}) => colour === null)
  if (runs.some(hasFlows)) {
    notes.push(
      measure === 'value'
        ? `Money paid in and taken out is part of the value, not of the drawdown or of any return.${market ? ` ${market.name} has the same cash flows.` : ''}`
        : 'What the initial capital alone would have grown to: money paid in and taken out is left out.',
    )
  }
  if (new Set(runs.map(({result}) => result.period.effective.start)).size > 1)
    notes.push('The runs begin on different days, each with its own initial capital.')
  else if (new Set(runs.map(({result}) => capitalOf(result))).size > 1)
    notes.push('The runs begin with different capitals.')
  const benchmarks = new Set(runs.flatMap(({result}) => benchmarkOf(result) ?? []))
  if (benchmarks.size && !market)
    notes.push(
      `The runs have different benchmarks, capitals or cash flows (${[...benchmarks].join(', ')}); none is drawn.`,
    )
  return notes
}
