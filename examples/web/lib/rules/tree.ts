/** A tree of rules as the form edits it: where its nodes stand, and what each change of it gives. */
import {equalised} from '@/lib/holdings'
import {type Path, pointerTo, valueAt, withValueAt} from '@/lib/pointer'
import {isUsed} from '@/lib/schema/fields'
import {isObject, type Json, type JsonObject, type Schema} from '@/lib/schema/types'
import {alternativeOf, isCondition, isNode, keyOf, kindOf} from './kinds'

/** The parameters of a tree: `tree`, `definitions` and the others. Paths lead from here. */
export type Parameters = JsonObject

/** A place of a node among its parent's children. */
export interface Place {
  readonly path: Path
  /** Of a case: where it and its condition stand. */
  readonly case?: Path
}

const FIRST_WINDOW = 200
const CASH: JsonObject = {cash: true}

/** The places of a node's children, in the schema's order. */
export function placesIn(parameters: Parameters, path: Path, node: Schema): Place[] {
  const value = valueAt(parameters, path)
  const alternative = alternativeOf(node, value)
  return Object.entries(alternative?.properties ?? {}).flatMap(([name, part]): Place[] => {
    const inner = valueAt(value, [name])
    const indices = Array.isArray(inner) ? inner.map((_, index) => index) : []
    if (isNode(part)) return [{path: [...path, name]}]
    if (isNode(part.items)) return indices.map((index) => ({path: [...path, name, index]}))
    const [then] = Object.entries(part.items?.properties ?? {}).find(([, one]) => isNode(one)) ?? []
    if (then === undefined) return []
    return indices.map((index) => ({path: [...path, name, index, then], case: [...path, name, index]}))
  })
}

/** The path of a node's parent; null of the root and of a definition. */
export function parentOf(path: Path): Path | null {
  if (path[0] !== 'tree' && path.length <= 2) return null
  if (path.length <= 1) return null
  const last = path.at(-1)
  if (last === 'then' && path.at(-3) === 'cases') return path.slice(0, -3)
  return path.slice(0, typeof last === 'number' ? -2 : -1)
}

/** A node of a kind, with such children as there are: what the schema requires, filled in. */
export function newNode(
  kind: string,
  node: Schema,
  children: readonly Json[],
  symbol: string,
  former?: Json,
): JsonObject {
  const alternative = node.oneOf?.find((one) => keyOf(one) === kind)
  const rest = [...children]
  const made = filled(alternative ?? {}, {
    node: () => rest.shift() ?? CASH,
    nodes: () => (rest.length > 0 ? rest.splice(0) : [{hold: symbol}]),
    condition: () => conditionOf(former) ?? newCondition(symbol),
    symbol,
    former: isObject(former) ? former : {},
  }) as JsonObject
  return isObject(former) && former.name !== undefined ? {...made, name: former.name} : made
}

interface Filling {
  readonly node: () => Json
  readonly nodes: () => Json
  readonly condition: () => Json
  readonly symbol: string
  /** What stood there before: what fits is kept. */
  readonly former: JsonObject
}

function filled(schema: Schema, filling: Filling): Json {
  const entries = (schema.required ?? []).map((name): [string, Json] => {
    const part = schema.properties?.[name] ?? {}
    return [name, valueFor(name, part, filling)]
  })
  return Object.fromEntries(entries)
}

function valueFor(name: string, part: Schema, filling: Filling): Json {
  if (isNode(part)) return filling.node()
  if (isCondition(part)) return filling.condition()
  if (isNode(part.items)) return filling.nodes()
  const former = filling.former[name]
  if (part.const !== undefined) return part.const
  if (part['x-symbol'] !== undefined) return filling.symbol
  if (part.enum !== undefined)
    return former !== undefined && part.enum.includes(former) ? former : (part.enum[0] ?? null)
  if (part['x-unit'] === 'sessions') return FIRST_WINDOW
  if (part.type === 'integer') return part.minimum ?? 1
  if (part.items !== undefined) return [filled(part.items, filling)]
  return part.properties === undefined ? '' : filled(part, {...filling, former: {}})
}

