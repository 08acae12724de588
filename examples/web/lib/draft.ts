import {withValueAt} from './pointer'
import {defaultOf, fieldsOf, isUsed, withoutNull} from './schema/fields'
import {REQUEST_SCHEMA} from './schema/page'
import {isObject, type Json, type JsonObject, type Schema, type Strategy, sameJson} from './schema/types'

/**
 * A request under construction: the document that will be sent, without what is at its default. A field that holds what
 * is no valid value holds it as it was typed; the runner judges it, as it judges everything.
 */
export type Draft = JsonObject

export const EMPTY_DRAFT: Draft = {
  strategy: 'buy_hold',
  holdings: [
    {symbol: '', allocation: 0.5},
    {symbol: '', allocation: 0.5},
  ],
}

export function strategyOf(draft: Draft): string {
  return typeof draft.strategy === 'string' ? draft.strategy : ''
}

/** The request that a draft asks for: without blank rows at the end and parameters that have no effect. */
export function toRequest(draft: Draft, strategies: readonly Strategy[]): JsonObject {
  const schema = strategies.find(({name}) => name === strategyOf(draft))?.parameters
  const asked: JsonObject = {...draft, holdings: filledRows(draft.holdings)}
  const request = schema === undefined ? asked : withoutUnused(asked, schema)
  const include = REQUEST_SCHEMA.properties?.output?.properties?.include?.default
  const output = isObject(request.output) ? request.output : {}
  return include === undefined || output.include !== undefined ? request : {...request, output: {...output, include}}
}

/** As many points of a series as a phone can show; a result of thirty years is then a quarter as long to load. */
export const PHONE_POINTS = 800

/**
 * A request as a phone sends it. One that says itself how many points it wants stays as it is, and so does one with cash
 * flows, whose growth is drawn from the return of every session.
 */
export function forPhone(request: JsonObject): JsonObject {
  const output = isObject(request.output) ? request.output : {}
  const flows = Array.isArray(request.cash_flows) && request.cash_flows.length > 0
  return flows || output.max_points !== undefined
    ? request
    : {...request, output: {...output, max_points: PHONE_POINTS}}
}

/** A request as it would be sent from where the other one was: from a phone, if that was. */
export function sentLike(other: JsonObject, request: JsonObject): JsonObject {
  const asked = isObject(other.output) ? other.output.max_points : undefined
  return asked === PHONE_POINTS ? forPhone(request) : request
}

/** The draft that asks for a normalised request, such as a result has: without what is at its default. */
export function toDraft(request: JsonObject, strategies: readonly Strategy[]): Draft {
  const parameters = strategies.find(({name}) => name === strategyOf(request))?.parameters ?? {}
  const own = {...parameters, default: {}}
  return withoutDefaults(request, {...REQUEST_SCHEMA, properties: {...REQUEST_SCHEMA.properties, parameters: own}})
}

function withoutDefaults(value: JsonObject, {properties = {}}: Schema): JsonObject {
  const entries = Object.entries(value).flatMap(([name, one]): [string, Json][] => {
    const field = properties[name] ?? {}
    if (sameJson(one, defaultOf(field))) return []
    const inner = withoutNull(field)
    if (!isObject(one) || inner.properties === undefined) return [[name, one]]
    const rest = withoutDefaults(one, inner)
    // A part that is there by default may be left out; of another its being there is what it says.
    return Object.keys(rest).length > 0 || !isObject(field.default) ? [[name, rest]] : []
  })
  return Object.fromEntries(entries)
}

function filledRows(holdings: Json | undefined): Json {
  const rows = Array.isArray(holdings) ? [...(holdings as Json[])] : []
  while (rows.length > 1 && isBlank(rows.at(-1))) rows.pop() // only at the end: pointers stay true
  return rows
}

function isBlank(row: Json | undefined): boolean {
  return isObject(row) && !row.symbol && (row.allocation === undefined || row.allocation === 0)
}

function withoutUnused(request: JsonObject, schema: Schema): JsonObject {
  const parameters = isObject(request.parameters) ? request.parameters : {}
  const unused = fieldsOf(schema).filter(([, field]) => !isUsed(field, parameters, schema))
  return unused.reduce((kept, [name]) => withValueAt(kept, ['parameters', name], undefined), request)
}
