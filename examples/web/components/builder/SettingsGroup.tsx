'use client'

import {inPlainWords, partsOf} from '@/lib/plain-words'
import {fieldId, valueAt} from '@/lib/pointer'
import {countSet, fieldKind} from '@/lib/schema/fields'
import type {Schema} from '@/lib/schema/types'
import styles from './Builder.module.css'
import {useBuilder} from './BuilderContext'
import {ListField} from './ListField'
import {SchemaFields} from './SchemaField'

/** A part of the request that most people leave alone: closed, but saying when something in it is set or wrong. */
export function SettingsGroup({name, schema}: {readonly name: string; readonly schema: Schema}) {
  const {draft, parameters, set, problems} = useBuilder()
  const value = valueAt(draft, [name])
  const count = countSet(value)
  const isList = fieldKind(schema) === 'list'
  const words = partsOf(inPlainWords(schema.description ?? '', parameters))
  const wrong = problems.filter(({pointer}) => pointer === `/${name}` || pointer.startsWith(`/${name}/`)).length
  return (
    <details className={styles.group}>
      <summary id={isList ? undefined : fieldId(`/${name}`)}>
        <span>{schema.title ?? name}</span>
        {wrong > 0 && <span className={styles.wrong}>{wrong === 1 ? '1 problem' : `${wrong} problems`}</span>}
        {wrong === 0 && count > 0 && <span className={styles.count}>{count} set</span>}
      </summary>
      <div className={styles.groupBody}>
        {words.plain !== '' && <p className={styles.hint}>{words.plain}</p>}
        {words.exact !== '' && (
          <details className={styles.exact}>
            <summary>In full</summary>
            <p>{words.exact}</p>
          </details>
        )}
        {isList ? (
          <ListField path={[name]} schema={schema} value={value} onValue={(next) => set([name], next)} nameless />
        ) : (
          <SchemaFields path={[name]} schema={schema} />
        )}
      </div>
    </details>
  )
}
