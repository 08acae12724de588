/** What was run, in one sentence: strategy, holdings, period, rebalancing, costs, and against what. */
import type {BacktestResult} from 'backtest-runner'
import generated from '@/generated/metrics.json'
import {counted, finePercent, listed, money, span} from '@/lib/format'
import {oftenInWords, parametersInWords} from '@/lib/parameters'
import type {JsonObject, Schema} from '@/lib/schema/types'
import {SHARED} from '@/lib/shared'
import {called} from '@/lib/symbol-names'
import {at, holdingsOf} from './lookup'

const STRATEGIES = generated.strategies as unknown as Readonly<Record<string, Schema | undefined>>

type Fields = Record<string, unknown>
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const general = (value: number): string => value.toLocaleString('en-US', {maximumFractionDigits: 6})

/** What the schemas say of a strategy's parameters; undefined of a plug-in's. */
export const parametersOfStrategy = ({request}: BacktestResult): Schema | undefined =>
  STRATEGIES[String(request.strategy)]

export const strategyTitle = (name: string): string => STRATEGIES[name]?.title ?? name

export function sentenceOf(result: BacktestResult): string {
  const {effective} = result.period
  const {request} = result
  const capital = request.initial_capital
  const flows = Array.isArray(request.cash_flows) && request.cash_flows.length > 0
  const parts = [
    `${strategyTitle(String(result.request.strategy))}${settings(result)} on ${held(result)}, ${span(effective.start, effective.end)}`,
    rebalancing(result),
    typeof capital === 'number' ? `from ${money(capital)}${flows ? ' with cash flows' : ''}` : '',
    costs(request),
    request.benchmark ? `against ${benchmarkName(result)}` : '',
  ]
  return `${parts.filter(Boolean).join(', ')}.`
}

function benchmarkName(result: BacktestResult): string {
  const asked = result.request.benchmark
  return typeof asked === 'string' ? called(result, asked) : String(fields(asked).name)
}

function settings(result: BacktestResult): string {
  const words = parametersInWords(parametersOf(result), parametersOfStrategy(result) ?? {})
  return words.length > 0 ? ` (${words.join(', ')})` : ''
}

const parametersOf = ({request}: BacktestResult) => fields(request.parameters) as JsonObject

function held(result: BacktestResult): string {
  const names = holdingsOf(result)
  if (names.length <= SHARED.most_named) return names.join(', ')
  const shown = SHARED.most_named - 2
  return `${names.length} holdings (${names.slice(0, shown).join(', ')} and ${names.length - shown} more)`
}

/** At dates, whenever a band is broken, or at the dates on which one is. */
function rebalancing(result: BacktestResult): string {
  const {rebalance_frequency: often = 'never'} = parametersOf(result)
  const {absolute_band, relative_band, bands_checked, offset_sessions: offset} = fields(result.request.rebalancing)
  const hasBands = absolute_band != null || relative_band != null
  const isAnytime = hasBands && bands_checked !== 'at_frequency'
  if (often === 'never') return isAnytime ? 'rebalanced by bands alone' : oftenInWords(parametersOf(result))
  const later = typeof offset === 'number' && offset > 0 ? ` (${counted(offset, 'session')} later)` : ''
  const bands = isAnytime ? ' and by bands' : hasBands ? ' if a weight is outside its band' : ''
  return `${oftenInWords(parametersOf(result))}${later}${bands}`
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

/** Whether two runs begin with the same capital and have the same cash flows. */
export function hasSameMoney(one: BacktestResult, other: BacktestResult): boolean {
  const flows = ({request}: BacktestResult) => JSON.stringify(request.cash_flows ?? [])
  return capitalOf(one) === capitalOf(other) && flows(one) === flows(other)
}

/** The normalised request's initial capital. */
export const capitalOf = (result: BacktestResult): number => Number(at(result, ['request', 'initial_capital']) ?? 0)
