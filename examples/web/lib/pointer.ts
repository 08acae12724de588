import {isObject, type Json, type JsonObject} from './schema/types'

/** Where a value stands in a request: keys and indices, outermost first. */
export type Path = readonly (string | number)[]

/** JSON pointer (RFC 6901) of a path. */
export function pointerTo(path: Path): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

export function pathOf(pointer: string): string[] {
  if (!pointer.startsWith('/')) return []
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The id of a field's control in the page. */
export function fieldId(pointer: string): string {
  return `field${pointer.replace(/[^A-Za-z0-9_]/g, '-')}`
}

/** Pointers from a field outwards, itself first, the whole request last. */
export function outwards(pointer: string): string[] {
  const path = pathOf(pointer)
  return [...path.map((_, index) => pointerTo(path.slice(0, path.length - index))), '']
}

export function valueAt(value: Json | undefined, path: Path): Json | undefined {
  let found = value
  for (const key of path) {
    if (Array.isArray(found)) found = found[Number(key)] as Json | undefined
    else if (isObject(found) && Object.hasOwn(found, String(key))) found = found[String(key)]
    else return undefined
  }
  return found
}

/** The object with one value replaced; undefined takes it away, and with it the objects that it leaves empty. */
export function withValueAt(object: JsonObject, path: Path, value: Json | undefined): JsonObject {
  return (replaced(object, path, value) ?? {}) as JsonObject
}

function replaced(container: Json | undefined, path: Path, value: Json | undefined): Json | undefined {
  const [key, ...rest] = path
  if (key === undefined) return value
  if (Array.isArray(container)) {
    const items = [...(container as Json[])]
    const item = replaced(items[Number(key)], rest, value)
    if (item === undefined && rest.length === 0) items.splice(Number(key), 1)
    else items[Number(key)] = item ?? {} // a row that lost its last field is still a row
    return items
  }
  const {[String(key)]: inner, ...others} = isObject(container) ? container : {}
  const next = replaced(inner, rest, value)
  if (next !== undefined)
    return isObject(container) && inner !== undefined ? {...container, [key]: next} : {...others, [key]: next}
  return Object.keys(others).length > 0 ? others : undefined
}
