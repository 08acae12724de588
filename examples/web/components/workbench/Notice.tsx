import type {ReactNode} from 'react'
import {Brand} from './Brand'

interface Props {
  readonly heading: string
  readonly children: ReactNode
}

/** A page that has nothing but something to say. Its style is global: a style sheet of its own would be preloaded on every page. */
export function Notice({heading, children}: Props) {
  return (
    <main className="notice">
      <a href="/" className="brand">
        <Brand />
      </a>
      <h1>{heading}</h1>
      {children}
    </main>
  )
}
