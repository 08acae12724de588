'use client'

import {type ComponentProps, type KeyboardEvent, useLayoutEffect, useRef, useState} from 'react'
import {isNullable} from '@/lib/schema/fields'
import type {Json, Schema} from '@/lib/schema/types'
import {parseNumber, readNumber, typedNumber, unitOf} from '@/lib/units'
import styles from './controls.module.css'

interface Props extends Omit<ComponentProps<'input'>, 'value' | 'onChange' | 'defaultValue'> {
  readonly schema: Schema
  /** Undefined: nobody has set it. */
  readonly value: Json | undefined
  /** Given undefined for what has been cleared, and the text itself for what is no number. */
  readonly onValue: (value: Json | undefined) => void
  /** In place of the schema's unit, where it depends on another field. */
  readonly unit?: string | undefined
}

/**
 * A figure. People type it as they write it, `33.3` or `10,000`, and it is kept as the request has it: a percentage as a
 * fraction. While the field has the focus its text is the person's own.
 */
export function NumberField({schema, value, onValue, unit, ...attributes}: Props) {
  const [typed, setTyped] = useState<string | null>(null)
  const input = useRef<HTMLInputElement>(null)
  const editing = typed !== null
  const {shift, before, after} = unitOf(schema)
  const shown = value ?? schema.default
  const atRest = typeof shown === 'number' ? readNumber(shown, shift) : typeof shown === 'string' ? shown : ''

  useLayoutEffect(() => {
    if (editing) input.current?.select() // only now: `10,000` has just become `10000`, and lost what was selected
  }, [editing])

  const accept = (text: string) => {
    setTyped(text)
    const number = parseNumber(text, shift)
    if (text.trim() === '') onValue(undefined)
    else if (number === undefined) onValue(text.slice(0, 100))
    else onValue(number)
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
        value={typed ?? atRest}
        placeholder={isNullable(schema) || schema.default === undefined ? 'not set' : undefined}
        onChange={(event) => accept(event.target.value)}
        onFocus={() => setTyped(typeof shown === 'number' ? typedNumber(shown, shift) : atRest)}
        onBlur={() => setTyped(null)}
        onKeyDown={step}
      />
      <span className={styles.affix}>{unit ?? after}</span>
    </span>
  )
}

function bounded(value: number, {minimum, maximum, exclusiveMinimum}: Schema): number {
  if (maximum !== undefined && value > maximum) return maximum
  if (minimum !== undefined && value < minimum) return minimum
  return exclusiveMinimum !== undefined && value <= exclusiveMinimum ? exclusiveMinimum : value
}
