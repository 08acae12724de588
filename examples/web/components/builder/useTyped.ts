'use client'

import {useState} from 'react'
import {type Json, sameJson} from '@/lib/schema/types'

interface Typing {
  readonly text: string
  /** Whether somebody is in the box. */
  readonly typing: boolean
  readonly onType: (text: string) => void
  readonly onLeave: () => void
}

/**
 * The text in a box whose value is kept elsewhere: a person's own while it means that value, else the value as it is
 * written. So whatever changes the value, Back or a suggestion, changes the text, in the box that has the focus too.
 */
export function useTyped(value: Json, meaning: (text: string) => Json, written: (typing: boolean) => string): Typing {
  const [typed, setTyped] = useState<string | null>(null)
  const typing = typed !== null
  const text = typing && sameJson(meaning(typed), value) ? typed : written(typing)
  return {text, typing, onType: setTyped, onLeave: () => setTyped(null)}
}
