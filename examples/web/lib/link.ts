import {salvagedJson} from './cut-json'
import {type Draft, EMPTY_DRAFT} from './draft'
import {listed} from './format'
import {humanised} from './schema/fields'
import {REQUEST_SCHEMA, requestField} from './schema/page'
import {fittingOf} from './schema/references'
import {isObject, type Json, type Schema, type Strategy} from './schema/types'

/** A portfolio as a link carries it. */
export interface LinkedPortfolio {
  readonly name: string
  readonly draft: Draft
}

export interface LinkContents {
  /** What the link asks for; of a damaged one what could still be read, which may be nothing. */
  readonly portfolios: readonly LinkedPortfolio[]
  /** What is wrong with the link, in a sentence; null where nothing is. */
  readonly fault: string | null
}

export const LINK_PARAMETER = 'p'
export const MOST_PORTFOLIOS = 3
const VERSION = 1
/** With the rest of a browser's headers it is under 16 KiB, which is what Node's servers take. */
const LONGEST = 12_000
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

/** Whether an address can carry it. */
export const fitsLink = (text: string): boolean => text.length <= LONGEST

/**
 * What a link asks for. Anybody can write one, so all of it is checked: its size, its version, that every key is one of
 * the schema's and that lists and objects stand where the schema has them. Single values are left for the runner. Of a
 * link that was cut off, or in which a part has another shape, the rest is read.
 */
export function readLink(text: string, strategies: readonly Strategy[]): LinkContents {
  try {
    if (!fitsLink(text)) throw new BadLink('it is too long')
    const {content, whole} = decoded(text)
    if (!isObject(content)) throw new BadLink(DAMAGED)
    if (content.v !== VERSION) throw new BadLink('it was made by another version of this page')
    const list: readonly Json[] = Array.isArray(content.p) ? content.p : []
    const read = list.slice(0, MOST_PORTFOLIOS).map((one) => portfolioIn(one, strategies))
    const portfolios = read.flatMap((one) => one.portfolio ?? [])
    if (portfolios.length === 0) throw new BadLink(DAMAGED)
    const lost = [...new Set(read.flatMap((one) => one.lost))]
    if (list.length > MOST_PORTFOLIOS) lost.push('some portfolios')
    const fault = !whole ? 'only its beginning can be read' : lost.length > 0 ? `${listed(lost)} cannot be read` : null
    return {portfolios, fault: fault && `This link is damaged: ${fault}.`}
  } catch (fault) {
    if (!(fault instanceof BadLink)) throw fault
    return {portfolios: [], fault: `This link cannot be opened: ${fault.message}.`}
  }
}

class BadLink extends Error {}

const DAMAGED = 'it is damaged'

interface ReadPortfolio {
  readonly portfolio: LinkedPortfolio | null
  /** What parts of it could not be read, by their titles. */
  readonly lost: readonly string[]
}

function portfolioIn(value: Json, strategies: readonly Strategy[]): ReadPortfolio {
  if (!isObject(value) || !isObject(value.r)) return {portfolio: null, lost: ['a portfolio']}
  const request = value.r
  const strategy = strategies.find(({name}) => name === request.strategy)
  const known = {...REQUEST_SCHEMA.properties, parameters: strategy?.parameters ?? NO_PARAMETERS, compare: COMPARE}
  const lost: string[] = []
  const read = Object.entries(known).flatMap(([name, schema]): [string, Json][] => {
    if (!Object.hasOwn(request, name) && name !== 'holdings') return []
    try {
      const part = request[name] ?? null
      return [[name, conforming(name === 'holdings' ? unpacked(part) : part, schema)]]
    } catch (fault) {
      if (!(fault instanceof BadLink)) throw fault
      lost.push(requestField(name).title ?? humanised(name))
      return []
    }
  })
  if (read.length === 0) return {portfolio: null, lost}
  const name = typeof value.n === 'string' ? value.n.slice(0, LONGEST_NAME).toWellFormed() : ''
  const draft = {...(lost.length > 0 ? EMPTY_DRAFT : {}), ...Object.fromEntries(read)}
  return {portfolio: {name, draft}, lost}
}

/** The value with keys that the schema does not have left out; a BadLink where its shape is not the schema's. */
function conforming(value: Json, given: Schema, depth = 0): Json {
  if (depth > DEEPEST) throw new BadLink(DAMAGED)
  if (value === null) return null // a single value, as in a patch that takes a key away
  const schema = fittingOf(given, value)
  if (schema.anyOf !== undefined && typeof value === 'object') {
    const fitting = schema.anyOf.find((one) => (Array.isArray(value) ? one.items : one.properties) !== undefined)
    if (fitting === undefined) throw new BadLink(DAMAGED)
    return conforming(value, fitting, depth)
  }
  if (schema.properties !== undefined) {
    if (!isObject(value)) throw new BadLink(DAMAGED)
    const known = Object.entries(schema.properties).filter(([name]) => Object.hasOwn(value, name))
    return Object.fromEntries(known.map(([name, field]) => [name, conforming(value[name] ?? null, field, depth + 1)]))
  }
  if (typeof schema.additionalProperties === 'object')
    return conformingMap(value, schema.additionalProperties, depth + 1)
  if (Array.isArray(value)) {
    if (schema.items === undefined || value.length > (schema.maxItems ?? 500)) throw new BadLink(DAMAGED)
    return value.map((item: Json) => conforming(item, schema.items ?? {}, depth + 1))
  }
  if (isObject(value)) {
    if (Object.keys(value).length > 0) throw new BadLink(DAMAGED)
    return {}
  }
  if (typeof value === 'string') return value.slice(0, LONGEST_TEXT).toWellFormed()
  return value
}

/** An object whose keys are anybody's, such as the definitions of a tree or the pointers of a sweep. */
function conformingMap(value: Json, field: Schema, depth: number): Json {
  if (!isObject(value) || Object.keys(value).length > MOST_KEYS) throw new BadLink(DAMAGED)
  const entries = Object.entries(value).map(([name, one]) => [
    name.slice(0, LONGEST_TEXT).toWellFormed(),
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
  if (!Array.isArray(holdings)) throw new BadLink(DAMAGED)
  return holdings.map((row: Json) => {
    if (!Array.isArray(row)) return row
    const [symbol = '', allocation = null] = row as Json[]
    if (typeof symbol !== 'string') throw new BadLink(DAMAGED)
    return allocation === null ? {symbol} : {symbol, allocation}
  })
}

function toBase64Url(text: string): string {
  const bytes = Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')
  return btoa(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** The content of the text, and whether it is all there. */
function decoded(text: string): {content: unknown; whole: boolean} {
  try {
    return {content: JSON.parse(utf8(text, true)), whole: true}
  } catch {
    const [sound = ''] = /^[A-Za-z0-9_-]*/.exec(text) ?? []
    return {content: salvagedJson(utf8(sound.slice(0, sound.length % 4 === 1 ? -1 : undefined), false)), whole: false}
  }
}

function utf8(base64Url: string, fatal: boolean): string {
  const bytes = atob(base64Url.replaceAll('-', '+').replaceAll('_', '/'))
  return new TextDecoder('utf-8', {fatal}).decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)))
}
