/** The kinds of nodes, conditions and values: the alternatives that the schema of the strategy `rules` has. */
import {isObject, type Json, type Schema} from '@/lib/schema/types'

/** In the order in which they are looked for: a ranking may weigh as well. */
const KINDS = ['hold', 'cash', 'if', 'cases', 'pick', 'weigh', 'use']

/** The kind of a node; undefined for what is none. */
export function kindOf(node: Json | undefined): string | undefined {
  return isObject(node) ? KINDS.find((kind) => node[kind] !== undefined) : undefined
}

/** Whether this schema is one of the tree's own recursive ones. */
export const isNode = (schema: Schema | undefined): boolean => schema?.$ref === '#/$defs/node'
export const isCondition = (schema: Schema | undefined): boolean => schema?.$ref === '#/$defs/condition'

/** Whether a strategy's parameters are a tree of nodes. */
export const hasTree = ({properties}: Schema): boolean => isNode(properties?.tree)

/** The key that tells an alternative from the others: the first that it requires. */
export const keyOf = (alternative: Schema): string => alternative.required?.[0] ?? ''

/** The alternative that a node or a condition is; undefined for what is none. */
export function alternativeOf(schema: Schema, value: Json | undefined): Schema | undefined {
  const alternatives = schema.oneOf ?? []
  const kind = isNode(schema) ? kindOf(value) : alternatives.map(keyOf).find((key) => isObject(value) && key in value)
  return alternatives.find((one) => keyOf(one) === kind)
}
