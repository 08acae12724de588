/**
 * Which branch of a tree was held when: the trace of its decisions, followed to where it ends at one holding or at a mix.
 * The report's branches.py does the same; both are held to tests/support/rule_branches.json.
 */
import type {BacktestResult} from 'backtest-runner'
import {pointerTo, valueAt} from '@/lib/pointer'
import {isObject, type Json, type JsonObject} from '@/lib/schema/types'
import {kindOf} from './kinds'
import {chosen, leaf} from './sentences'

export interface Branch {
  readonly label: string
  /** Which of the series' colours. */
  readonly colour: number | 'cash' | 'other'
  /** Of all decisions. */
  readonly share: number
}

export interface Span {
  /** Its place among the branches. */
  readonly branch: number
  /** The session of its first execution, and that of the next branch's; of the last the end of the run. */
  readonly from: string
  readonly to: string
}

export interface Branches {
  readonly branches: readonly Branch[]
  readonly spans: readonly Span[]
}

export const UNKNOWN = 'Too little history'
const CASH = 'Cash'
const MOST = 6
const LONGEST = 60

/** The branches of a result of the strategy `rules`, the most frequent first; null where it has none or no trace. */
export function branchesOf({request, decisions, period}: BacktestResult): Branches | null {
  const paths = decisions?.path
  const dates = decisions?.executed
  if (request.strategy !== 'rules' || !paths?.length || !dates) return null
  const parameters = request.parameters as unknown as JsonObject
  const known = new Map<readonly string[], string>() // decisions that went the same way
  const labels = paths.map((path) => {
    const label = known.get(path) ?? branchLabel(parameters, path)
    known.set(path, label)
    return label
  })
  const counts = new Map<string, number>()
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1)
  const order = [...counts.keys()].sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0))
  const named = order.length > MOST ? order.slice(0, MOST - 1) : order
  const rest = order.slice(named.length)
  const shares = (some: readonly string[]) =>
    some.reduce((sum, label) => sum + (counts.get(label) ?? 0), 0) / labels.length
  let colour = 0
  const branches: Branch[] = named.map((label) => ({
    label,
    colour: label === CASH ? 'cash' : label === UNKNOWN ? 'other' : colour++,
    share: shares([label]),
  }))
  if (rest.length > 0) branches.push({label: `${rest.length} others`, colour: 'other', share: shares(rest)})
  const places = labels.map((label) => (named.includes(label) ? named.indexOf(label) : named.length))
  return {branches, spans: spansOf(places, dates.map(String), period.effective.end)}
}

/** Decisions one after the other that held the same, as one. */
function spansOf(places: readonly number[], dates: readonly string[], end: string): Span[] {
  const starts = places.flatMap((branch, at) => (branch === places[at - 1] ? [] : [{branch, from: dates[at] ?? end}]))
  return starts.map((start, n) => ({...start, to: starts[n + 1]?.from ?? end}))
}

/** What the last node of a path is called at which all that it reached comes together. */
export function branchLabel(parameters: JsonObject, path: readonly string[]): string {
  let place = resolved(parameters, ['tree'])
  if (path.length === 0) return UNKNOWN
  let at = 0
  if (among([place], path.slice(0, 1)).length === 0) {
    place = resolved(parameters, [...place.path, 'else']) // the root was unknown, and its else was taken
    if (among([place], path.slice(0, 1)).length === 0) return UNKNOWN
  }
  for (;;) {
    const children = childrenOf(place).map((child) => resolved(parameters, child))
    const reached = among(children, path.slice(at + 1))
    const decides = ['if', 'cases'].includes(kindOf(place.node) ?? '') || reached.length === 1
    const next = decides ? among(children, path.slice(at + 1, at + 2))[0] : undefined
    if (next === undefined) return labelOf(place)
    place = next
    at += 1
  }
}

interface Resolved {
  readonly path: readonly (string | number)[]
  readonly node: JsonObject
  readonly name: string | null
}

/** Those of siblings that a path has: by where they stand, as where they share a name, or else by their names. */
function among(siblings: readonly Resolved[], words: readonly string[]): Resolved[] {
  const stands = ({path}: Resolved) => words.includes(pointerTo(['parameters', ...path]))
  const shared = siblings.filter(stands).map(({name}) => name) // a node below them may have such a name too
  return siblings.filter(
    (one) => stands(one) || (one.name !== null && words.includes(one.name) && !shared.includes(one.name)),
  )
}

/** The node at a path, or the definition that it uses. */
function resolved(parameters: JsonObject, path: readonly (string | number)[]): Resolved {
  const value = valueAt(parameters, path)
  const node = isObject(value) ? value : {}
  const own = typeof node.name === 'string' ? node.name : null
  if (kindOf(node) === 'use') {
    const definition = resolved(parameters, ['definitions', String(node.use)])
    return own === null ? definition : {...definition, name: own}
  }
  return {path, node, name: own}
}

function childrenOf({path, node}: Resolved): (readonly (string | number)[])[] {
  const list = (value: Json | undefined) => (Array.isArray(value) ? value.map((_, index) => index) : [])
  return [
    ...(node.then === undefined ? [] : [[...path, 'then']]),
    ...list(node.cases).map((index) => [...path, 'cases', index, 'then']),
    ...(node.else === undefined ? [] : [[...path, 'else']]),
    ...list(node.of).map((index) => [...path, 'of', index]),
  ]
}

function labelOf({node, name}: Resolved): string {
  const kind = kindOf(node) ?? ''
  const of = Array.isArray(node.of) ? (node.of as Json[]) : []
  const isLeaf = kind === 'hold' || kind === 'cash'
  if (name !== null) return cut(kind === 'hold' ? `${name}: ${leaf(node)}` : name)
  if (isLeaf) return kind === 'cash' ? CASH : leaf(node)
  if (of.length === 0) return UNKNOWN
  const flat = of.every((child) => ['hold', 'cash', 'use'].includes(kindOf(child) ?? ''))
  return cut(chosen(node, flat ? of.map(leaf) : []))
}

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}…` : text)
