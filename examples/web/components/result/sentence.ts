/** What was run, in one sentence: strategy, holdings, period, rebalancing, costs, and against what. */
import type {BacktestResult} from 'backtest-runner'
import generated from '@/generated/metrics.json'
import {count, day, finePercent, listed, money} from '@/lib/format'
import {oftenInWords, parametersInWords} from '@/lib/parameters'
import {areChosenToday} from '@/lib/presets'
import type {JsonObject, Schema} from '@/lib/schema/types'
import {SHARED, say} from '@/lib/shared'
import {askedIndex, rankOf} from '@/lib/sweep-grid'
import {at, holdingsOf} from './lookup'

const STRATEGIES = generated.strategies as unknown as Readonly<Record<string, Schema | undefined>>

type Fields = Record<string, unknown>
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const general = (value: number): string => value.toLocaleString('en-US', {maximumFractionDigits: 6})

export const strategyTitle = (name: string): string => STRATEGIES[name]?.title ?? name

export function sentenceOf(result: BacktestResult): string {
  const {effective} = result.period
  const {request} = result
  const capital = request.initial_capital
  const flows = Array.isArray(request.cash_flows) && request.cash_flows.length > 0
  const parts = [
    `${strategyTitle(String(request.strategy))}${settings(result)} on ${held(result)}, ${day(effective.start)} to ${day(effective.end)}`,
    rebalancing(result),
    typeof capital === 'number' ? `from ${money(capital)}${flows ? ' with cash flows' : ''}` : '',
    costs(request),
    request.benchmark ? `against ${benchmarkName(request.benchmark)}` : '',
  ]
  return `${parts.filter(Boolean).join(', ')}.`
}

const benchmarkName = (asked: unknown): string => (typeof asked === 'string' ? asked : String(fields(asked).name))

function settings(result: BacktestResult): string {
  const words = parametersInWords(parametersOf(result), STRATEGIES[String(result.request.strategy)] ?? {})
  return words.length > 0 ? ` (${words.join(', ')})` : ''
}

const parametersOf = ({request}: BacktestResult) => fields(request.parameters) as JsonObject

function held(result: BacktestResult): string {
  const names = holdingsOf(result)
  if (names.length <= SHARED.most_named) return names.join(', ')
  const shown = SHARED.most_named - 2
  return `${names.length} holdings (${names.slice(0, shown).join(', ')} and ${names.length - shown} more)`
}

function rebalancing(result: BacktestResult): string {
  const often = oftenInWords(parametersOf(result))
  const rules = fields(result.request.rebalancing)
  if (rules.absolute_band == null && rules.relative_band == null) return often
  return often === '' || often === 'never rebalanced' ? 'rebalanced by bands alone' : `${often} and by bands`
}

const COSTS = [
  ['commission_bps', (n: string) => `${n} bps commission`],
  ['commission_fixed', (n: string) => `$${n} a trade`],
  ['commission_per_share', (n: string) => `$${n} a share`],
  ['commission_minimum', (n: string) => `at least $${n} a trade`],
  ['slippage_bps', (n: string) => `${n} bps slippage`],
] as const

function costs(request: Fields): string {
  if (!request.costs) return ''
  const asked = fields(request.costs)
  const words = COSTS.flatMap(([key, write]) => {
    const value = asked[key]
    return typeof value === 'number' && value ? [write(general(value))] : []
  })
  const expenses = asked.expense_ratio
  if (typeof expenses === 'number' && expenses) words.push(`${finePercent(expenses)} expenses a year`)
  if (!words.length) return 'without costs'
  return listed(words)
}

export interface Notice {
  code: string
  severity: 'warning' | 'info'
  detail: string
}

/** What to beware of: the document's warnings, then a period other than the one asked for; warnings first. */
export function noticesOf(result: BacktestResult): Notice[] {
  const found: Notice[] = (result.warnings ?? []).map(({code, severity, detail}) => ({code, severity, detail}))
  const {requested, effective, limited_by} = result.period
  const codes = new Set(found.map(({code}) => code))
  const late = daysApart(requested.start, effective.start) > 7 && !codes.has('START_DELAYED')
  const early =
    daysApart(effective.end, requested.end) > 7 && !codes.has('END_CLIPPED') && !codes.has('PORTFOLIO_DEPLETED')
  if (late || early) {
    const why = late && limited_by ? say('period_why', {symbol: limited_by}) : ''
    const span = (period: {start: string; end: string}) => `${day(period.start)} to ${day(period.end)}`
    const detail = say('period', {run: span(effective), why, asked: span(requested)})
    found.push({code: 'PERIOD', severity: 'info', detail})
  }
  found.push(...chosenOf(result), ...survivorsOf(result))
  return found.sort((a, b) => Number(a.severity !== 'warning') - Number(b.severity !== 'warning'))
}

const FEW = 0.05 // of the settings: so high in the ranking nobody comes without having looked

/** That the setting is among the best of many that were tried: its figures are then better than what is to be expected. */
function chosenOf({analysis, request}: BacktestResult): Notice[] {
  const {sweep, trust} = {sweep: analysis?.sweep, trust: fields(fields(request.analysis).trust)}
  const asked = sweep ? askedIndex(sweep.axes, request) : null
  const rank = sweep && asked !== null ? rankOf(asked, sweep.metrics[sweep.rank_by] ?? []) : null
  if (sweep && rank !== null && sweep.runs > 1 && rank <= Math.max(1, FEW * sweep.runs)) {
    const place = rank === 1 ? 'the best' : `number ${rank}`
    const detail = say('best_of_many', {place, runs: count(sweep.runs)})
    return [{code: 'BEST_OF_MANY', severity: 'warning', detail}]
  }
  if (typeof trust.trials !== 'number' || trust.trials < 2) return []
  const detail = say('chosen_among', {trials: count(trust.trials)})
  return [{code: 'BEST_OF_MANY', severity: 'warning', detail}]
}

/** That the companies were chosen knowing what became of them. */
function survivorsOf(result: BacktestResult): Notice[] {
  if (!areChosenToday(holdingsOf(result))) return []
  const since = result.period.effective.start.slice(0, 4)
  const detail = `these companies were chosen today: those that failed since ${since}, and might have been chosen then, are not among them. Expect less than these figures`
  return [{code: 'CHOSEN_TODAY', severity: 'warning', detail}]
}

const daysApart = (first: string, last: string): number => (Date.parse(last) - Date.parse(first)) / 86400000

/** Whether two runs begin with the same capital and have the same cash flows. */
export function hasSameMoney(one: BacktestResult, other: BacktestResult): boolean {
  const flows = ({request}: BacktestResult) => JSON.stringify(request.cash_flows ?? [])
  return capitalOf(one) === capitalOf(other) && flows(one) === flows(other)
}

/** The normalised request's initial capital. */
export const capitalOf = (result: BacktestResult): number => Number(at(result, ['request', 'initial_capital']) ?? 0)
