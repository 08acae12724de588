/** Settings that an analysis varies, in words: what a pointer into the request is called, and how its values are written. */
import generated from '@/generated/metrics.json'
import {listed, percent, plain} from './format'
import {pathOf, pointerTo, valueAt} from './pointer'
import {humanised, withoutNull} from './schema/fields'
import {REQUEST_SCHEMA} from './schema/page'
import {isObject, type Json, type JsonObject, type Schema} from './schema/types'

const STRATEGIES = generated.strategies as unknown as Readonly<Record<string, Schema | undefined>>

/** What the schemas say of a setting; an empty schema where they know nothing of it. */
export function settingAt(pointer: string, request: JsonObject): Schema {
  const path = pathOf(pointer)
  const start =
    path[0] === 'parameters' ? [STRATEGIES[String(request.strategy)] ?? {}, path.slice(1)] : [REQUEST_SCHEMA, path]
  const [root, keys] = start as [Schema, string[]]
  return keys.reduce<Schema>((schema, key) => {
    const plain = withoutNull(schema)
    return plain.properties?.[key] ?? plain.items ?? {}
  }, root)
}

/** `Look-back period`; of a holding also its symbol. */
export function settingTitle(pointer: string, request: JsonObject): string {
  const path = pathOf(pointer)
  const title = settingAt(pointer, request).title ?? humanised(path.at(-1) ?? '')
  const symbol = path[0] === 'holdings' ? valueAt(request, ['holdings', path[1] ?? '', 'symbol']) : undefined
  return typeof symbol === 'string' ? `${title} of ${symbol}` : title
}

export function settingValue(value: Json | undefined, schema: Schema): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'number') {
    if (schema['x-unit']?.startsWith('fraction')) return percent(value, decimals(100 * value))
    return plain(value, decimals(value))
  }
  if (value === null || value === undefined) return 'not set'
  return schema.enum === undefined ? String(value) : String(value).replaceAll('_', ' ')
}

const decimals = (value: number): number => (String(Number(value.toPrecision(10))).split('.')[1] ?? '').length

/** Every value that a merge patch sets, by its pointer. */
export function patchedValues(patch: Json | undefined, path: readonly string[] = []): [string, Json][] {
  if (isObject(patch)) return Object.entries(patch).flatMap(([key, value]) => patchedValues(value, [...path, key]))
  return [[pointerTo(path), patch ?? null]]
}

/** `Look-back period 63, holdings to keep 3`. */
export function patchInWords(patch: Json | undefined, request: JsonObject): string {
  const words = patchedValues(patch).map(([pointer, value], n) => {
    if (pointer === '/parameters/top_n') return `${n === 0 ? 'Top' : 'top'} ${value}`
    const title = settingTitle(pointer, request)
    const name = n === 0 ? title : title.charAt(0).toLowerCase() + title.slice(1)
    return `${name} ${settingValue(value, settingAt(pointer, request))}`
  })
  return listed(words)
}
