'use client'

import {listOf, settingsOf} from '@/lib/axis-values'
import {counted} from '@/lib/format'
import {firstVariations, variationsOf, variedIn} from '@/lib/variations'
import {SettingSelect, ValuesField} from './AxesField'
import {useBuilder} from './BuilderContext'
import controls from './controls.module.css'
import styles from './Questions.module.css'

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
