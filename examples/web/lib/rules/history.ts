import {type Json, sameJson} from '@/lib/schema/types'

/** What a value was, for undoing, and what was undone. */
export interface History {
  readonly past: readonly Json[]
  readonly present: Json
  readonly future: readonly Json[]
  /** What the latest change belongs to: changes of one box one after the other are one step. */
  readonly mark: string | null
}

const MOST_STEPS = 200

export const begun = (present: Json): History => ({past: [], present, future: [], mark: null})

/** A change of the tree, made by hand or by a button. */
export function changed(history: History, present: Json, mark: string | null): History {
  if (sameJson(history.present, present)) return history
  const goesOn = mark !== null && mark === history.mark
  const past = goesOn ? history.past : [...history.past, history.present].slice(-MOST_STEPS)
  return {past, present, future: [], mark}
}

export function undone({past, present, future}: History): History | null {
  const before = past.at(-1)
  return before === undefined
    ? null
    : {past: past.slice(0, -1), present: before, future: [present, ...future], mark: null}
}

export function redone({past, present, future: [next, ...future]}: History): History | null {
  return next === undefined ? null : {past: [...past, present], present: next, future, mark: null}
}
