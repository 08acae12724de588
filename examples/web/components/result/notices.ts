/** What to beware of, before a result is read. */
import {type BacktestResult, WARNING_CODES} from 'backtest-runner'
import {count, day, listed, span} from '@/lib/format'
import {inPlainWords} from '@/lib/plain-words'
import {areChosenToday} from '@/lib/presets'
import {sentence} from '@/lib/problems'
import {say} from '@/lib/shared'
import {askedIndex, rankOf} from '@/lib/sweep-grid'
import {called} from '@/lib/symbol-names'
import {holdingsOf} from './lookup'
import {parametersOfStrategy} from './sentence'

type Fields = Record<string, unknown>
const fields = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

export interface Notice {
  code: string
  severity: 'warning' | 'info'
  detail: string
  /** What is said of each symbol, where the detail is about several. */
  each?: readonly string[]
}

/** What to beware of: the document's warnings, then a period other than the one asked for; warnings first. */
export function noticesOf(result: BacktestResult): Notice[] {
  const found = grouped(result)
  const {requested, effective, limited_by} = result.period
  const codes = new Set(found.map(({code}) => code))
  const late = daysApart(requested.start, effective.start) > 7 && !codes.has('START_DELAYED')
  const early =
    daysApart(effective.end, requested.end) > 7 && !codes.has('END_CLIPPED') && !codes.has('PORTFOLIO_DEPLETED')
  if (late || early) {
    const why = late && limited_by ? say('period_why', {symbol: limited_by}) : ''
    const detail = say('period', {
      run: span(effective.start, effective.end),
      why,
      asked: span(requested.start, requested.end),
    })
    found.push({code: 'PERIOD', severity: 'info', detail})
  }
  found.push(...chosenOf(result), ...survivorsOf(result))
  return found.sort((a, b) => Number(a.severity !== 'warning') - Number(b.severity !== 'warning'))
}

/** A result may be of a later version, with codes that are not known here. */
const MEANINGS: Readonly<Record<string, {meaning: string} | undefined>> = WARNING_CODES
const MOST_NAMED = 8

/** The document's warnings, in the words of the form; those of one kind about several symbols as one. */
function grouped(result: BacktestResult): Notice[] {
  const plain = (text: string) =>
    sentence(withNames(inPlainWords(withDates(text), parametersOfStrategy(result)), result))
  const warnings = result.warnings ?? []
  return warnings.flatMap(({code, severity, detail, symbol}, n) => {
    const alike = symbol === undefined ? [] : warnings.filter((one) => one.code === code && one.symbol !== undefined)
    const meaning = MEANINGS[code]?.meaning
    if (alike.length < 2 || meaning === undefined) return [{code, severity, detail: plain(detail)}]
    if (alike[0] !== warnings[n]) return [] // said with the first
    const symbols = [...new Set(alike.map((one) => String(one.symbol)))]
    const about = `${meaning.replace(/\.$/, '')}: ${someOf(symbols)}`
    return [{code, severity, detail: plain(about), each: alike.map((one) => plain(one.detail))}]
  })
}

const withDates = (text: string) => text.replace(/\b\d{4}-\d\d-\d\d\b/g, day)

/** Indices by their names as well: their symbols say little. */
function withNames(text: string, result: BacktestResult): string {
  const indices = Object.keys(result.data?.symbols ?? {}).filter((symbol) => symbol.startsWith('^'))
  return indices.reduce((said, symbol) => said.replaceAll(symbol, called(result, symbol)), text)
}

function someOf(symbols: readonly string[]): string {
  if (symbols.length <= MOST_NAMED) return listed(symbols)
  return `${symbols.slice(0, MOST_NAMED).join(', ')} and ${symbols.length - MOST_NAMED} more`
}

const FEW = 0.05 // of the settings: so high in the ranking a setting rarely comes without a search

/** That the setting is among the best of many that were tried: its figures are then better than what is to be expected. */
function chosenOf({analysis, request}: BacktestResult): Notice[] {
  const {sweep, trust} = {sweep: analysis?.sweep, trust: fields(fields(request.analysis).trust)}
  const asked = sweep ? askedIndex(sweep.axes, request) : null
  const rank = sweep && asked !== null ? rankOf(asked, sweep.metrics[sweep.rank_by] ?? []) : null
  if (sweep && rank !== null && sweep.distinct > 1 && rank <= Math.max(1, FEW * sweep.runs)) {
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
  const detail = say('chosen_today', {year: since})
  return [{code: 'CHOSEN_TODAY', severity: 'warning', detail}]
}

const daysApart = (first: string, last: string): number => (Date.parse(last) - Date.parse(first)) / 86400000
