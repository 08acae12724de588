/** What the rows of the tree say: each node in a few words, in the sentences of the runner. */
import {type Path, pathOf, pointerTo} from '@/lib/pointer'
import type {Problem} from '@/lib/problems'
import {kindOf} from '@/lib/rules/kinds'
import {chosen, condition, leaf} from '@/lib/rules/sentences'
import type {Place} from '@/lib/rules/tree'
import {isObject, type Json} from '@/lib/schema/types'

/** A node without its children: `If the close of SPY is above …` is its title and this. */
export function rowText(value: Json | undefined): string {
  const node = isObject(value) ? value : {}
  switch (kindOf(node)) {
    case 'if':
      return condition(node.if)
    case 'cases':
      return 'the first that is true'
    case 'pick':
      return chosen(node, [])
    case 'weigh':
      return chosen(node, []).replace(/^a mix /, '')
    case 'cash':
      return ''
    default:
      return leaf(node)
  }
}

/** A node in a word or two, by which another row names it. */
export function brief(value: Json | undefined): string {
  const node = isObject(value) ? value : {}
  if (typeof node.name === 'string') return node.name
  return ['hold', 'cash', 'use'].includes(kindOf(node) ?? '') ? leaf(node) : (kindOf(node) ?? '…')
}

/** The problems of a row: those inside it, but not inside the rows below it. */
export function problemsAt(problems: readonly Problem[], path: Path, places: readonly Place[]): Problem[] {
  const own = pathOf(pointerTo(['parameters', ...path]))
  const below = places.map((place) => pathOf(pointerTo(['parameters', ...(place.case ?? place.path)])))
  return problems.filter(({pointer}) => {
    const at = pathOf(pointer)
    return begins(at, own) && !below.some((one) => begins(at, one))
  })
}

const begins = (path: readonly string[], start: readonly string[]): boolean => start.every((key, n) => path[n] === key)
