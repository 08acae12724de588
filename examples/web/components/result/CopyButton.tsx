'use client'

import {type ReactNode, useEffect, useRef, useState} from 'react'
import styles from './Export.module.css'
import {Button} from './parts'

/** Copies, and says so where one looks; where copying is not allowed it says what to do instead. */
export function CopyButton({text, children}: {text: () => string; children: ReactNode}) {
  const [said, say] = useState('')
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  useEffect(() => () => clearTimeout(timer.current), [])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      say('Copied')
    } catch {
      say('This browser does not allow copying; select the text instead')
    }
    clearTimeout(timer.current)
    timer.current = setTimeout(() => say(''), 4000)
  }
  return (
    <span className={styles.copy}>
      <Button onClick={copy}>{children}</Button>
      <span role="status" className={styles.said}>
        {said}
      </span>
    </span>
  )
}
