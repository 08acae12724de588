'use client'

import {createContext, useContext} from 'react'
import type {Draft} from '@/lib/draft'
import type {Path} from '@/lib/pointer'
import type {Problem} from '@/lib/problems'
import type {Json, ListedSymbol, Schema} from '@/lib/schema/types'
import type {Network} from '@/lib/symbols'

/** What every field of the builder may need: the draft, how to change it, and what is wrong with it. */
export interface BuilderContents {
  readonly draft: Draft
  /** Which opening of a request this is: a link, an example, Back or Forward. */
  readonly opening: number
  /** What the strategy's parameters are; undefined of a strategy that this runner does not have. */
  readonly parameters: Schema | undefined
  readonly set: (path: Path, value: Json | undefined) => void
  readonly problems: readonly Problem[]
  readonly symbols: readonly ListedSymbol[]
  readonly listed: ReadonlyMap<string, ListedSymbol>
  readonly network: Network
  /** Whether this page's own server converts what other programs have written. */
  readonly converts: boolean
}

const Context = createContext<BuilderContents | null>(null)

export const BuilderProvider = Context.Provider

export function useBuilder(): BuilderContents {
  const contents = useContext(Context)
  if (contents === null) throw new Error('a field stands outside of the builder')
  return contents
}
