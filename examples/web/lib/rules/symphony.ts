/** What a symphony of Composer is called, where something stands in it, and what the converter says of it, in words. */
import {inPlainWords} from '../plain-words'
import {pathOf, valueAt} from '../pointer'
import {isObject, type Json} from '../schema/types'

/** The keys of a symphony that its own words do not say. */
const WORDS: Readonly<Record<string, string>> = {
  root: 'symphony',
  asset: 'holding',
  filter: 'choice of holdings',
  if: 'condition',
  'if-child': 'branch',
  'wt-cash-equal': 'equal weights',
  'wt-cash-specified': 'given weights',
  'wt-inverse-vol': 'weights by inverse volatility',
  num: 'numerator',
  den: 'denominator',
  lhs: 'left side',
  rhs: 'right side',
  'sort-by-fn': 'order',
  'select-fn': 'highest or lowest',
  'select-n': 'how many are chosen',
}
const SIDE = /^(lhs|rhs)-(fn-params|fn|val|window-days)$/
const OF_A_SIDE: Readonly<Record<string, string>> = {
  fn: 'indicator',
  'fn-params': 'settings',
  val: 'value',
  'window-days': 'days',
}
const KEY = /('[^']*')|(?<![\w-])[a-z]+(?:-[a-z]+)+\??/g // what is quoted is the symphony's own text

const wordsOf = (key: string): string => {
  const side = SIDE.exec(key)
  if (side) return `${OF_A_SIDE[side[2] ?? '']} of the ${WORDS[side[1] ?? '']}`
  return WORDS[key] ?? key.replaceAll(/[-_]/g, ' ').replace('?', '')
}

/** A text that is no JSON is of nothing. */
export function symphonyOf(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return null
  }
}

/** The name that its author gave it; empty without one. */
export const titleOf = (symphony: Json): string =>
  isObject(symphony) && typeof symphony.name === 'string' ? symphony.name.trim() : ''

/** `“Above the average”, condition 1, branch 2, right side: value`: what its parts are called, from the outside in. */
export function placeIn(symphony: Json, pointer: string): string {
  const path = pathOf(pointer)
  const parts = path.flatMap((key, n) => {
    if (key === 'children') return []
    const isChild = path[n - 1] === 'children'
    return [isChild ? partOf(valueAt(symphony, path.slice(0, n + 1)), Number(key) + 1) : wordsOf(key)]
  })
  const title = titleOf(symphony)
  return [title ? `“${title}”` : '', ...parts].filter(Boolean).join(', ')
}

function partOf(node: Json | undefined, place: number): string {
  if (!isObject(node)) return `part ${place}`
  if (typeof node.ticker === 'string') return `holding ${node.ticker}`
  return titleOf(node) ? `“${titleOf(node)}”` : `${wordsOf(String(node.step ?? 'part'))} ${place}`
}

/** A sentence of the converter without the keys of a symphony or of a request. */
export const inWords = (detail: string): string =>
  inPlainWords(
    detail
      .replace(/\{num, den\}/, 'a numerator and a denominator')
      .replace(KEY, (key, quoted) => quoted ?? wordsOf(key)),
  )
    .replaceAll(/\b([Aa]n?) (root|if|asset|filter)\b/g, (_, article: string, step: string) => {
      const word = wordsOf(step)
      return `${article.charAt(0)}${/^[aeiou]/.test(word) ? 'n' : ''} ${word}`
    })
    .replace(/\bthe step root\b/, 'a name and parts')
