'use client'

import type {Path} from '@/lib/pointer'
import {fieldsOf, newItem} from '@/lib/schema/fields'
import type {Json, Schema} from '@/lib/schema/types'
import styles from './controls.module.css'
import {Field} from './Field'
import {SchemaFields} from './SchemaField'

interface Props {
  readonly path: Path
  readonly schema: Schema
  readonly value: Json | undefined
  readonly onValue: (value: Json | undefined) => void
  readonly nameless?: boolean
}

/** Rows of fields, such as cash flows or weighted look-backs, that are added and removed. */
export function ListField({path, schema, value, onValue, nameless = false}: Props) {
  const rows = Array.isArray(value) ? (value as readonly Json[]) : []
  const item = schema.items ?? {}
  const short = fieldsOf(item).length <= 2
  const noun = (item.title ?? 'row').toLowerCase()
  const remove = (index: number) => {
    const rest = rows.filter((_, at) => at !== index)
    onValue(rest.length > 0 ? rest : undefined)
  }
  return (
    <Field path={path} schema={schema} wide group nameless={nameless}>
      {() => (
        <>
          {rows.map((_, index) => (
            <fieldset key={index} className={short ? `${styles.row} ${styles.short}` : styles.row}>
              <legend>{`${item.title ?? 'Row'} ${index + 1}`}</legend>
              <button
                type="button"
                className={styles.remove}
                onClick={() => remove(index)}
                aria-label={`Remove ${noun} ${index + 1}`}
              >
                ×
              </button>
              <SchemaFields path={[...path, index]} schema={item} />
            </fieldset>
          ))}
          <p className={styles.listActions}>
            <button
              type="button"
              className="quiet-button"
              disabled={rows.length >= (schema.maxItems ?? 100)}
              onClick={() => onValue([...rows, newItem(item)])}
            >
              Add {noun}
            </button>
          </p>
        </>
      )}
    </Field>
  )
}
