import type {Draft} from './draft'
import {REQUEST_SCHEMA} from './schema/page'
import {fittingOf} from './schema/references'
import {isObject, type Json, type JsonObject, type Schema, type Strategy} from './schema/types'

/** A portfolio as a link carries it. */
export interface LinkedPortfolio {
  readonly name: string
  readonly draft: Draft
}

export type LinkContents =
  | {readonly portfolios: readonly LinkedPortfolio[]; readonly fault: null}
  | {readonly portfolios: null; readonly fault: string}

export const LINK_PARAMETER = 'p'
export const MOST_PORTFOLIOS = 3
const VERSION = 1
const LONGEST = 24_000
/** Of a strategy that this runner does not have: the runner says so, and its parameters mean nothing here. */
const NO_PARAMETERS: Schema = {properties: {}}
const LONGEST_TEXT = 200
const MOST_KEYS = 500
/** More than the runner takes of JSON inside JSON. */
const DEEPEST = 64
/** A variation is a part of a request, of any strategy. */
const PATCH: Schema = {properties: {...REQUEST_SCHEMA.properties, parameters: {additionalProperties: {}}}}
const COMPARE: Schema = {maxItems: 20, items: {properties: {name: {}, patch: PATCH}}}
export const LONGEST_NAME = 40

/** The portfolios as one parameter of the address: base64url of `{"v":1,"p":[{"n":name,"r":request}, …]}`. */
export function writeLink(portfolios: readonly LinkedPortfolio[]): string {
  const p = portfolios.map(({name, draft}) => ({n: name, r: {...draft, holdings: packed(draft.holdings)}}))
  return toBase64Url(JSON.stringify({v: VERSION, p}))
}

/**
 * What a link asks for. Anybody can write one, so all of it is checked: its size, its version, that every key is one of
 * the schema's and that lists and objects stand where the schema has them. Single values are left for the runner.
 */
export function readLink(text: string, strategies: readonly Strategy[]): LinkContents {
  try {
    if (text.length > LONGEST) throw new BadLink('it is too long')
    const content = decoded(text)
    if (!isObject(content) || content.v !== VERSION) throw new BadLink('it was made by another version of this page')
    const list = content.p
    if (!Array.isArray(list) || list.length < 1 || list.length > MOST_PORTFOLIOS) throw new BadLink('it is damaged')
    return {portfolios: list.map((one: Json) => portfolioIn(one, strategies)), fault: null}
  } catch (fault) {
    if (!(fault instanceof BadLink)) throw fault
    return {portfolios: null, fault: `This link cannot be opened: ${fault.message}.`}
  }
}

class BadLink extends Error {}

function portfolioIn(value: Json, strategies: readonly Strategy[]): LinkedPortfolio {
  if (!isObject(value) || typeof value.n !== 'string' || !isObject(value.r)) throw new BadLink('it is damaged')
  const request: JsonObject = {...value.r, holdings: unpacked(value.r.holdings)}
  const strategy = strategies.find(({name}) => name === request.strategy)
  const schema = {
    ...REQUEST_SCHEMA,
    properties: {...REQUEST_SCHEMA.properties, parameters: strategy?.parameters ?? NO_PARAMETERS, compare: COMPARE},
  }
  return {name: value.n.slice(0, LONGEST_NAME), draft: conforming(request, schema) as Draft}
}

/** The value with keys that the schema does not have left out; a BadLink where its shape is not the schema's. */
function conforming(value: Json, given: Schema, depth = 0): Json {
  if (depth > DEEPEST) throw new BadLink('it is too deep')
  if (value === null) return null // a single value, as in a patch that takes a key away
  const schema = fittingOf(given, value)
  if (schema.anyOf !== undefined && typeof value === 'object') {
    const fitting = schema.anyOf.find((one) => (Array.isArray(value) ? one.items : one.properties) !== undefined)
    if (fitting === undefined) throw new BadLink('it is damaged')
    return conforming(value, fitting, depth)
  }
  if (schema.properties !== undefined) {
    if (!isObject(value)) throw new BadLink('it is damaged')
    const known = Object.entries(schema.properties).filter(([name]) => Object.hasOwn(value, name))
    return Object.fromEntries(known.map(([name, field]) => [name, conforming(value[name] ?? null, field, depth + 1)]))
  }
  if (typeof schema.additionalProperties === 'object')
    return conformingMap(value, schema.additionalProperties, depth + 1)
  if (Array.isArray(value)) {
    if (schema.items === undefined || value.length > (schema.maxItems ?? 500)) throw new BadLink('it is damaged')
    return value.map((item: Json) => conforming(item, schema.items ?? {}, depth + 1))
  }
  if (isObject(value)) {
    if (Object.keys(value).length > 0) throw new BadLink('it is damaged')
    return {}
  }
  if (typeof value === 'string') return value.slice(0, LONGEST_TEXT)
  return value
}

/** An object whose keys are anybody's, such as the definitions of a tree or the pointers of a sweep. */
function conformingMap(value: Json, field: Schema, depth: number): Json {
  if (!isObject(value) || Object.keys(value).length > MOST_KEYS) throw new BadLink('it is damaged')
  const entries = Object.entries(value).map(([name, one]) => [
    name.slice(0, LONGEST_TEXT),
    conforming(one, field, depth),
  ])
  return Object.fromEntries(entries)
}

/** Holdings as `["SPY",0.6]`, which is half as long; others keep their keys. */
function packed(holdings: Json | undefined): Json {
  if (!Array.isArray(holdings)) return []
  return holdings.map((row: Json) => {
    const {symbol = '', allocation = null, ...more} = isObject(row) ? row : {}
    return Object.keys(more).length > 0 ? row : [symbol, allocation]
  })
}

function unpacked(holdings: Json | undefined): Json {
  if (!Array.isArray(holdings)) throw new BadLink('it is damaged')
  return holdings.map((row: Json) => {
    if (!Array.isArray(row)) return row
    const [symbol = '', allocation = null] = row as Json[]
    if (typeof symbol !== 'string') throw new BadLink('it is damaged')
    return allocation === null ? {symbol} : {symbol, allocation}
  })
}

function toBase64Url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

function decoded(text: string): unknown {
  try {
    const bytes = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
    return JSON.parse(
      new TextDecoder('utf-8', {fatal: true}).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0))),
    )
  } catch {
    throw new BadLink('it is incomplete or damaged')
  }
}
