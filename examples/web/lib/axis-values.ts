/** The settings that an analysis can vary, and their values as a person types them: `1, 2, 3` or `21 to 252 by 21`. */
import {symbolsOf} from './holdings'
import {pathOf, pointerTo, valueAt} from './pointer'
import {defaultOf, fieldKind, fieldsOf, isUsed, withoutNull} from './schema/fields'
import {requestField} from './schema/page'
import {isObject, type Json, type JsonObject, type Schema} from './schema/types'
import {parseNumber, typedNumber, unitOf} from './units'

export interface Setting {
  readonly pointer: string
  readonly schema: Schema
}

const GROUPS = ['costs', 'execution', 'cash', 'rebalancing'] as const
/** One portfolio moves between the settings of a walk-forward: costs and fills are the same for all of them. */
const MOVABLE = ['/cash/allocation', '/rebalancing/offset_sessions']
const SCALARS = ['number', 'choice', 'switch']

/** What can be varied: the strategy's own parameters first, as far as they have an effect. */
export function settingsOf(draft: JsonObject, parameters: Schema | undefined, question: string): Setting[] {
  const own = isObject(draft.parameters) ? draft.parameters : {}
  const fields = (path: string, schema: Schema, values: JsonObject): Setting[] =>
    fieldsOf(withoutNull(schema))
      .filter(([, field]) => SCALARS.includes(fieldKind(field)) && isUsed(field, values, schema))
      .map(([name, field]) => ({pointer: pointerTo([path, name]), schema: field}))
  const others = GROUPS.flatMap((name) => fields(name, requestField(name), {}))
  return [
    ...fields('parameters', parameters ?? {}, own),
    ...others.filter(({pointer}) => question !== 'walk_forward' || MOVABLE.includes(pointer)),
  ]
}

const RANGE = /^(\S+?)\s*%?\s*(?:to|…|–)\s*(\S+?)\s*%?\s*(?:by|step)\s*(\S+?)\s*%?$/i

/** The values that a text means: a list, a range, the text itself where it is neither, undefined for an empty one. */
export function parseValues(text: string, schema: Schema): Json | undefined {
  if (text.trim() === '') return undefined
  const {shift} = unitOf(schema)
  const range = RANGE.exec(text.trim())
  if (range !== null) {
    const [from, to, step] = range.slice(1).map((one) => parseNumber(one, shift))
    return from === undefined || to === undefined || step === undefined ? text : {from, to, step}
  }
  const values = text
    .split(/[,;\s]+/)
    .filter((one) => one !== '' && one !== '%')
    .map((one) => parseNumber(one, shift))
  return values.some((value) => value === undefined) ? text : (values as number[])
}

export function writeValues(value: Json | undefined, schema: Schema): string {
  const {shift} = unitOf(schema)
  const write = (one: Json | undefined) => (typeof one === 'number' ? typedNumber(one, shift) : String(one))
  if (Array.isArray(value)) return value.map(write).join(', ')
  if (isObject(value)) return `${write(value.from)} to ${write(value.to)} by ${write(value.step)}`
  return typeof value === 'string' ? value : ''
}

/** How many values an axis has; 0 for what is none. */
export function sizeOf(value: Json | undefined): number {
  if (Array.isArray(value)) return value.length
  if (!isObject(value)) return 0
  const {from, to, step} = value
  if (typeof from !== 'number' || typeof to !== 'number' || typeof step !== 'number' || step <= 0) return 0
  return Math.max(0, Math.floor((to - from) / step + 1e-9) + 1)
}

/** The values of an axis one by one; null for what is none. */
export function listOf(value: Json | undefined): readonly Json[] | null {
  if (value === undefined) return []
  if (Array.isArray(value)) return value as readonly Json[]
  const size = sizeOf(value)
  if (!isObject(value) || size === 0) return null
  const {from, step} = value as {readonly from: number; readonly step: number}
  return Array.from({length: size}, (_, n) => Number((from + n * step).toPrecision(12)))
}

/** How many combinations axes have. */
export const combinationsOf = (over: JsonObject): number =>
  Object.values(over).reduce<number>((count, value) => count * sizeOf(value), 1)

/** Values around the one that is asked for, itself among them. */
export function valuesAround(setting: Setting, draft: JsonObject): Json[] {
  const {pointer, schema} = setting
  const asked = valueAt(draft, pathOf(pointer)) ?? defaultOf(schema)
  const plain = withoutNull(schema)
  if (plain.enum !== undefined) return [...plain.enum]
  if (fieldKind(schema) === 'switch') return [false, true]
  const whole = plain.type === 'integer'
  if (plain['x-unit'] === 'holdings') return rangeTo(Math.max(1, Math.min(5, symbolsOf(draft).length)))
  const middle = typeof asked === 'number' && asked > 0 ? asked : pointer.startsWith('/costs/') ? 15 : whole ? 3 : 0.1
  const values = [1, 2, 3, 4, 5, 6].map((n) => {
    const value = Number(((middle * n) / 3).toPrecision(3))
    return n === 3 ? middle : whole ? Math.round(value) : value
  })
  const {minimum = -Infinity, maximum = Infinity} = plain
  return [...new Set(values)].filter((value) => value >= minimum && value <= maximum)
}

const rangeTo = (last: number): number[] => Array.from({length: last}, (_, n) => n + 1)

/** Two settings to begin with: the strategy's own numbers, else how often it is rebalanced. */
export function firstAxes(settings: readonly Setting[], draft: JsonObject): JsonObject {
  const own = settings.filter(({pointer}) => pointer.startsWith('/parameters/'))
  const numbers = own.filter((one) => {
    const asked = valueAt(draft, pathOf(one.pointer)) ?? defaultOf(one.schema)
    return fieldKind(one.schema) === 'number' && typeof asked === 'number' && asked > 0
  })
  const often = own.filter(({pointer}) => pointer === '/parameters/rebalance_frequency')
  const chosen = [...numbers.slice(0, 2), ...often].slice(0, 2)
  return Object.fromEntries(chosen.map((one) => [one.pointer, one === often[0] ? OFTEN : valuesAround(one, draft)]))
}

const OFTEN = ['monthly', 'quarterly', 'annually']
