import {isObject, type Json, type JsonObject, type Schema} from './types'

/**
 * A schema in which what a `$ref` names stands in its place, under the words beside the `$ref`. What contains itself
 * goes on for ever, so each part is made when it is asked for.
 */
export function dereferenced(schema: Schema): Schema {
  const definitions = (schema as {readonly $defs?: JsonObject}).$defs ?? {}
  return inPlace(schema as unknown as Json, definitions) as unknown as Schema
}

function inPlace(value: Json, definitions: JsonObject): Json {
  if (Array.isArray(value)) return value.map((one: Json) => inPlace(one, definitions))
  if (!isObject(value)) return value
  const name = typeof value.$ref === 'string' ? value.$ref.replace('#/$defs/', '') : ''
  const named = definitions[name]
  const whole = isObject(named) ? {...named, ...value} : value
  const made = {}
  for (const [key, part] of Object.entries(whole)) {
    let found: Json | undefined
    const get = () => {
      found ??= inPlace(part, definitions)
      return found
    }
    Object.defineProperty(made, key, {enumerable: true, get})
  }
  return made
}

/** The schema of a part of a value, where the schema has it in one of its alternatives, in a list or under any key. */
export function partOf(schema: Schema | undefined, key: string): Schema | undefined {
  if (schema === undefined) return undefined
  const own = schema.properties?.[key] ?? (/^\d+$/.test(key) ? schema.items : undefined)
  if (own !== undefined) return own
  for (const one of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) {
    const part = partOf(one, key)
    if (part !== undefined) return part
  }
  return typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined
}

/** Of alternatives the one whose required keys an object has, most of them; any other schema is itself. */
export function fittingOf(schema: Schema, value: Json): Schema {
  if (schema.oneOf === undefined) return schema
  if (!isObject(value)) return {}
  const having = (one: Schema) =>
    (one.required ?? []).filter((key) => key in value).length / (one.required?.length || 1)
  return schema.oneOf.reduce((best, one) => (having(one) > having(best) ? one : best), {} as Schema)
}
