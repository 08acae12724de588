'use client'

import {symbolsOf} from '@/lib/holdings'
import type {Path} from '@/lib/pointer'
import {humanised} from '@/lib/schema/fields'
import type {Json, Schema} from '@/lib/schema/types'
import {useBuilder} from './BuilderContext'
import styles from './controls.module.css'
import {type ControlAttributes, Field} from './Field'

interface SwitchProps {
  readonly attributes: ControlAttributes
  readonly checked: boolean
  readonly onChecked: (checked: boolean) => void
}

export function SwitchField({attributes, checked, onChecked}: SwitchProps) {
  return (
    <span className={styles.switch}>
      <input
        {...attributes}
        type="checkbox"
        role="switch"
        checked={checked}
        onChange={(event) => onChecked(event.target.checked)}
      />
      <span aria-hidden="true">{checked ? 'Yes' : 'No'}</span>
    </span>
  )
}

interface Props {
  readonly path: Path
  readonly schema: Schema
  readonly value: Json | undefined
  readonly onValue: (value: Json | undefined) => void
}

/** Several of an enumeration, in the schema's order. */
export function ChoicesField({path, schema, value, onValue}: Props) {
  const chosen = stringsIn(value)
  const options = [...new Set([...(schema.items?.enum ?? []).map(String), ...chosen])]
  return (
    <Checkboxes path={path} schema={schema} options={options} labelOf={humanised} chosen={chosen} onChosen={onValue} />
  )
}

/** Several of the holdings; none chosen leaves the strategy its own choice. */
export function SymbolsField({path, schema, value, onValue}: Props) {
  const {draft} = useBuilder()
  const chosen = stringsIn(value)
  const options = [...new Set([...symbolsOf(draft), ...chosen])]
  const onChosen = (symbols: string[]) => onValue(symbols.length > 0 ? symbols : undefined)
  return (
    <Checkboxes
      path={path}
      schema={schema}
      options={options}
      labelOf={(one) => one}
      chosen={chosen}
      onChosen={onChosen}
    />
  )
}

interface CheckboxesProps {
  readonly path: Path
  readonly schema: Schema
  readonly options: readonly string[]
  readonly labelOf: (option: string) => string
  readonly chosen: readonly string[]
  readonly onChosen: (chosen: string[]) => void
}

function Checkboxes({path, schema, options, labelOf, chosen, onChosen}: CheckboxesProps) {
  const toggle = (option: string) => onChosen(options.filter((one) => chosen.includes(one) !== (one === option)))
  return (
    <Field path={path} schema={schema} wide group>
      {() => (
        <div className={styles.checkboxes}>
          {options.length === 0 && <span className={styles.quiet}>Name the holdings first.</span>}
          {options.map((option) => (
            <label key={option}>
              <input type="checkbox" checked={chosen.includes(option)} onChange={() => toggle(option)} />{' '}
              {labelOf(option)}
            </label>
          ))}
        </div>
      )}
    </Field>
  )
}

function stringsIn(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : []
}
