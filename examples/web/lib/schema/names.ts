import {pathOf} from '../pointer'
import {humanised} from './fields'
import {FORM_ORDER, requestField} from './page'
import {partOf} from './references'
import type {Schema} from './types'

/** The schema of the field that a pointer leads to; undefined where it leads to none. */
export function schemaAt(pointer: string, parameters: Schema | undefined): Schema | undefined {
  return schemasAlong(pathOf(pointer), parameters).at(-1)
}

/** What a field is called for people: `Holding 2, Allocation`; a key that is itself a pointer, as what that leads to. */
export function nameOf(pointer: string, parameters: Schema | undefined): string {
  const path = pathOf(pointer)
  const titles = schemasAlong(path, parameters).map((schema) => schema?.title)
  const isIndex = (at: number) => /^\d+$/.test(path[at] ?? '')
  const named = (at: number) => titles[at] ?? humanised(path[at] ?? '')
  const names = path.flatMap((key, at) => {
    if (key.startsWith('/')) return [nameOf(key, parameters)]
    if (isIndex(at)) return [`${titles[at] ?? named(at - 1)} ${Number(key) + 1}`]
    return key === 'parameters' || isIndex(at + 1) ? [] : [named(at)]
  })
  return names.join(', ')
}

/** Pointers in the order of the form, from top to bottom: negative where one stands before other. */
export function inFormOrder(one: string, other: string, parameters: Schema | undefined): number {
  const [places, others] = [placesOf(one, parameters), placesOf(other, parameters)]
  const at = places.findIndex((place, n) => place !== others[n])
  return at < 0 ? places.length - others.length : (places[at] ?? 0) - (others[at] ?? -1)
}

/** Where each part of a pointer stands among those beside it; what no schema knows stands last. */
function placesOf(pointer: string, parameters: Schema | undefined): number[] {
  const path = pathOf(pointer)
  const schemas = schemasAlong(path, parameters)
  return path.map((key, at) => {
    if (/^\d+$/.test(key)) return Number(key)
    const place = (at === 0 ? FORM_ORDER : Object.keys(schemas[at - 1]?.properties ?? {})).indexOf(key)
    return place < 0 ? Number.MAX_SAFE_INTEGER : place
  })
}

function schemasAlong([name, ...rest]: readonly string[], parameters: Schema | undefined): (Schema | undefined)[] {
  if (name === undefined) return []
  const found: (Schema | undefined)[] = [name === 'parameters' ? parameters : requestField(name)]
  for (const key of rest) found.push(partOf(found.at(-1), key))
  return found
}
