'use client'

import {listOf, type Setting, settingsOf, valuesAround} from '@/lib/axis-values'
import {counted} from '@/lib/format'
import {pathOf, valueAt, withValueAt} from '@/lib/pointer'
import {defaultOf} from '@/lib/schema/fields'
import {isObject, type Json, type JsonObject} from '@/lib/schema/types'
import {patchedValues, settingTitle, settingValue} from '@/lib/settings-in-words'
import {SettingSelect, ValuesField} from './AxesField'
import {useBuilder} from './BuilderContext'
import controls from './controls.module.css'
import styles from './Questions.module.css'

const MOST_VARIATIONS = 20
const LONGEST_NAME = 64

interface Varied {
  readonly pointer: string
  readonly values: readonly Json[]
}

/** The one setting in which variations differ; null where they are made otherwise, by a link or a program. */
function variedIn(compare: Json | undefined): Varied | null {
  const patches = (Array.isArray(compare) ? (compare as readonly Json[]) : []).map((one) =>
    isObject(one) ? patchedValues(one.patch) : [],
  )
  const [pointer] = patches[0]?.[0] ?? []
  if (pointer === undefined || patches.some((found) => found.length !== 1 || found[0]?.[0] !== pointer)) return null
  return {pointer, values: patches.map((found) => found[0]?.[1] ?? null)}
}

/** Variations that differ in one setting, each named by its value. */
function variationsOf({pointer, values}: Varied, draft: JsonObject): Json[] {
  return [...new Set(values)].slice(0, MOST_VARIATIONS).map((value) => ({
    name: `${settingTitle(pointer, draft)} ${settingValue(value, {})}`.slice(0, LONGEST_NAME),
    patch: withValueAt({}, pathOf(pointer), value),
  }))
}

/** Variations to begin with: the values around the one that is asked for, without it. */
export function firstVariations(setting: Setting, draft: JsonObject): Json[] {
  const asked = valueAt(draft, pathOf(setting.pointer)) ?? defaultOf(setting.schema)
  const values = valuesAround(setting, draft).filter((value) => value !== asked)
  return variationsOf({pointer: setting.pointer, values}, draft)
}

/** The same portfolio with other values of one setting, side by side in one result. */
export function CompareField() {
  const {draft, parameters, set} = useBuilder()
  const varied = variedIn(draft.compare)
  const settings = settingsOf(draft, parameters, 'compare')
  if (varied === null) {
    const many = Array.isArray(draft.compare) ? draft.compare.length : 0
    return <p className={styles.count}>{counted(many, 'variation')} that the link brought.</p>
  }
  const schema = settings.find(({pointer}) => pointer === varied.pointer)?.schema ?? {}
  return (
    <fieldset className={controls.row}>
      <legend>What differs</legend>
      <SettingSelect
        label="Setting that differs"
        pointer={varied.pointer}
        options={settings}
        onSetting={(to) => set(['compare'], firstVariations(to, draft))}
      />
      <ValuesField
        path={['compare']}
        schema={schema}
        value={[...varied.values]}
        onValue={(typed) => {
          const values = listOf(typed)
          if (values !== null)
            set(['compare'], values.length > 0 ? variationsOf({...varied, values}, draft) : undefined)
        }}
      />
    </fieldset>
  )
}
