import document from '@/generated/request-schema.json'
import {fieldKind, withoutNull} from './fields'
import type {Schema} from './types'

/**
 * The request's schema as this page uses it. All that the page decides for itself stands here: it asks for every block
 * of the result unless told otherwise, and offers no inline prices, which no form can hold.
 */
export const REQUEST_SCHEMA: Schema = forThisPage(document as unknown as Schema)

/** What the page has an own place for, or no use for; every other field of the request is a field of the form. */
const PLACED = new Set([
  ...['schema_version', 'request_id', 'strategy', 'holdings', 'start_date', 'end_date', 'parameters'],
  ...['compare', 'analysis'],
])

/** What hardly anybody changes: the last of the form. */
const RARE = new Set(['data', 'output', 'limits'])

export const isRare = (name: string): boolean => RARE.has(name)

export const SETTINGS: readonly [string, Schema][] = Object.entries(REQUEST_SCHEMA.properties ?? {}).filter(
  ([name]) => !PLACED.has(name),
)

/** Whether a setting has a part of the form of its own, closed until somebody opens it. */
export const isGroup = ([, schema]: (typeof SETTINGS)[number]): boolean => ['group', 'list'].includes(fieldKind(schema))

const names = (settings: typeof SETTINGS): string[] => settings.map(([name]) => name)

/** The keys of a request in the order in which the form has them, from top to bottom. */
export const FORM_ORDER: readonly string[] = [
  ...['holdings', 'start_date', 'end_date', 'strategy', 'parameters'],
  ...names(SETTINGS.filter((setting) => !isGroup(setting))),
  ...['analysis', 'compare'],
  ...names(SETTINGS.filter(isGroup)),
]

export function requestField(name: string): Schema {
  return REQUEST_SCHEMA.properties?.[name] ?? {}
}

function forThisPage(schema: Schema): Schema {
  const properties = {...schema.properties}
  const output = properties.output
  const include = output?.properties?.include
  if (output !== undefined && include?.items?.enum !== undefined) {
    const all = {...include, default: include.items.enum}
    properties.output = {...output, properties: {...output.properties, include: all}}
  }
  const data = properties.data
  const source = withoutNull(data?.properties?.source ?? {})
  if (data !== undefined && source.enum !== undefined) {
    const offered = {...source, enum: source.enum.filter((one) => one !== 'inline')}
    properties.data = {...data, properties: {...data.properties, source: offered}}
  }
  return {...schema, properties}
}
