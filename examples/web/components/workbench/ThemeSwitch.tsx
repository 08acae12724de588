'use client'

import {useSyncExternalStore} from 'react'
import {THEME_KEY} from '@/lib/theme'

const DARK = '(prefers-color-scheme: dark)'

/** Light or dark: by the system's preference until somebody switches, which is remembered. */
export function ThemeSwitch() {
  const dark = useSyncExternalStore(subscribe, isDark, () => false)
  const toggle = () => {
    const next = isDark() ? 'light' : 'dark'
    document.documentElement.dataset.theme = next
    try {
      localStorage.setItem(THEME_KEY, next)
    } catch {
      // a browser that keeps nothing: it holds until the page is left
    }
  }
  return (
    <button
      type="button"
      className="quiet-button"
      role="switch"
      aria-checked={dark}
      aria-label="Dark theme"
      onClick={toggle}
    >
      <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
        <circle cx="8" cy="8" r="6.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
        <path d="M8 1.75a6.25 6.25 0 0 1 0 12.5z" fill="currentColor" />
      </svg>
    </button>
  )
}

function isDark(): boolean {
  const {theme} = document.documentElement.dataset
  return theme === undefined ? matchMedia(DARK).matches : theme === 'dark'
}

function subscribe(onChange: () => void): () => void {
  const system = matchMedia(DARK)
  const observer = new MutationObserver(onChange)
  observer.observe(document.documentElement, {attributes: true, attributeFilter: ['data-theme']})
  system.addEventListener('change', onChange)
  return () => {
    observer.disconnect()
    system.removeEventListener('change', onChange)
  }
}
