'use client'

import {createContext, useContext} from 'react'
import type {Path} from '@/lib/pointer'
import type {Parameters} from '@/lib/rules/tree'
import type {Json, Schema} from '@/lib/schema/types'

/** What every part of the tree's form may need. Paths lead from the strategy's parameters. */
export interface TreeContents {
  readonly parameters: Parameters
  /** The schema of a node. */
  readonly node: Schema
  /** The symbol that a new node begins with. */
  readonly symbol: string
  /** The place that is open; null where none is. */
  readonly opened: string | null
  readonly onOpen: (path: Path | null) => void
  /** Another tree; `focus`: where to go on, and `mark`: the box that is typed in. */
  readonly edit: (next: Parameters, options?: {focus?: Path; mark?: string}) => void
  readonly copied: Json | null
  readonly onCopy: (node: Json) => void
}

const Context = createContext<TreeContents | null>(null)
export const TreeProvider = Context.Provider

export function useTree(): TreeContents {
  const contents = useContext(Context)
  if (contents === null) throw new Error('a node stands outside of the tree')
  return contents
}

/** Where a place of the tree stands in the request. */
export const inRequest = (path: Path): Path => ['parameters', ...path]
