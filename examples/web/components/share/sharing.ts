'use client'

import {createContext, type ReactNode} from 'react'

export interface Sharing {
  /** Whether this server keeps results that somebody shares. */
  readonly offered: boolean
  /** The receipt on the page of a shared result; null on others, which make theirs when somebody asks for it. */
  readonly receipt: ReactNode
}

export const SharingContext = createContext<Sharing>({offered: false, receipt: null})