/** A condition to begin with: a price above its average. */
export const newCondition = (symbol: string): JsonObject => ({
  left: {indicator: 'price', symbol},
  is: 'above',
  right: {indicator: 'average', symbol, window: FIRST_WINDOW},
})

/** The condition that decides a node, of several cases the first. */
function conditionOf(node: Json | undefined): Json | undefined {
  return valueAt(node, ['if']) ?? valueAt(node, ['cases', 0, 'if'])
}

/** The same node as another kind, with its children and its name. */
export function asKind(parameters: Parameters, path: Path, kind: string, node: Schema, symbol: string): Parameters {
  const value = valueAt(parameters, path)
  const children = placesIn(parameters, path, node).map((place) => valueAt(parameters, place.path) ?? CASH)
  const kept = kind === 'hold' ? (held(value) ?? symbol) : symbol
  const inner = children.length === 0 && kindOf(value) === 'hold' && value !== undefined ? [unnamed(value)] : children
  return withValueAt(parameters, path, newNode(kind, node, inner, kept, value))
}

const held = (node: Json | undefined): string | undefined => {
  const symbol = valueAt(node, ['hold']) ?? valueAt(node, ['of', 0, 'hold']) ?? valueAt(node, ['then', 'hold'])
  return typeof symbol === 'string' ? symbol : undefined
}

function unnamed(node: Json): Json {
  const {name: _, ...rest} = isObject(node) ? node : {}
  return rest
}

/** A node of this kind in its place, with it as its first child. */
export function wrapped(parameters: Parameters, path: Path, kind: string, node: Schema, symbol: string): Parameters {
  return withValueAt(parameters, path, newNode(kind, node, [valueAt(parameters, path) ?? CASH], symbol))
}

/** The node in the place of its parent, whose other children are gone. */
export function lifted(parameters: Parameters, path: Path): Parameters {
  const parent = parentOf(path)
  return parent === null ? parameters : withValueAt(parameters, parent, valueAt(parameters, path))
}

/** One more child, or one more case. */
export function withChild(parameters: Parameters, path: Path, symbol: string): Parameters {
  const value = valueAt(parameters, path)
  if (!isObject(value)) return parameters
  if (Array.isArray(value.cases)) {
    const one = {if: newCondition(symbol), then: {hold: symbol}}
    return withValueAt(parameters, [...path, 'cases'], [...(value.cases as Json[]), one])
  }
  const of = Array.isArray(value.of) ? (value.of as Json[]) : []
  const weights = Array.isArray(value.weights) ? {weights: [...(value.weights as Json[]), 0]} : {}
  return withValueAt(parameters, path, {...value, ...weights, of: [...of, {hold: symbol}]})
}

/** Whether a child can be added to it. */
export const takesMore = (node: Json | undefined): boolean => ['cases', 'pick', 'weigh'].includes(kindOf(node) ?? '')

/** Without the node: what has to have one, and the last of a list, has cash in its place. */
export function without(parameters: Parameters, path: Path): Parameters {
  if (path[0] === 'definitions' && path.length === 2) return withValueAt(parameters, path, undefined)
  const last = path.at(-1)
  const siblings = valueAt(parameters, path.slice(0, -1))
  if (typeof last === 'number' && Array.isArray(siblings) && siblings.length > 1) {
    const weightsAt = [...path.slice(0, -2), 'weights']
    const weights = valueAt(parameters, weightsAt)
    const rest = withValueAt(parameters, path, undefined)
    return Array.isArray(weights) ? withValueAt(rest, weightsAt, weights.filter((_, at) => at !== last) as Json) : rest
  }
  return withValueAt(parameters, path, CASH)
}

/** Without a case; where it was the only one, what else said takes the place of all. */
export function withoutCase(parameters: Parameters, path: Path): Parameters {
  const cases = valueAt(parameters, path.slice(0, -1))
  if (Array.isArray(cases) && cases.length > 1) return withValueAt(parameters, path, undefined)
  return lifted(parameters, [...path.slice(0, -2), 'else'])
}

