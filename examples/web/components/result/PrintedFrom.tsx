'use client'

import {useLayoutEffect} from 'react'
import {usePrinting} from '@/lib/printing'
import styles from './ResultView.module.css'

/** On paper: in light colours, with the address that leads back to the result. */
export function PrintedFrom() {
  const printing = usePrinting()
  useLayoutEffect(() => {
    if (!printing) return
    const {dataset} = document.documentElement
    const {theme} = dataset
    dataset.theme = 'light'
    return () => {
      if (theme === undefined) delete dataset.theme
      else dataset.theme = theme
    }
  }, [printing])
  if (!printing) return null
  const address = `${location.origin}${location.pathname}${location.search}`
  return (
    <p className={styles.from}>
      {document.title}: <a href={address}>{address}</a>
    </p>
  )
}
