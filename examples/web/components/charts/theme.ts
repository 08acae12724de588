'use client'

import {useSyncExternalStore} from 'react'

const TOKENS = [
  'page',
  'raised',
  'text',
  'muted',
  'line',
  'strong',
  'grid',
  'bench',
  'other',
  'cash',
  'accent',
] as const

export type Palette = Record<(typeof TOKENS)[number], string> & {series: string[]}

/** The theme's colours as a canvas needs them: read from the tokens, which are their only source. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim()
  const named = Object.fromEntries(TOKENS.map((name) => [name, of(name)])) as Record<(typeof TOKENS)[number], string>
  return {...named, series: [1, 2, 3, 4, 5, 6].map((n) => of(`s${n}`))}
}

let version = 0

function subscribe(told: () => void): () => void {
  const changed = () => {
    version++
    told()
  }
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, {attributes: true, attributeFilter: ['data-theme']})
  const system = matchMedia('(prefers-color-scheme: dark)')
  system.addEventListener('change', changed)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', changed)
  }
}

/** A number that changes with the theme: by the page's switch, or by the system. */
export const useThemeVersion = (): number =>
  useSyncExternalStore(
    subscribe,
    () => version,
    () => 0,
  )

/** Half a colour and half the page's: opaque, as layers lie over each other. Both as #rrggbb. */
export function paler(colour: string, page: string): string {
  const part = (text: string, n: number) => Number.parseInt(text.slice(1 + 2 * n, 3 + 2 * n), 16)
  const mixed = [0, 1, 2].map((n) => Math.round((part(colour, n) + part(page, n)) / 2))
  return mixed.some(Number.isNaN) ? colour : `rgb(${mixed.join(', ')})`
}
