'use client'

import {symbolsOf} from '@/lib/holdings'
import {defaultOf, fieldKind, humanised, isNullable, withoutNull} from '@/lib/schema/fields'
import type {Json, Schema} from '@/lib/schema/types'
import {useBuilder} from './BuilderContext'
import {SwitchField} from './choices'
import styles from './controls.module.css'
import {DateField} from './DateField'
import type {ControlAttributes} from './Field'
import {NumberField} from './NumberField'
import {SymbolField} from './SymbolField'

interface Props {
  readonly attributes: ControlAttributes
  readonly schema: Schema
  /** Undefined: it has not been set. */
  readonly value: Json | undefined
  readonly onValue: (value: Json | undefined) => void
  /** In place of the schema's unit, where it depends on another field. */
  readonly unit?: string | undefined
  /** What a choice is called, where that is not its own name. */
  readonly label?: (value: string) => string
}

/** The control of one value. */
export function Control({attributes, schema, value, onValue, unit, label = humanised}: Props) {
  const {draft} = useBuilder()
  const plain = withoutNull(schema)
  const shown = value ?? defaultOf(schema)
  const text = typeof shown === 'string' ? shown : ''
  const onText = (next: string) => onValue(next === '' ? undefined : next)

  switch (fieldKind(schema)) {
    case 'number':
      return <NumberField {...attributes} schema={schema} value={value} onValue={onValue} unit={unit} />
    case 'switch':
      return <SwitchField attributes={attributes} checked={shown === true} onChecked={onValue} />
    case 'choice': {
      const none = isNullable(schema) || shown === null ? 'Not set' : null
      return (
        <Choice
          attributes={attributes}
          values={(plain.enum ?? []).map(String)}
          chosen={text}
          none={none}
          onText={onText}
          label={label}
        />
      )
    }
    case 'symbol':
      return ['holding', 'held'].includes(plain['x-symbol'] ?? '') ? (
        <Choice
          attributes={attributes}
          values={symbolsOf(draft)}
          chosen={text}
          none="Not set"
          onText={onText}
          label={asItIs}
        />
      ) : (
        <SymbolField attributes={attributes} value={text} onValue={onText} placeholder="not set" />
      )
    default:
      if (plain.format === 'date') return <DateField attributes={attributes} value={text} onText={onText} />
      return (
        <input
          {...attributes}
          type="text"
          className={styles.text}
          maxLength={plain.maxLength}
          value={text}
          onChange={(event) => onText(event.target.value)}
        />
      )
  }
}

const asItIs = (text: string) => text

interface ChoiceProps {
  readonly attributes: ControlAttributes
  readonly values: readonly string[]
  /** May be one that is not among them, which a link has brought: the runner will say so. */
  readonly chosen: string
  /** What choosing nothing is called; null where something has to be chosen. */
  readonly none: string | null
  readonly label: (value: string) => string
  readonly onText: (value: string) => void
}

function Choice({attributes, values, chosen, none, label, onText}: ChoiceProps) {
  const options = chosen === '' || values.includes(chosen) ? values : [...values, chosen]
  return (
    <select {...attributes} className={styles.select} value={chosen} onChange={(event) => onText(event.target.value)}>
      {none !== null && <option value="">{none}</option>}
      {options.map((one) => (
        <option key={one} value={one}>
          {label(one)}
        </option>
      ))}
    </select>
  )
}
