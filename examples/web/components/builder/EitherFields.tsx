'use client'

import {useId, useRef, useState} from 'react'
import {type Path, pointerTo} from '@/lib/pointer'
import type {JsonObject, Schema} from '@/lib/schema/types'
import {useBuilder} from './BuilderContext'
import controls from './controls.module.css'
import {Problems, useProblems} from './Field'
import styles from './Field.module.css'
import {SchemaField} from './SchemaField'

interface Props {
  readonly path: Path
  /** Of the object; each alternative is a list of its fields, the first of which stands for it. */
  readonly schema: Schema
  readonly alternatives: readonly (readonly string[])[]
  readonly siblings: JsonObject
}

/** One of several ways to say a thing, chosen, and its fields: never two at once, but where a link has brought both. */
export function EitherFields({path, schema, alternatives, siblings}: Props) {
  const {set} = useBuilder()
  const name = useId()
  const [preferred, setPreferred] = useState(0)
  const putAway = useRef<JsonObject>({})
  const given = alternatives.filter((names) => names.some((one) => siblings[one] !== undefined))
  const [only = alternatives[preferred]] = given
  const chosen = given.length > 1 ? null : only
  const shown = chosen === null ? alternatives.flat() : (chosen ?? [])
  const titleOf = ([first = '']: readonly string[]) => schema.properties?.[first]?.title ?? first
  const [first = '', ...more] = alternatives.map(titleOf)
  const title = [first, ...more.map((one) => one.toLowerCase())].join(' or ')
  const choose = (names: readonly string[]) => {
    const others = alternatives.flat().filter((one) => !names.includes(one))
    putAway.current = {...putAway.current, ...picked(siblings, others)}
    setPreferred(alternatives.indexOf(names))
    const rest = Object.entries(siblings).filter(([key]) => !others.includes(key))
    set(path, {...picked(putAway.current, names), ...Object.fromEntries(rest)})
  }
  return (
    <>
      <fieldset className={`${styles.field} ${styles.wide}`}>
        <legend className="visually-hidden">{title}</legend>
        <div className={controls.radios}>
          {alternatives.map((names) => (
            <label key={names.join()}>
              <input type="radio" name={name} checked={names === chosen} onChange={() => choose(names)} />
              {titleOf(names)}
            </label>
          ))}
        </div>
      </fieldset>
      {shown.map((one) => (
        <SchemaField key={one} path={[...path, one]} schema={schema.properties?.[one] ?? {}} />
      ))}
      {alternatives
        .flat()
        .filter((one) => !shown.includes(one))
        .map((one) => (
          <HiddenProblems key={one} pointer={pointerTo([...path, one])} schema={schema.properties?.[one] ?? {}} />
        ))}
    </>
  )
}

const picked = (object: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([key]) => names.includes(key)))

/** What the runner says of the way that is not chosen: that neither is there. */
function HiddenProblems({pointer, schema}: {readonly pointer: string; readonly schema: Schema}) {
  return <Problems pointer={pointer} schema={schema} problems={useProblems(pointer)} />
}
