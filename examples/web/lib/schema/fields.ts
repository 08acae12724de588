import {isObject, type Json, type JsonObject, type Schema, sameJson} from './types'

/** Which control a schema is edited with. */
export type FieldKind =
  | 'number' // a box for a figure, with its unit
  | 'choice' // one of an enumeration
  | 'choices' // several of an enumeration
  | 'switch' // yes or no
  | 'date'
  | 'symbol' // one symbol
  | 'symbols' // several of the holdings
  | 'list' // rows of fields
  | 'group' // fields under one heading
  | 'text'
  | 'none' // nothing that anybody types

export function fieldKind(schema: Schema): FieldKind {
  if (schema.const !== undefined || carriesBulk(schema)) return 'none'
  const plain = withoutNull(schema)
  if (plain['x-symbol'] !== undefined) return 'symbol'
  if (plain.enum !== undefined) return 'choice'
  if (plain.format === 'date') return 'date'
  const types = typesOf(plain)
  if (types.includes('number') || types.includes('integer')) return 'number'
  if (types.includes('boolean')) return 'switch'
  if (types.includes('array')) return kindOfArray(plain)
  if (types.includes('object')) return 'group'
  return types.includes('string') ? 'text' : 'none'
}

function kindOfArray({items}: Schema): FieldKind {
  if (items === undefined) return 'none'
  if (items['x-symbol'] !== undefined) return 'symbols'
  if (items.enum !== undefined) return 'choices'
  return items.properties === undefined ? 'none' : 'list'
}

/** Whether thousands of values stand here, which come from a program and not from a form. */
function carriesBulk(schema: Schema): boolean {
  return schema['x-bulk'] === true || Object.values(schema.properties ?? {}).some((field) => field['x-bulk'] === true)
}

export function isNullable(schema: Schema): boolean {
  return typesOf(schema).includes('null') || (schema.anyOf ?? []).some((one) => typesOf(one).includes('null'))
}

/** The one alternative of an `anyOf` that is not null, under the title and the help of the whole. */
export function withoutNull(schema: Schema): Schema {
  const other = schema.anyOf?.find((one) => !typesOf(one).includes('null'))
  return other === undefined ? schema : {...other, ...schema}
}

function typesOf({type}: Schema): readonly string[] {
  if (type === undefined) return []
  return typeof type === 'string' ? [type] : type
}

/** What a field says while it has not been set. */
export function defaultOf(schema: Schema): Json {
  return schema.default ?? null
}

/** The fields of an object, in the schema's order, with what the form cannot edit left out. */
export function fieldsOf(schema: Schema): [string, Schema][] {
  return Object.entries(schema.properties ?? {}).filter(([, field]) => fieldKind(field) !== 'none')
}

/** Whether a field has an effect, seeing what its siblings say. */
export function isUsed(field: Schema, siblings: JsonObject, parent: Schema): boolean {
  return Object.entries(field['x-used-when'] ?? {}).every(([name, wanted]) =>
    sameJson(siblings[name] ?? defaultOf(parent.properties?.[name] ?? {}), wanted),
  )
}

/** A value of its own for a new row of a list: what it requires, filled in as well as the schema allows. */
export function newItem(schema: Schema): Json {
  const names = schema.required ?? []
  const entries = names.map((name) => {
    const field = schema.properties?.[name] ?? {}
    return [name, field.default ?? field.enum?.[0] ?? field.minimum ?? null] as const
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== null))
}

/** What an object holds beside its defaults: how many fields somebody has set. */
export function countSet(value: Json | undefined): number {
  if (Array.isArray(value)) return value.length
  return isObject(value) ? Object.keys(value).length : 0
}

/** `next_close` to `Next close`. */
export function humanised(name: string): string {
  const words = name.replaceAll('_', ' ').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/**
 * What the help of an enumeration says of one of its values: descriptions are written `next_close: the close of …`.
 * Undefined where it says nothing of it.
 */
export function meaningOf(value: string, {description, enum: values}: Schema): string | undefined {
  if (description === undefined || values === undefined) return undefined
  const starts = values
    .map((one) => ({one, at: ` ${description}`.search(new RegExp(`[ (]${escaped(String(one))}: `))}))
    .filter(({at}) => at >= 0)
    .sort((a, b) => a.at - b.at)
  const index = starts.findIndex(({one}) => one === value)
  const start = starts[index]
  if (start === undefined) return undefined
  const text = description.slice(start.at + value.length + 2, starts[index + 1]?.at).trim()
  const sentence = text.replace(/[.;,]$/, '')
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
