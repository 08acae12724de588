/** Reading a result document: a figure at a path, what the schema says of it, why it is null, what was left out. */
import type {BacktestResult} from 'backtest-runner'
import generated from '@/generated/metrics.json'
import {byUnit, DASH, tone} from '@/lib/format'
import {inPlainWords, partsOf} from '@/lib/plain-words'
import {humanised} from '@/lib/schema/fields'
import {nameOf} from '@/lib/schema/names'
import {SHARED, say} from '@/lib/shared'
import {symbolInWords} from '@/lib/symbol-names'

export type Path = readonly (string | number)[]

interface Said {
  title: string
  description?: string
  unit?: string
}

const FIGURES: Record<string, Said | undefined> = {...generated.figures}

/** Add what the schema says of figures that few results have. */
export const addFigures = (figures: Record<string, Said>): void => void Object.assign(FIGURES, figures)

const WHY: Readonly<Record<string, string | undefined>> = SHARED.null_reasons

const escaped = (part: string | number): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1')
const pointerOf = (path: Path): string => path.map((part) => `/${escaped(part)}`).join('')

/** What is at a path; undefined where there is nothing. */
export function at(result: BacktestResult, path: Path): unknown {
  let value: unknown = result
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined
    value = (value as Record<string | number, unknown>)[part]
  }
  return value
}

export function numberAt(result: BacktestResult, path: Path): number | null {
  const value = at(result, path)
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

/** What the schema says of a path; nothing where it knows nothing. */
export function said(path: Path): Partial<Said> {
  const own = path[0] === 'benchmark' && path[1] === 'metrics' ? path.slice(1) : path
  return FIGURES[pointerOf(own.map((part) => (typeof part === 'number' ? 0 : part)))] ?? {}
}

export const titleOf = (path: Path): string => {
  const key = String(path.at(-1)).replaceAll('_', ' ')
  return said(path).title ?? key.charAt(0).toUpperCase() + key.slice(1)
}

/** What a figure says: a sentence for everybody, and on a second line its definition and what it was computed from. */
export function meaningOf(path: Path, result?: BacktestResult): string {
  const {plain, exact} = partsOf(inPlainWords(said(path).description ?? ''))
  const basis = result && plain ? basisOf(result, path) : ''
  return [plain, [exact, basis].filter(Boolean).join(' ')].filter(Boolean).join('\n')
}

function basisOf(result: BacktestResult, path: Path): string {
  const {sessions, periods_per_year} = result.period
  if (path[0] === 'metrics' || path[0] === 'benchmark')
    return `From ${sessions.toLocaleString('en-US')} sessions; P = ${periods_per_year}.`
  const months = result.tables?.monthly_returns.complete.filter(Boolean).length
  if (path[0] === 'metrics_monthly')
    return months ? `From ${months.toLocaleString('en-US')} months; P = 12.` : 'P = 12.'
  return ''
}

/** Why the value at a path is null: its own reason, or that of the nearest part around it. */
export function whyNull(result: BacktestResult, path: Path): string {
  const reasons: Readonly<Record<string, string>> = result.null_reasons ?? {}
  for (let length = path.length; length > 0; length--) {
    const code = reasons[pointerOf(path.slice(0, length))]
    if (code) return WHY[code] ?? `Not defined: ${code}.`
  }
  return say('no_reason')
}

/** A figure as it is shown: its text, how it is coloured, and why it is a dash. */
export interface Figure {
  text: string
  tone?: 'gain' | 'loss' | ''
  why?: string
  /** What it is sorted by: the number itself, or an ISO date; nothing where it is undefined. */
  value?: number | string
}

/** A value as it is written; a dash, with the reason, where there is none. */
export function written<T extends number | string>(
  value: T | null | undefined,
  write: (value: T) => string,
  why = say('undefined'),
): Figure {
  return value == null ? {text: DASH, why} : {text: write(value), value}
}

/** The figure at a path, as its unit or `how` has it written. */
export function figure(result: BacktestResult, path: Path, how?: (value: number) => string, coloured = false): Figure {
  const value = numberAt(result, path)
  if (value === null) return {text: DASH, why: whyNull(result, path)}
  const text = how ? how(value) : byUnit(value, said(path).unit)
  return {text, tone: coloured ? tone(value, text) : '', value}
}

/** A sentence when the document lacks a block, with the remedy; null when it is there. */
export function leftOut(result: BacktestResult, block: string): string | null {
  if (at(result, [block]) !== undefined && at(result, [block]) !== null) return null
  const include = at(result, ['request', 'output', 'include'])
  const name = humanised(block)
  if (Array.isArray(include) && include.includes(block)) return say('left_out_by_version', {block: name})
  return say('left_out', {block: name, place: nameOf('/output/include', undefined)})
}

/** The symbols of the holdings, in the request's order. */
export function holdingsOf(result: BacktestResult): string[] {
  const holdings = at(result, ['request', 'holdings'])
  if (!Array.isArray(holdings)) return []
  return holdings.map((each) => String((each as {symbol?: unknown}).symbol))
}

/** What the benchmark is called: its symbol's name, or that of the portfolio that it is. */
export function benchmarkOf(result: BacktestResult): string | null {
  const {benchmark} = result
  return benchmark?.symbol === undefined ? (benchmark?.name ?? null) : symbolInWords(result, benchmark.symbol)
}
