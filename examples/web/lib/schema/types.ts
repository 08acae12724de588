/** What JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject
export type JsonObject = {readonly [key: string]: Json}

/** As much of JSON Schema, and of the runner's own annotations, as the form reads. */
export interface Schema {
  readonly title?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly Json[]
  readonly const?: Json
  readonly default?: Json
  readonly examples?: readonly Json[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
  readonly maxLength?: number
  readonly pattern?: string
  readonly maxItems?: number
  readonly format?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  /** Of the keys that `properties` does not name; true, or left out beside no properties: anything. */
  readonly additionalProperties?: boolean | Schema
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  /** Of a part that stands in the place of a reference: the reference. */
  readonly $ref?: string
  /** What a number is measured in: `fraction per year`, `basis points`, `sessions`, … */
  readonly 'x-unit'?: string
  /** The value is a symbol: of a `holding`, one that has to be `held`, or `any`. */
  readonly 'x-symbol'?: 'holding' | 'held' | 'any'
  /** The field has an effect only where its siblings have these values. */
  readonly 'x-used-when'?: Readonly<Record<string, Json>>
  /** Of an object: ways to say a thing, of which it has one. Each is the names of its fields, the first stands for it. */
  readonly 'x-either'?: readonly (readonly string[])[]
  /** Thousands of values: data that travels with a request, nothing that anybody types. */
  readonly 'x-bulk'?: boolean
}

/** A strategy as the runner lists it. */
export interface Strategy {
  readonly name: string
  readonly description: string
  readonly parameters: Schema
}

/** A symbol as the runner lists it: what it has prices of, and from when to when. */
export interface ListedSymbol {
  readonly symbol: string
  readonly description: string
  readonly source: string
  readonly place: 'store' | 'folder' | 'sample'
  readonly currency: string | null
  readonly first: string
  readonly last: string
  readonly sessions: number
  /** `price`: returns leave dividends out. */
  readonly returns: 'total' | 'price'
  /** When the source was asked last, or the file changed; null of what is bundled. */
  readonly updated: string | null
  /** What else of it is at hand, and is not used. */
  readonly also: readonly {readonly source: string; readonly place: string}[]
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Tell whether two JSON values say the same. */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, index) => sameJson(item as Json, other[index] as Json))
  }
  if (!isObject(one) || !isObject(other)) return false
  const keys = Object.keys(one)
  return (
    keys.length === Object.keys(other).length && keys.every((key) => key in other && sameJson(one[key], other[key]))
  )
}
