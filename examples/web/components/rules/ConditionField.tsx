'use client'

import {useId} from 'react'
import controls from '@/components/builder/controls.module.css'
import {inPlainWords} from '@/lib/plain-words'
import {type Path, valueAt, withValueAt} from '@/lib/pointer'
import {alternativeOf, isCondition, keyOf} from '@/lib/rules/kinds'
import {newCondition} from '@/lib/rules/tree'
import {isObject, type Json, type Schema} from '@/lib/schema/types'
import {Scalars, ValueField} from './fields'
import styles from './rules.module.css'
import {useTree} from './TreeContext'

interface Props {
  readonly path: Path
  readonly schema: Schema
  readonly title: string
  /** Takes it out of a list; null where one has to be. */
  readonly onRemove?: (() => void) | null
}

/** A condition: two values compared, or all, any or not of others. */
export function ConditionField({path, schema, title, onRemove = null}: Props) {
  const {parameters, edit, symbol} = useTree()
  const id = useId()
  const value = valueAt(parameters, path)
  const alternative = alternativeOf(schema, value)
  const key = alternative === undefined ? '' : keyOf(alternative)
  const choose = (next: string) => edit(withValueAt(parameters, path, asCondition(value, next, symbol)))
  return (
    <fieldset className={styles.condition}>
      <legend>{title}</legend>
      <div className={styles.conditionHead}>
        <label htmlFor={id}>{schema.title === title ? 'Kind' : title}</label>
        <select id={id} className={controls.select} value={key} onChange={(event) => choose(event.target.value)}>
          {alternative === undefined && <option value="">Choose</option>}
          {(schema.oneOf ?? []).map((one) => (
            <option key={keyOf(one)} value={keyOf(one)}>
              {one.title}
            </option>
          ))}
        </select>
        {onRemove !== null && (
          <button type="button" className="link-button" onClick={onRemove} aria-label={`Remove ${title}`}>
            Remove
          </button>
        )}
      </div>
      {alternative?.description !== undefined && key !== 'left' && (
        <p className={styles.note}>{inPlainWords(alternative.description)}</p>
      )}
      {key === 'left' && alternative !== undefined ? (
        <Comparison path={path} schema={alternative} />
      ) : (
        alternative !== undefined && <Inner path={[...path, key]} schema={alternative.properties?.[key] ?? {}} />
      )}
    </fieldset>
  )
}

function Comparison({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {parameters} = useTree()
  const {left = {}, right = {}} = schema.properties ?? {}
  const required = (name: string) => schema.required?.includes(name) === true
  const value = valueAt(parameters, path)
  const more = Object.keys(schema.properties ?? {}).filter((name) => !required(name))
  const set = more.filter((name) => valueAt(value, [name]) !== undefined).length
  return (
    <>
      <ValueField path={[...path, 'left']} schema={left} other={valueAt(value, ['right'])} />
      <Scalars path={path} schema={schema} shown={(name) => name === 'is'} />
      <ValueField path={[...path, 'right']} schema={right} other={valueAt(value, ['left'])} />
      <details className={styles.more} open={set > 0 || undefined}>
        <summary>Tolerance and duration</summary>
        <Scalars path={path} schema={schema} shown={(name) => more.includes(name)} />
      </details>
    </>
  )
}

/** The conditions inside of all, any or not. */
function Inner({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {parameters, edit, symbol} = useTree()
  if (isCondition(schema)) return <ConditionField path={path} schema={schema} title={schema.title ?? ''} />
  const list = valueAt(parameters, path)
  const items: readonly Json[] = Array.isArray(list) ? list : []
  return (
    <>
      {items.map((_, index) => (
        <ConditionField
          key={index}
          path={[...path, index]}
          schema={schema.items ?? {}}
          title={`${schema.items?.title ?? ''} ${index + 1}`}
          onRemove={items.length > 1 ? () => edit(withValueAt(parameters, [...path, index], undefined)) : null}
        />
      ))}
      <button
        type="button"
        className="quiet-button"
        onClick={() => edit(withValueAt(parameters, path, [...items, newCondition(symbol)]))}
      >
        Add a condition
      </button>
    </>
  )
}

/** A condition as another kind: what can be kept of it is. */
function asCondition(value: Json | undefined, key: string, symbol: string): Json {
  const inner = innerOf(value)
  if (key === 'left') return comparisonIn(value) ?? newCondition(symbol)
  if (key === 'not') return {not: value ?? newCondition(symbol)}
  return {[key]: inner.length > 0 ? inner : [value ?? newCondition(symbol)]}
}

function innerOf(value: Json | undefined): readonly Json[] {
  const list = valueAt(value, ['all']) ?? valueAt(value, ['any'])
  return Array.isArray(list) ? list : []
}

/** The first comparison of a condition. */
function comparisonIn(value: Json | undefined): Json | undefined {
  if (!isObject(value)) return undefined
  if (value.left !== undefined) return value
  return comparisonIn(value.not ?? innerOf(value)[0])
}
