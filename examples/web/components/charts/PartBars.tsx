'use client'

import styles from './PartBars.module.css'

export interface Part {
  name: string
  value: number | null
  text: string
  /** false: a figure without a bar, as many together would dwarf each of the others. */
  bar?: boolean
}

/** One bar for each part of a whole, from a common zero, with its figure. */
export function PartBars({title, parts, said}: {title: string; parts: readonly Part[]; said: string}) {
  const values = parts.map(({value, bar}) => (bar === false ? 0 : (value ?? 0)))
  const low = Math.min(0, ...values)
  const high = Math.max(0, ...values)
  const span = high - low || 1
  const zero = (-low / span) * 100
  return (
    <figure className={styles.figure} aria-label={said}>
      <figcaption>
        <h3>{title}</h3>
      </figcaption>
      <ul>
        {parts.map(({name, value: figure, text, bar}) => {
          const value = bar === false ? 0 : figure
          const size = (Math.abs(value ?? 0) / span) * 100
          return (
            <li key={name}>
              <span className={styles.name}>{name}</span>
              <svg height="14" aria-hidden="true">
                <rect
                  className={(value ?? 0) < 0 ? styles.down : styles.up}
                  x={`${(value ?? 0) < 0 ? zero - size : zero}%`}
                  width={`${size}%`}
                  y="1"
                  height="12"
                />
                <line x1={`${zero}%`} x2={`${zero}%`} y1="0" y2="14" />
              </svg>
              <span className={styles.value}>{text}</span>
            </li>
          )
        })}
      </ul>
    </figure>
  )
}
