'use client'

import type {ReactNode} from 'react'
import {Fig, Term} from '../result/parts'
import styles from '../result/Summary.module.css'
import type {Fact} from './answers'

/** Figures as tiles: what each says stands below it, its formula on hover and focus. `more`: after what the first says. */
export function Facts({facts, more}: {facts: readonly Fact[]; more?: ReactNode}) {
  return (
    <dl className={`${styles.tiles} ${styles.facts}`}>
      {facts.map(({key, label, tip, figure, words}, n) => (
        <div key={key}>
          <dt>
            <Term tip={tip}>{label}</Term>
          </dt>
          <dd>
            <Fig of={figure} />
          </dd>
          <dd className={styles.beside}>
            {words} {n === 0 && more}
          </dd>
        </div>
      ))}
    </dl>
  )
}
