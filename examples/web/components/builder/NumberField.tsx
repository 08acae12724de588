'use client'

import {type ComponentProps, type KeyboardEvent, useLayoutEffect, useRef} from 'react'
import type {Json, Schema} from '@/lib/schema/types'
import {parseNumber, readNumber, typedNumber, unitOf} from '@/lib/units'
import styles from './controls.module.css'
import {useTyped} from './useTyped'

interface Props extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'defaultValue'> {
  readonly schema: Schema
  /** Undefined: it has not been set. */
  readonly value: Json | undefined
  /** Given undefined for what has been cleared, and the text itself for what is no number. */
  readonly onValue: (value: Json | undefined) => void
  /** In place of the schema's unit, where it depends on another field. */
  readonly unit?: string | undefined
}

/**
 * A figure. People type it as they write it, `33.3` or `10,000`, and it is kept as the request has it: a percentage as a
 * fraction.
 */
export function NumberField({schema, value, onValue, unit, ...attributes}: Props) {
  const input = useRef<HTMLInputElement>(null)
  const {shift, before, after} = unitOf(schema)
  const byDefault = schema.default ?? null
  const shown = value ?? byDefault
  const meaning = (text: string) => (text.trim() === '' ? undefined : (parseNumber(text, shift) ?? text.slice(0, 100)))
  const {text, typing, onType, onLeave} = useTyped(
    shown,
    (typed) => meaning(typed) ?? byDefault,
    (typing) => written(shown, typing ? typedNumber : readNumber, shift),
  )

  useLayoutEffect(() => {
    if (typing) input.current?.select() // only now: `10,000` has just become `10000`, and lost what was selected
  }, [typing])

  const accept = (next: string) => {
    onType(next)
    onValue(meaning(next))
  }
  const step = (event: KeyboardEvent<HTMLInputElement>) => {
    const direction = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0
    if (direction === 0 || (typeof shown !== 'number' && shown !== null)) return
    event.preventDefault()
    const current = typeof shown === 'number' ? Number(typedNumber(shown, shift)) : 0
    const decimals = (String(current).split('.')[1] ?? '').length
    const by = direction * (event.shiftKey ? 10 : 1) * 10 ** -decimals // the last digit that it shows
    const next = parseNumber((current + by).toFixed(decimals), shift) ?? 0
    accept(typedNumber(bounded(next, schema), shift))
  }
  return (
    <span className={styles.number}>
      {before !== '' && (
        <span className={styles.affix} aria-hidden="true">
          {before}
        </span>
      )}
      <input
        {...attributes}
        ref={input}
        type="text"
        inputMode="decimal"
        autoComplete="off"
        value={text}
        placeholder={byDefault === null ? 'not set' : written(byDefault, readNumber, shift)}
        onChange={(event) => accept(event.target.value)}
        onFocus={() => onType(written(shown, typedNumber, shift))}
        onBlur={onLeave}
        onKeyDown={step}
      />
      <span className={styles.affix}>{unit ?? after}</span>
    </span>
  )
}

/** What is no number stands as it was typed, or as a link has it. */
function written(value: Json, write: (value: number, shift: number) => string, shift: number): string {
  if (typeof value === 'number') return write(value, shift)
  return value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
}

function bounded(value: number, {minimum, maximum, exclusiveMinimum}: Schema): number {
  if (maximum !== undefined && value > maximum) return maximum
  if (minimum !== undefined && value < minimum) return minimum
  return exclusiveMinimum !== undefined && value <= exclusiveMinimum ? exclusiveMinimum : value
}
