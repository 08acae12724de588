import {listed} from './format'
import {defaultOf, humanised, withoutNull} from './schema/fields'
import {REQUEST_SCHEMA} from './schema/page'
import {isObject, type Json, type JsonObject, type Schema, sameJson} from './schema/types'

/**
 * What two requests differ in, by the titles of the fields, in the order of the schemas. What is at its default and what
 * is left out say the same. `parameters`: the schema of those of the strategy that is asked for now.
 */
export function changesBetween(asked: JsonObject, now: JsonObject, parameters: Schema | undefined): string[] {
  const own = asked.strategy === now.strategy ? (parameters ?? {}) : null // another strategy's mean something else
  const properties = Object.entries(REQUEST_SCHEMA.properties ?? {}).filter(([name]) => name !== 'parameters')
  const schema = {properties: {...Object.fromEntries(properties), ...(own && {parameters: {...own, default: {}}})}}
  return [...new Set(differing(asked, now, schema, ''))]
}

/** The titles of the fields of an object that differ; a list or a tree is one field. */
function differing(one: Json, other: Json, given: Schema, title: string): string[] {
  const {properties} = withoutNull(given)
  if (properties === undefined || !isObject(one) || !isObject(other)) return sameJson(one, other) ? [] : [title]
  return Object.entries(properties).flatMap(([name, field]) => {
    const [a, b] = [one[name] ?? defaultOf(field), other[name] ?? defaultOf(field)]
    return differing(a, b, field, field.title ?? humanised(name))
  })
}

export interface Changed {
  readonly name: string
  /** The titles of what is other than what its shown result was asked for; null of one that has no result yet. */
  readonly titles: readonly string[] | null
}

const MOST_TITLES = 4

/** `Changed since this run: Look-back and Commission. Run again to see it.`; of several portfolios each by its name. Empty where nothing is. */
export function changesInWords(changed: readonly Changed[], several: boolean): string {
  const pieces = changed.map(({name, titles}) => {
    if (titles === null) return `${name} is new`
    const more = titles.length - MOST_TITLES + 1
    const shown = more > 1 ? [...titles.slice(0, MOST_TITLES - 1), `${more} more`] : titles
    return several ? `${name}: ${listed(shown)}` : listed(shown)
  })
  return pieces.length === 0 ? '' : `Changed since this run: ${pieces.join('; ')}. Run again to see it.`
}
