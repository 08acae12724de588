/** A strategy's parameters in words: as the sentence above a result has them, and as an example is offered. */
import {listed, MINUS, SPACE} from './format'
import {hasTree} from './rules/kinds'
import {sentences} from './rules/sentences'
import {humanised, isUsed} from './schema/fields'
import {isObject, type Json, type JsonObject, type Schema, sameJson} from './schema/types'

const UNNAMED = ['', 'holdings', 'ratio', 'number'] // the title says it already
const OFTEN: Readonly<Record<string, string>> = {semiannually: 'every half-year', annually: 'yearly'}

/**
 * Every number, and what else is not at its default; what another parameter makes unused is left out, and how often is
 * rebalanced, which has its own words.
 */
export function parametersInWords(parameters: JsonObject, schema: Schema): string[] {
  const known = schema.properties ?? {}
  const told = Object.entries(parameters).filter(
    ([name, value]) =>
      name !== 'rebalance_frequency' &&
      isTold(value, known[name]) &&
      !choosesUnit(known[name], schema) &&
      isUsed(known[name] ?? {}, parameters, schema),
  )
  const unit = (one: Schema) => unitIn(parameters, schema, one)
  return told.map(([name, value]) => (name === 'top_n' ? `top ${value}` : words(name, value, known[name] ?? {}, unit)))
}

/** An example of a strategy's parameters in words; of a tree of rules its first branch. */
export function exampleInWords(example: JsonObject, schema: Schema): string {
  const said = hasTree(schema) ? sentences(example).slice(0, 1) : parametersInWords(example, schema)
  return humanised([...said, oftenInWords(example)].filter(Boolean).join(', '))
}

export function oftenInWords({rebalance_frequency: often}: JsonObject): string {
  return typeof often !== 'string' ? '' : often === 'never' ? 'never rebalanced' : `rebalanced ${OFTEN[often] ?? often}`
}

/** What a number is measured in: of `sessions or months`, what a parameter beside it says. */
export function unitIn(parameters: JsonObject, {properties = {}}: Schema, {'x-unit': unit = ''}: Schema): string {
  const [name, chooser] = Object.entries(properties).find(([, one]) => isChooserOf(unit, one)) ?? []
  return name === undefined ? unit : String(parameters[name] ?? chooser?.default)
}

function isChooserOf(unit: string | undefined, {enum: values}: Schema): boolean {
  const units = unit?.split(' or ') ?? []
  return units.length > 1 && sameJson(values, units)
}

/** Whether a parameter is the unit of others, with which it is said. */
function choosesUnit(schema: Schema | undefined, {properties = {}}: Schema): boolean {
  if (schema?.enum === undefined) return false
  const all = Object.values(properties).flatMap((one) => [one, ...Object.values(one.items?.properties ?? {})])
  return all.some((one) => isChooserOf(one['x-unit'], schema))
}

/** A number unless it is a default of 0, anything else unless it is its default. */
function isTold(value: Json | undefined, schema: Schema | undefined): boolean {
  if (value === null || value === undefined) return false
  if (sameJson(value, schema?.default) && (value === 0 || typeof value !== 'number')) return false
  return Array.isArray(value) ? value.length > 0 : !isObject(value)
}

function words(name: string, value: Json, schema: Schema, unit: (schema: Schema) => string): string {
  const title = schema.title ?? name.replaceAll('_', ' ')
  const label = title.charAt(0).toLowerCase() + title.slice(1)
  if (typeof value === 'boolean') return value ? label : `no ${label}`
  const values: readonly Json[] = Array.isArray(value) ? value : [value]
  if (values.every(isObject)) return `${label} of ${listed(columns(values as readonly JsonObject[], schema, unit))}`
  if (values.every((one) => typeof one === 'number'))
    return `${label} ${numbers(values as readonly number[], unit(schema))}`
  const isChoice = schema.enum !== undefined || schema.items?.enum !== undefined
  return `${label} ${listed(values.map((one) => (isChoice ? String(one).replaceAll('_', ' ') : String(one))))}`
}

/** `period 1, 3 and 12 months`, `weight 12, 4 and 1`: the rows of a list, key by key. */
function columns(rows: readonly JsonObject[], schema: Schema, unit: (schema: Schema) => string): string[] {
  const parts: readonly (readonly [string, Schema])[] = Object.entries(
    schema.items?.properties ?? Object.fromEntries(Object.keys(rows[0] ?? {}).map((key) => [key, {}])),
  )
  return parts.flatMap(([key, part]) => {
    const column = rows.map((row) => row[key] ?? part.default ?? null)
    return column.some((one) => isTold(one, part)) ? [words(key, column, part, unit)] : []
  })
}

/** `1, 3 and 12 months`, `12.5 %`, with every digit. */
function numbers(values: readonly number[], unit: string): string {
  if (unit.startsWith('fraction')) return `${listed(values.map((value) => exact(100 * value)))}${SPACE}%`
  const figures = listed(values.map(exact))
  if (unit.startsWith('multiple of ')) return `${figures} times ${unit.slice('multiple of '.length)}`
  if (UNNAMED.includes(unit)) return figures
  return `${figures} ${values.length === 1 && values[0] === 1 ? unit.replace(/s$/, '') : unit}`
}

const exact = (value: number): string =>
  value.toLocaleString('en-US', {maximumSignificantDigits: 12}).replace('-', MINUS)
