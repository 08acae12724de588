'use client'

import {Control} from '@/components/builder/Control'
import controls from '@/components/builder/controls.module.css'
import {Field} from '@/components/builder/Field'
import {NumberField} from '@/components/builder/NumberField'
import {fieldId, type Path, pointerTo, valueAt, withValueAt} from '@/lib/pointer'
import {isCondition, isNode} from '@/lib/rules/kinds'
import {indicatorName, inPerCent} from '@/lib/rules/sentences'
import {withUsed} from '@/lib/rules/tree'
import {fieldKind, humanised, isUsed} from '@/lib/schema/fields'
import {isObject, type Json, type JsonObject, type Schema} from '@/lib/schema/types'
import styles from './rules.module.css'
import {inRequest, useTree} from './TreeContext'

interface Props {
  readonly path: Path
  /** Of the object that stands there. */
  readonly schema: Schema
  /** The fields that are shown, of all that it has. */
  readonly shown?: (name: string) => boolean
}

/** The fields of a node, a condition or a value that are no nodes, conditions or values themselves. */
export function Scalars({path, schema, shown = () => true}: Props) {
  const {parameters} = useTree()
  const value = valueAt(parameters, path)
  const siblings = isObject(value) ? value : {}
  return Object.entries(schema.properties ?? {})
    .filter(([name, part]) => shown(name) && isUsed(part, siblings, schema))
    .map(([name, part]) => {
      const at = [...path, name]
      if (isNode(part) || isCondition(part)) return null
      switch (fieldKind(part)) {
        case 'none':
          return isWindows(part) ? <Windows key={name} path={at} schema={part} /> : null
        case 'list':
          return null
        case 'group':
          return <Scalars key={name} path={at} schema={part} />
        default:
          return <Scalar key={name} path={at} schema={part} parent={schema} />
      }
    })
}

interface ScalarProps {
  readonly path: Path
  readonly schema: Schema
  readonly parent: Schema
}

function Scalar({path, schema, parent}: ScalarProps) {
  const {parameters, edit} = useTree()
  const name = String(path.at(-1))
  const at = path.slice(0, -1)
  const required = parent.required?.includes(name) === true
  const set = (value: Json | undefined) => {
    const next = withValueAt(parameters, path, value === undefined && required ? '' : value)
    const object = valueAt(next, at)
    edit(isObject(object) ? withValueAt(next, at, withUsed(object, parent)) : next, {mark: pointerTo(path)})
  }
  return (
    <Field path={inRequest(path)} schema={schema}>
      {(attributes) => (
        <Control
          attributes={attributes}
          schema={schema}
          value={valueAt(parameters, path)}
          onValue={set}
          label={name === 'indicator' ? indicatorName : humanised}
        />
      )}
    </Field>
  )
}

const isWindows = ({items}: Schema): boolean => items?.['x-unit'] === 'sessions'

/** The fast and the slow window. */
function Windows({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  return [0, 1].map((index) => (
    <NumberIn
      key={index}
      path={[...path, index]}
      schema={{
        ...schema.items,
        title: `${schema.items?.title ?? ''} ${index + 1}`,
        description: schema.description ?? '',
      }}
    />
  ))
}

/** A number of a list. */
export function NumberIn({path, schema}: {readonly path: Path; readonly schema: Schema}) {
  const {parameters, edit} = useTree()
  const set = (value: Json | undefined) => edit(withValueAt(parameters, path, value ?? ''), {mark: pointerTo(path)})
  return (
    <Field path={inRequest(path)} schema={schema}>
      {(attributes) => <NumberField {...attributes} schema={schema} value={valueAt(parameters, path)} onValue={set} />}
    </Field>
  )
}

interface ValueProps {
  readonly path: Path
  /** Of the comparison's side. */
  readonly schema: Schema
  /** The other side. */
  readonly other: Json | undefined
}

const NUMBER = 'number'
const FIRST_WINDOWS = [12, 26]

/** One side of a comparison: a number, or an indicator of a symbol. */
export function ValueField({path, schema, other}: ValueProps) {
  const {parameters, edit, symbol} = useTree()
  const value = valueAt(parameters, path)
  const kinds = (schema.oneOf ?? []).flatMap((one) => indicatorsOf(one).map((name) => [name, one] as const))
  const kind = isObject(value) ? String(value.indicator) : NUMBER
  const alternative = kinds.find(([name]) => name === kind)?.[1] ?? {}
  const choose = (name: string) => {
    const chosen = kinds.find(([one]) => one === name)?.[1]
    const next = name === NUMBER ? 0 : indicator(name, chosen ?? {}, isObject(value) ? value : {}, symbol)
    edit(withValueAt(parameters, path, next))
  }
  const number = {...alternative, 'x-unit': inPerCent(other) ? 'fraction' : ''}
  return (
    <div className={styles.value}>
      <Field path={inRequest(path)} schema={schema}>
        {(attributes) => (
          <select
            {...attributes}
            className={controls.select}
            value={kind}
            onChange={(event) => choose(event.target.value)}
          >
            {kinds.map(([name, one]) => (
              <option key={name} value={name}>
                {name === NUMBER ? one.title : indicatorName(name)}
              </option>
            ))}
          </select>
        )}
      </Field>
      {isObject(value) ? (
        <Scalars path={path} schema={alternative} shown={(name) => name !== 'indicator'} />
      ) : (
        <div className={styles.number}>
          <label htmlFor={`${fieldId(pointerTo(inRequest(path)))}-number`}>{alternative.title}</label>
          <NumberField
            id={`${fieldId(pointerTo(inRequest(path)))}-number`}
            schema={number}
            value={value}
            onValue={(next) => edit(withValueAt(parameters, path, next ?? ''), {mark: pointerTo(path)})}
          />
        </div>
      )}
    </div>
  )
}

function indicatorsOf({properties}: Schema): string[] {
  if (properties === undefined) return [NUMBER]
  const {const: only, enum: several} = properties.indicator ?? {}
  return (several ?? [only]).map(String)
}

/** An indicator with what fits of the former one. */
function indicator(name: string, schema: Schema, former: JsonObject, symbol: string): JsonObject {
  const made: Record<string, Json> = {indicator: name, symbol: former.symbol ?? symbol}
  const window = schema.properties?.window
  if (window?.items !== undefined) made.window = FIRST_WINDOWS
  else if (window !== undefined && window.const === undefined)
    made.window = typeof former.window === 'number' ? former.window : 200
  return made
}
