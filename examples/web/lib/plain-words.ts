/**
 * What documents call by key, pointer or code, in the words of the form. The report's plain_words.py does the same; both
 * are held to tests/support/plain_words.json.
 */
import {WARNING_CODES} from 'backtest-runner'
import generated from '@/generated/metrics.json'
import {humanised} from './schema/fields'
import {nameOf} from './schema/names'
import {REQUEST_SCHEMA} from './schema/page'
import type {Schema} from './schema/types'
import {SHARED} from './shared'

const CODES: ReadonlySet<string> = new Set([...Object.keys(WARNING_CODES), ...Object.keys(SHARED.null_reasons)])
const METRICS: Readonly<Record<string, {title: string} | undefined>> = generated.figures
const ROOTS = REQUEST_SCHEMA.properties ?? {}
const OF_A_RESULT = ['result', 'metrics', 'period', 'weights']
const FILES = /\.(csv|html|json|md|txt)$/

const POINTER = /(^|[\s(“])\/([a-z_]+)((?:\/[\w^.=&~-]*[\w^=&-])*)/g
const DOTTED = /\b([a-z][a-z_]*)((?:\.[a-z][a-z_]*)+)\b/g
const KEY = /\b[a-z][a-z0-9]+(?:_[a-z0-9]+)+\b/g
const SETTING = / \(BACKTEST_\w+(=\w+)?\)/g // of the operator
const CODE = /(\bthe )?(\bwarning )?( \()?\b([A-Z]+(?:_[A-Z0-9]+)+)\b(\))?/g

/** What was asked before, by its schema: each field of the form asks anew with each letter that is typed. */
const known = new WeakMap<Schema, Map<string, string>>()

/** A text without keys, pointers and codes. parameters: the schema of the strategy's, where there is one. */
export function inPlainWords(text: string, parameters?: Schema): string {
  const scope = parameters ?? REQUEST_SCHEMA
  const texts = known.get(scope) ?? new Map<string, string>()
  known.set(scope, texts)
  const plain = texts.get(text) ?? translated(text, parameters)
  texts.set(text, plain)
  return plain
}

function translated(text: string, parameters: Schema | undefined): string {
  const called = (pointer: string) => `“${nameOf(pointer, parameters)}”`
  return text
    .replaceAll('`', '')
    .replace(SETTING, '')
    .replace(POINTER, (whole, before: string, root: string, rest: string) =>
      root in ROOTS ? `${before}${called(`/${root}${rest}`)}` : whole,
    )
    .replace(DOTTED, (whole, root: string, rest: string) => {
      if (FILES.test(whole)) return whole
      if (root in ROOTS) return called(`/${root}${rest.replaceAll('.', '/')}`)
      return OF_A_RESULT.includes(root) ? keyInWords(rest.slice(rest.lastIndexOf('.') + 1), parameters) : whole
    })
    .replace(KEY, (key) => keyInWords(key, parameters))
    .replace(CODE, codeInWords)
}

/** The first sentence of a description, for everybody, and its exact definition, which may be empty. */
export function partsOf(description: string): {plain: string; exact: string} {
  const end = description.search(/\.\s/)
  if (end < 0) return {plain: description, exact: ''}
  return {plain: description.slice(0, end + 1), exact: description.slice(end + 2)}
}

/** What a key is called: the field of the form, the choice in one, or else its own words. */
function keyInWords(key: string, parameters: Schema | undefined): string {
  const found = named(key, [...(parameters ? [parameters] : []), REQUEST_SCHEMA])
  return found === undefined ? key.replaceAll('_', ' ') : `“${found}”`
}

/** The title of a metric, of the nearest property, or the name of a choice; undefined where no schema has it. */
function named(key: string, schemas: readonly Schema[]): string | undefined {
  const metric = METRICS[`/metrics/${key}`]
  if (metric !== undefined) return metric.title
  for (let level = schemas; level.length > 0; level = level.flatMap(partsWithin)) {
    for (const {properties, enum: values} of level) {
      const title = properties?.[key]?.title
      if (title !== undefined) return title
      if (values?.includes(key)) return humanised(key)
    }
  }
  return undefined
}

function partsWithin({properties, items, anyOf, additionalProperties}: Schema): Schema[] {
  const open = typeof additionalProperties === 'object' ? [additionalProperties] : []
  return [...Object.values(properties ?? {}), ...(items ? [items] : []), ...(anyOf ?? []), ...open]
}

/** `with a warning` for what a document has a code for; nothing for a code in parentheses. */
function codeInWords(whole: string, the = '', warning = '', open = '', code = '', close = ''): string {
  if (!CODES.has(code)) return whole
  if (open !== '' && close !== '') return ''
  return `${open}${warning === '' ? `${the}${code.replaceAll('_', ' ').toLowerCase()}` : 'a warning'}${close}`
}
