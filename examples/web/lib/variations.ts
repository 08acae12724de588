/** `compare` as the form has it: values of one setting, each a variation. */
import {type Setting, valuesAround} from './axis-values'
import {pathOf, valueAt, withValueAt} from './pointer'
import {defaultOf} from './schema/fields'
import {isObject, type Json, type JsonObject} from './schema/types'
import {patchedValues, settingTitle, settingValue} from './settings-in-words'

const MOST_VARIATIONS = 20
const LONGEST_NAME = 64

interface Varied {
  readonly pointer: string
  readonly values: readonly Json[]
}

/** The one setting in which variations differ; null where they are made otherwise, by a link or a program. */
export function variedIn(compare: Json | undefined): Varied | null {
  const patches = (Array.isArray(compare) ? (compare as readonly Json[]) : []).map((one) =>
    isObject(one) ? patchedValues(one.patch) : [],
  )
  const [pointer] = patches[0]?.[0] ?? []
  if (pointer === undefined || patches.some((found) => found.length !== 1 || found[0]?.[0] !== pointer)) return null
  return {pointer, values: patches.map((found) => found[0]?.[1] ?? null)}
}

/** Variations that differ in one setting, each named by its value. */
export function variationsOf({pointer, values}: Varied, draft: JsonObject): Json[] {
  return [...new Set(values)].slice(0, MOST_VARIATIONS).map((value) => ({
    name: `${settingTitle(pointer, draft)} ${settingValue(value, {})}`.slice(0, LONGEST_NAME).toWellFormed(),
    patch: withValueAt({}, pathOf(pointer), value),
  }))
}

/** Variations to begin with: the values around the one that is asked for, without it. */
export function firstVariations(setting: Setting, draft: JsonObject): Json[] {
  const asked = valueAt(draft, pathOf(setting.pointer)) ?? defaultOf(setting.schema)
  const values = valuesAround(setting, draft).filter((value) => value !== asked)
  return variationsOf({pointer: setting.pointer, values}, draft)
}