export interface Moved {
  readonly parameters: Parameters
  readonly path: Path
}

/** A node, or a case, before or after its neighbour; null where there is none. */
export function moved(parameters: Parameters, path: Path, by: -1 | 1, node: Schema): Moved | null {
  const last = path.at(-1)
  if (typeof last === 'number' && path.at(-2) === 'cases')
    return swapped(parameters, path, [...path.slice(0, -1), last + by])
  const parent = parentOf(path)
  if (parent === null) return null
  const places = placesIn(parameters, parent, node).map((place) => place.path)
  const at = places.findIndex((one) => pointerTo(one) === pointerTo(path))
  const to = places[at + by]
  return to === undefined ? null : swapped(parameters, path, to)
}

function swapped(parameters: Parameters, one: Path, other: Path): Moved | null {
  const [a, b] = [valueAt(parameters, one), valueAt(parameters, other)]
  if (a === undefined || b === undefined) return null
  let next = withValueAt(withValueAt(parameters, one, b), other, a)
  const [from, to] = [one, other].map((path) => [...path.slice(0, -2), 'weights', path.at(-1) ?? 0])
  const [first, second] = [from, to].map((path) => valueAt(parameters, path ?? []))
  if (one.at(-2) === 'of' && from && to && first !== undefined && second !== undefined)
    next = withValueAt(withValueAt(next, from, second), to, first)
  return {parameters: next, path: other}
}

/** A name for a definition that no other has. */
export function freshName(parameters: Parameters): string {
  const taken = isObject(parameters.definitions) ? parameters.definitions : {}
  for (let count = 1; ; count += 1) if (!Object.hasOwn(taken, `part ${count}`)) return `part ${count}`
}

/** The node as a definition, and a use of it in its place. */
export function extracted(parameters: Parameters, path: Path): Moved {
  const name = freshName(parameters)
  const node = valueAt(parameters, path) ?? CASH
  const used = withValueAt(parameters, path, {use: name})
  return {parameters: withValueAt(used, ['definitions', name], node), path: ['definitions', name]}
}

/** A definition under another name, also where it is used. */
export function renamed(parameters: Parameters, from: string, to: string): Parameters {
  const definitions = isObject(parameters.definitions) ? parameters.definitions : {}
  if (to === from || to === '' || Object.hasOwn(definitions, to)) return parameters
  const entries = Object.entries(definitions).map(([name, node]) => [name === from ? to : name, used(node, from, to)])
  return {...parameters, tree: used(parameters.tree ?? CASH, from, to), definitions: Object.fromEntries(entries)}
}

function used(value: Json, from: string, to: string): Json {
  if (Array.isArray(value)) return value.map((one: Json) => used(one, from, to))
  if (!isObject(value)) return value
  const entries = Object.entries(value).map(([key, one]) => [
    key,
    key === 'use' && one === from ? to : used(one, from, to),
  ])
  return Object.fromEntries(entries)
}

/** The symbols that a tree holds. */
export function heldIn(value: Json | undefined): string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((one: Json) => heldIn(one)))]
  if (!isObject(value)) return []
  if (typeof value.hold === 'string') return [value.hold]
  return [...new Set(Object.values(value).flatMap(heldIn))]
}

/** A node with what another of its fields switches off taken away, and what one switches on filled in. */
export function withUsed(node: JsonObject, alternative: Schema): JsonObject {
  const next: Record<string, Json> = {...node}
  for (const [name, part] of Object.entries(alternative.properties ?? {})) {
    if (part['x-used-when'] === undefined) continue
    if (!isUsed(part, next, alternative)) delete next[name]
    else if (next[name] === undefined) next[name] = part.items === undefined ? FIRST_WINDOW : equalWeights(next.of)
  }
  return next
}

/** A weight for each child, all the same, to hundredths of a per cent. */
export function equalWeights(of: Json | undefined): Json {
  return equalised(Array.isArray(of) ? of.length : 1, 1)
}
