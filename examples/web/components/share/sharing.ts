'use client'

import {createContext} from 'react'

export interface Sharing {
  /** Whether this server keeps results that somebody shares. */
  readonly offered: boolean
  /** Of a page that shows a shared result: what its server says of it. */
  readonly shared: {readonly origin: string; readonly requestDigest: string | null} | null
}

export const SharingContext = createContext<Sharing>({offered: false, shared: null})
