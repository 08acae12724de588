import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {readLink, writeLink} from '@/lib/link'
import {pointerTo, valueAt} from '@/lib/pointer'
import {PRESETS} from '@/lib/presets'
import {branchLabel} from '@/lib/rules/branches'
import {begun, changed, redone, undone} from '@/lib/rules/history'
import {hasTree, keyOf} from '@/lib/rules/kinds'
import {indicatorName, sentences} from '@/lib/rules/sentences'
import {
  asKind,
  extracted,
  heldIn,
  lifted,
  moved,
  newNode,
  type Parameters,
  parentOf,
  placesIn,
  renamed,
  withChild,
  without,
  withoutCase,
  withUsed,
  wrapped,
} from '@/lib/rules/tree'
import {nameOf} from '@/lib/schema/names'
import {dereferenced, fittingOf} from '@/lib/schema/references'
import type {JsonObject, Schema} from '@/lib/schema/types'

const read = (path: string) => JSON.parse(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8'))
/** As the runner lists it: what other documents say in its place, and the references of its own left. */
const RULES = dereferenced(read('schemas/strategies/rules.schema.json') as Schema)
const NODE = RULES.properties?.tree ?? {}
const KINDS = (NODE.oneOf ?? []).map(keyOf)
const A = {hold: 'A'}
const B = {hold: 'B'}
const CASH = {cash: true}
const ABOVE = newNode('if', NODE, [A, B], 'S').if as JsonObject

describe('a tree in words', () => {
  it.each(read('tests/support/rule_sentences.json') as {name: string; parameters: JsonObject; lines: string[]}[])(
    'says it as the runner does: $name',
    ({parameters, lines}) => expect(sentences(parameters)).toEqual(lines),
  )

  it('has words for what is not there yet', () => {
    expect(
      sentences({tree: {if: {left: '', is: 'above', right: {indicator: 'rsi', symbol: ''}}, then: {hold: ''}}}),
    ).toEqual(['if … is above the …-session RSI of …: …', 'else: …'])
    expect(sentences({})).toEqual([])
  })

  it('names indicators', () => {
    const names = ['rsi', 'price', 'exponential_average', 'fall_from_high', 'macd', 'z_score'].map(indicatorName)
    expect(names).toEqual(['RSI', 'Close', 'Exponential average', 'Largest fall', 'MACD', 'Z-score'])
  })
})

describe('the branch that was held', () => {
  const examples = read('tests/support/rule_branches.json') as {
    parameters: JsonObject
    paths: {path: string[]; label: string}[]
  }[]
  it.each(examples.flatMap(({parameters, paths}) => paths.map((one) => ({parameters, ...one}))))(
    'is named as in the report: $label',
    ({parameters, path, label}) => expect(branchLabel(parameters, path)).toBe(label),
  )
})

describe('the schema', () => {
  it('has a tree, whose nodes go on for ever', () => {
    expect(hasTree(RULES)).toBe(true)
    expect(hasTree({properties: {tree: {type: 'string'}}})).toBe(false)
    expect(KINDS).toEqual(['hold', 'cash', 'if', 'cases', 'pick', 'weigh', 'use'])
    expect(nameOf('/parameters/tree/cases/0/then/of/1/hold', RULES)).toBe('Tree, Case 1, Then, Child 2, Symbol')
  })

  it('makes every kind of node whole', () => {
    for (const alternative of NODE.oneOf ?? []) {
      const made = newNode(keyOf(alternative), NODE, [], 'S')
      expect(Object.keys(made).sort()).toEqual([...(alternative.required ?? [])].sort())
      expect(fittingOf(NODE, made).title).toBe(alternative.title)
    }
    expect(newNode('pick', NODE, [A, B], 'S')).toEqual({
      pick: {by: {indicator: 'return', window: 200}, order: 'highest', count: 1},
      of: [A, B],
    })
  })
})

describe('editing', () => {
  const tree: Parameters = {
    tree: {cases: [{if: ABOVE, then: A}], else: {weigh: 'specified', weights: [0.6, 0.4], of: [A, B]}},
  }
  const OF = ['tree', 'else', 'of']

  it('knows where children stand, and whose they are', () => {
    const places = placesIn(tree, ['tree'], NODE)
    expect(places.map(({path}) => pointerTo(path))).toEqual(['/tree/cases/0/then', '/tree/else'])
    expect(places[0]?.case).toEqual(['tree', 'cases', 0])
    for (const {path} of places) expect(parentOf(path)).toEqual(['tree'])
    expect(parentOf([...OF, 1])).toEqual(['tree', 'else'])
    expect(parentOf(['tree'])).toBeNull()
    expect(parentOf(['definitions', 'then'])).toBeNull()
  })

  it('wraps a node, and puts it back in the place of what was around it', () => {
    for (const kind of ['if', 'cases', 'pick', 'weigh']) {
      const around = wrapped(tree, [...OF, 0], kind, NODE, 'S')
      const [first] = placesIn(around, [...OF, 0], NODE)
      expect(valueAt(around, first?.path ?? [])).toEqual(A)
      expect(lifted(around, first?.path ?? [])).toEqual(tree)
    }
  })

  it('moves a child with its weight, a case with its condition, and then to else', () => {
    expect(valueAt(moved(tree, [...OF, 0], 1, NODE)?.parameters, ['tree', 'else'])).toEqual({
      weigh: 'specified',
      weights: [0.4, 0.6],
      of: [B, A],
    })
    expect(moved(tree, [...OF, 0], -1, NODE)).toBeNull()
    expect(moved(tree, ['tree'], 1, NODE)).toBeNull()
    const two = withChild(tree, ['tree'], 'S')
    expect(valueAt(moved(two, ['tree', 'cases', 0], 1, NODE)?.parameters, ['tree', 'cases', 1, 'then'])).toEqual(A)
    const swapped = moved({tree: {if: ABOVE, then: A, else: B}}, ['tree', 'then'], 1, NODE)
    expect(swapped).toEqual({parameters: {tree: {if: ABOVE, then: B, else: A}}, path: ['tree', 'else']})
  })

  it('deletes: a child with its weight, the last of a list to cash, the only case to what else said', () => {
    expect(valueAt(without(tree, [...OF, 0]), ['tree', 'else'])).toEqual({weigh: 'specified', weights: [0.4], of: [B]})
    expect(without({tree: {weigh: 'equal', of: [A]}}, ['tree', 'of', 0])).toEqual({tree: {weigh: 'equal', of: [CASH]}})
    expect(without(tree, ['tree'])).toEqual({tree: CASH})
    expect(withoutCase(tree, ['tree', 'cases', 0])).toEqual({tree: valueAt(tree, ['tree', 'else'])})
  })

  it('makes another kind of a node and keeps its children, its name and its condition', () => {
    const named: Parameters = {tree: {name: 'n', if: {not: ABOVE}, then: A, else: B}}
    expect(asKind(named, ['tree'], 'cases', NODE, 'S')).toEqual({
      tree: {cases: [{if: {not: ABOVE}, then: A}], else: B, name: 'n'},
    })
    expect(asKind(named, ['tree'], 'weigh', NODE, 'S')).toEqual({tree: {weigh: 'equal', of: [A, B], name: 'n'}})
    expect(asKind(named, ['tree'], 'hold', NODE, 'S')).toEqual({tree: {hold: 'A', name: 'n'}})
  })

  it('fills in what a choice asks for, and takes away what it does not', () => {
    const weigh = NODE.oneOf?.find((one) => keyOf(one) === 'weigh') ?? {}
    expect(withUsed({weigh: 'specified', window: 20, of: [A, B]}, weigh)).toEqual({
      weigh: 'specified',
      weights: [0.5, 0.5],
      of: [A, B],
    })
    expect(withUsed({weigh: 'inverse_volatility', weights: [1], of: [A]}, weigh)).toMatchObject({window: 200, of: [A]})
  })

  it('makes a definition of a node, renames it where it is used, and knows what is held', () => {
    const {parameters, path} = extracted(tree, ['tree', 'else'])
    expect(path).toEqual(['definitions', 'part 1'])
    expect(valueAt(parameters, ['tree', 'else'])).toEqual({use: 'part 1'})
    const next = renamed(parameters, 'part 1', 'rest')
    expect(valueAt(next, ['tree', 'else'])).toEqual({use: 'rest'})
    expect(Object.keys(next.definitions ?? {})).toEqual(['rest'])
    expect(heldIn(next)).toEqual(['A', 'B'])
  })

  it('is undone and redone; typing in one box is one step', () => {
    let history = begun(1)
    for (const [value, mark] of [
      [2, null],
      [3, 'x'],
      [4, 'x'],
      [5, 'y'],
    ] as const)
      history = changed(history, value, mark)
    const back = undone(history)
    expect(back?.present).toBe(4)
    expect(undone(back ?? history)?.present).toBe(2)
    expect(redone(back ?? history)?.present).toBe(5)
    expect(undone(begun(1))).toBeNull()
  })
})

describe('a link', () => {
  const strategies = [{name: 'rules', description: '', parameters: RULES}]
  it('carries the trees of the presets whole', () => {
    const drafts = PRESETS.filter(({draft}) => draft.strategy === 'rules').map(({name, draft}) => ({name, draft}))
    expect(drafts).toHaveLength(3)
    for (const one of drafts) expect(readLink(writeLink([one]), strategies).portfolios).toEqual([one])
  })

  it('carries definitions, and no key that a node does not have', () => {
    const parameters = {definitions: {rest: {hold: 'B', evil: {a: 1}}}, tree: {use: 'rest', then: 1}}
    const draft = {strategy: 'rules', holdings: [{symbol: 'B', allocation: 1}], parameters}
    const [read] = readLink(writeLink([{name: 'n', draft}]), strategies).portfolios
    expect(read?.draft.parameters).toEqual({definitions: {rest: {hold: 'B'}}, tree: {use: 'rest'}})
  })

  it('that goes too deep is read without its tree', () => {
    let tree: JsonObject = A
    for (let depth = 0; depth < 200; depth += 1) tree = {weigh: 'equal', of: [tree]}
    const draft = {strategy: 'rules', holdings: [], parameters: {tree}}
    const {portfolios, fault} = readLink(writeLink([{name: 'n', draft}]), strategies)
    expect(fault).toBe('This link is damaged: Parameters cannot be read.')
    expect(portfolios[0]?.draft).not.toHaveProperty('parameters')
  })
})
