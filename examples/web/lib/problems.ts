import type {BacktestErrorDocument, Problem} from 'backtest-runner'
import {normalised, sumOf} from './holdings'
import {inPlainWords} from './plain-words'
import {pathOf, valueAt} from './pointer'
import {fieldKind} from './schema/fields'
import {inFormOrder} from './schema/names'
import {isObject, type Json, type JsonObject, type Schema, sameJson} from './schema/types'
import {readNumber, unitOf} from './units'

export type {Problem}

/** The problems that are still true, in the order of the form: those whose value has been changed since are not. */
export function openProblems(
  {errors}: BacktestErrorDocument,
  asked: JsonObject,
  now: JsonObject,
  parameters?: Schema,
): Problem[] {
  const open = errors.filter(({pointer}) => sameJson(valueAt(asked, pathOf(pointer)), valueAt(now, pathOf(pointer))))
  return open.sort((one, other) => inFormOrder(one.pointer, other.pointer, parameters))
}

/**
 * What is wrong, in the words and units of the form: the runner speaks of the document, where 40 % is 0.4 and an empty
 * box is a missing key. Whatever the form has no better words for stays as the runner has it.
 */
export function readDetail({code, detail, received}: Problem, schema?: Schema, parameters?: Schema): string {
  if (code === 'REQUIRED' || (received === '' && code === 'INVALID_FORMAT'))
    return schema !== undefined && fieldKind(schema) === 'symbol' ? 'Choose a symbol.' : 'This is still empty.'
  if (code === 'WRONG_TYPE' && schema !== undefined && fieldKind(schema) === 'number') return 'This is no number.'
  if (code === 'OUT_OF_RANGE' && schema !== undefined && !isWithin(received, schema))
    return boundsOf(schema) ?? sentence(inPlainWords(detail, parameters))
  if (code === 'ALLOCATION_SUM' && typeof received === 'number') {
    return `The allocations, with cash, sum to ${readNumber(Number(received.toFixed(4)), 2)} %, not to 100 %.`
  }
  return sentence(inPlainWords(detail, parameters))
}

/** Whether a number is within its field's bounds: then it is too large or too small for the value of another field. */
function isWithin(value: unknown, {minimum = -Infinity, maximum = Infinity, exclusiveMinimum = -Infinity}: Schema) {
  return typeof value === 'number' && value >= minimum && value <= maximum && value > exclusiveMinimum
}

function boundsOf(schema: Schema): string | null {
  const {minimum, exclusiveMinimum, maximum} = schema
  const bounds = [
    minimum !== undefined && `at least ${withUnit(minimum, schema)}`,
    exclusiveMinimum !== undefined && `more than ${withUnit(exclusiveMinimum, schema)}`,
    maximum !== undefined && `at most ${withUnit(maximum, schema)}`,
  ].filter(Boolean)
  return bounds.length > 0 ? `It must be ${bounds.join(' and ')}.` : null
}

function withUnit(value: number, schema: Schema): string {
  const {shift, before} = unitOf(schema)
  return `${before}${readNumber(value, shift)}${shift === 2 ? ' %' : ''}`
}

/** What a remedy says to programs and on the command line alone: the form takes no prices, and the page Prices has the rest. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/ (Or use|Use) `data\.source` `inline` with prices of your own in `data\.prices`\./, ''],
  [/ or `inline` with prices of your own in `data\.prices`/, ''],
  [
    / Or the operator may import files of prices, [^:]*: `prices import FILE`(, to be used with `data\.source` `auto`)?\./,
    '',
  ],
  [
    / `prices list`, or `GET \/symbols` over HTTP, shows the symbols at hand\./,
    ' The page “Prices” lists the symbols at hand.',
  ],
]

/** A remedy as this page can be used for it. */
export const remedyHere = (remedy: string): string =>
  ELSEWHERE.reduce((text, [part, instead]) => text.replace(part, instead), remedy)

export function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1)
  return /[.!?]$/.test(capital) ? capital : `${capital}.`
}

/** A suggestion as a person would write it; null where it is none that a click could put in. */
export function readSuggestion(suggestion: Json | undefined, schema: Schema | undefined): string | null {
  if (typeof suggestion === 'string') return suggestion
  if (typeof suggestion === 'number') return withUnit(suggestion, schema ?? {})
  if (Array.isArray(suggestion) && suggestion.length <= 6) {
    const allocation = schema?.items?.properties?.allocation ?? schema?.items
    return suggestion
      .map((one: Json) => readSuggestion(typeof one === 'number' ? Number(one.toFixed(4)) : one, allocation))
      .join(', ')
  }
  return Array.isArray(suggestion) ? 'the suggested values' : null
}

/**
 * What a field holds after its suggestion was taken. For the holdings, suggestions are their allocations, brought to
 * hundredths of a per cent without changing what they sum to.
 */
export function withSuggestion(pointer: string, suggestion: Json, request: JsonObject): Json {
  const rows = request.holdings
  if (pointer !== '/holdings' || !Array.isArray(suggestion) || !Array.isArray(rows)) return suggestion
  const suggested = suggestion.map((allocation: Json) => ({symbol: '', allocation}))
  const parts = normalised(suggested, sumOf(suggested))
  return rows.map((row: Json, index) => (isObject(row) ? {...row, allocation: parts[index] ?? 0} : row))
}
