'use client'

import type {ReactNode} from 'react'
import type {Figure} from '../result/lookup'
import {Fig, Term} from '../result/parts'
import styles from '../result/Summary.module.css'

export interface Fact {
  readonly label: string
  /** Definition and formula, on hover and focus. */
  readonly tip?: string | undefined
  readonly figure: Figure
  /** What it says, in plain words. */
  readonly words: ReactNode
}

/** Figures as tiles: what each says stands below it, its formula on hover and focus. */
export function Facts({facts}: {facts: readonly Fact[]}) {
  return (
    <dl className={`${styles.tiles} ${styles.facts}`}>
      {facts.map(({label, tip, figure, words}) => (
        <div key={label}>
          <dt>
            <Term tip={tip}>{label}</Term>
          </dt>
          <dd>
            <Fig of={figure} />
          </dd>
          <dd className={styles.beside}>{words}</dd>
        </div>
      ))}
    </dl>
  )
}
