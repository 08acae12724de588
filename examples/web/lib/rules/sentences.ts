/**
 * A tree of rules as sentences, one a branch: the words of the runner's `--summary`. Both are held to the examples of
 * tests/support/rule_sentences.json. A tree that is still being put together has `…` where something is missing.
 */
import {MINUS, percent, SPACE} from '@/lib/format'
import {isObject, type Json, type JsonObject} from '@/lib/schema/types'
import {kindOf} from './kinds'

const MISSING = '…'
const RELATIONS: Readonly<Record<string, string>> = {
  above: 'is above',
  below: 'is below',
  at_least: 'is at least',
  at_most: 'is at most',
}
const NAMES: Readonly<Record<string, string>> = {
  price: 'the close',
  return: 'the {}-session return',
  average: 'the {}-session average',
  exponential_average: 'the {}-session exponential average',
  average_return: 'the {}-session average return',
  volatility: 'the {}-session volatility',
  deviation_of_price: 'the {}-session deviation of the close',
  fall_from_high: 'the largest fall in {} sessions',
  rsi: 'the {}-session RSI',
  z_score: 'the {}-session z-score',
  percentile_rank: 'the {}-session percentile rank',
  macd: 'the MACD ({})',
}
const IN_PER_CENT = ['return', 'average_return', 'volatility', 'fall_from_high', 'percentile_rank']

/** What an indicator is called without its window: `RSI`, `Exponential average`. */
export function indicatorName(indicator: string): string {
  const name = (NAMES[indicator] ?? indicator).replace(/^the | ?\(?\{\}\)?(-session| sessions)?|( in)$/g, '')
  const words = name.replace(/ in$/, '').trim()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Whether a number beside these values is a fraction, which people read in per cent. */
export function inPerCent(...values: (Json | undefined)[]): boolean {
  return values.some((value) => isObject(value) && IN_PER_CENT.includes(String(value.indicator)))
}

/** The lines of a tree, then of each definition, indented by two spaces a level. */
export function sentences(parameters: JsonObject): string[] {
  const definitions = isObject(parameters.definitions) ? Object.entries(parameters.definitions) : []
  return [
    ...(parameters.tree === undefined ? [] : linesOf(parameters.tree, 0, '')),
    ...definitions.flatMap(([name, node]) => linesOf(node, 0, `${name}: `)),
  ]
}

/** `before`: what its first line begins with. */
function linesOf(value: Json, level: number, before: string): string[] {
  const node = isObject(value) ? value : {}
  const pad = '  '.repeat(level)
  const called = `${String(node.name)}: `
  const name = node.name !== undefined && called !== before ? called : ''
  switch (kindOf(node)) {
    case 'if':
      return casesOf([{if: node.if ?? null, then: node.then ?? null}], node.else ?? null, level, before + name)
    case 'cases':
      return casesOf(listIn(node.cases), node.else ?? null, level, before + name)
    case 'pick':
    case 'weigh': {
      const children = listIn(node.of)
      const flat = children.every((child) => ['hold', 'cash', 'use'].includes(kindOf(child) ?? ''))
      const said = chosen(node, flat ? children.map(leaf) : [])
      const shares = Array.isArray(node.weights) ? listIn(node.weights) : null
      const share = (index: number) => (shares === null ? '' : `${percent(numberIn(shares[index]))} `)
      return [
        `${pad}${before}${name}${said}${flat ? '' : ':'}`,
        ...(flat ? [] : children.flatMap((child, index) => linesOf(child, level + 1, `- ${share(index)}`))),
      ]
    }
    default:
      return [`${pad}${before}${name}${leaf(node)}`]
  }
}

function casesOf(cases: readonly Json[], last: Json, level: number, before: string): string[] {
  const pad = '  '.repeat(level)
  const branch = (asked: string, node: Json) => {
    const lines = linesOf(node, level + 1, '')
    return lines.length === 1 ? [`${pad}${asked}: ${lines[0]?.trim()}`] : [`${pad}${asked}:`, ...lines]
  }
  return [
    ...cases.flatMap((one, index) => {
      const {if: asked = null, then = null} = isObject(one) ? one : {}
      return branch(`${index > 0 ? '' : before}${index > 0 ? 'else if' : 'if'} ${condition(asked)}`, then)
    }),
    ...branch('else', last),
  ]
}

/** What a leaf holds: a symbol, a definition's name, cash. */
export function leaf(value: Json | undefined): string {
  const node = isObject(value) ? value : {}
  return String(node.hold || node.use || (node.cash === undefined ? MISSING : 'cash'))
}

/** What a ranking or a mix does with its children. `flat`: their names, none where each has a line of its own. */
export function chosen(node: JsonObject, flat: readonly string[]): string {
  const among = flat.length > 0 ? ` of ${flat.join(', ')}` : ''
  const byRisk = `by 1 / volatility over ${text(node.window)} sessions`
  const how = {equal: 'in equal parts', specified: 'in these parts'}[String(node.weigh ?? 'equal')] ?? byRisk
  if (isObject(node.pick)) {
    const {by, order, count} = node.pick
    const {indicator, window} = isObject(by) ? by : {}
    const many = count === 1 ? 'the one' : `the ${text(count)}`
    const measure = named(indicator, window).replace(/^the /, '')
    return `${many}${among} with the ${text(order)} ${measure}${count === 1 ? '' : `, ${how}`}`
  }
  if (flat.length > 0 && Array.isArray(node.weights)) {
    const weights = listIn(node.weights)
    return flat.map((name, index) => `${percent(numberIn(weights[index]))} ${name}`).join(', ')
  }
  return flat.length > 0 ? `${flat.join(', ')} ${how}` : `a mix ${how}`
}

export function condition(value: Json | undefined): string {
  const one = isObject(value) ? value : {}
  for (const [key, word] of [
    ['all', ' and '],
    ['any', ' or '],
  ] as const) {
    if (!Array.isArray(one[key])) continue
    const parts = listIn(one[key]).map(condition)
    return parts.map((part) => (/ and | or /.test(part) ? `(${part})` : part)).join(word)
  }
  if (one.not !== undefined) return `not (${condition(one.not)})`
  const shares = inPerCent(one.left, one.right)
  const said = [sideOf(one.left, shares), RELATIONS[String(one.is)] ?? MISSING, sideOf(one.right, shares)]
  if (one.tolerance !== undefined) said.push(`by ${percent(numberIn(one.tolerance))} of it`)
  if (one.tolerance_absolute !== undefined) said.push(`by ${number(one.tolerance_absolute, shares)}`)
  if (typeof one.for_sessions === 'number' && one.for_sessions > 1) said.push(`for ${one.for_sessions} sessions`)
  return said.join(' ')
}

function sideOf(value: Json | undefined, percent: boolean): string {
  return isObject(value)
    ? `${named(value.indicator, value.window)} of ${text(value.symbol)}`
    : number(value ?? null, percent)
}

function named(indicator: Json | undefined, window: Json | undefined): string {
  return (NAMES[String(indicator)] ?? MISSING).replace(
    '{}',
    Array.isArray(window) ? listIn(window).map(text).join(', ') : text(window),
  )
}

function number(value: Json, percent: boolean): string {
  if (typeof value !== 'number') return text(value)
  const figure = String(Number((percent ? 100 * value : value).toPrecision(10))).replace(/^-/, MINUS)
  return percent ? `${figure}${SPACE}%` : figure
}

const text = (value: Json | undefined): string =>
  value === undefined || value === null || value === '' ? MISSING : String(value)
const numberIn = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null)
const listIn = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : [])
