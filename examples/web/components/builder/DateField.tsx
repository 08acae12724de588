'use client'

import {useLayoutEffect, useRef} from 'react'
import {day} from '@/lib/format'
import {useBuilder} from './BuilderContext'
import styles from './controls.module.css'
import type {ControlAttributes} from './Field'

interface Props {
  readonly attributes: ControlAttributes
  /** Empty: not set. What is no date, which a link may bring, is shown as the text that it is. */
  readonly value: string
  readonly onText: (text: string) => void
}

/** A date, and below it as the result writes it: the browser has a format of its own. Half of one is the browser's own until the whole is there, and ends with the request that it was begun in. */
export function DateField({attributes, value, onText}: Props) {
  const {opening} = useBuilder()
  const input = useRef<HTMLInputElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another request is when half a date has to go
  useLayoutEffect(() => {
    if (input.current?.validity.badInput) input.current.value = ''
  }, [opening])
  return (
    <>
      <input
        {...attributes}
        ref={input}
        type={value === '' || isDate(value) ? 'date' : 'text'}
        className={styles.text}
        value={value}
        onChange={(event) => onText(event.target.value)}
      />
      {isDate(value) && <small className={styles.asShown}>{day(value)}</small>}
    </>
  )
}

/** Whether a box for dates can show it. */
function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) === true
}
