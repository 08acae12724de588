'use client'

import {type ReactNode, Suspense, useId, useState} from 'react'
import type {Figure} from './lookup'
import styles from './ui.module.css'

const join = (...names: (string | false | undefined)[]): string => names.filter(Boolean).join(' ')

/** The address of a section within the page. */
export const sectionId = (title: string): string => `result-${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`

/** A part of the page with its heading; `aside` stands beside the heading. */
export function Section(props: {
  title: string
  aside?: ReactNode
  /** false: on paper there is nothing to do with it. */
  printed?: boolean
  children: ReactNode
}) {
  const {title, aside, printed = true, children} = props
  const id = useId()
  return (
    <section
      id={sectionId(title)}
      data-section={title}
      className={join(styles.section, !printed && styles.onScreen)}
      aria-labelledby={id}
      tabIndex={-1}
    >
      <div className={styles.heading}>
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

export function Block({title, children}: {title?: string | undefined; children: ReactNode}) {
  return (
    <div className={styles.block}>
      {title && <h3 className={styles.title}>{title}</h3>}
      {children}
    </div>
  )
}

/** What is not there, and why. */
export const Absent = ({children}: {children: ReactNode}) => <p className={styles.absent}>{children}</p>
export const Note = ({children}: {children: ReactNode}) => <p className={styles.note}>{children}</p>

/** A word that explains itself on hover and on focus. */
export function Term({children, tip}: {children: ReactNode; tip?: string | undefined}) {
  if (!tip) return <>{children}</>
  return (
    <span className={styles.term} tabIndex={0} data-tip={tip}>
      {children}
    </span>
  )
}

/** A figure; a dash says why on hover and on focus. */
export function Fig({of}: {of: Figure}) {
  if (of.why)
    return (
      <span className={styles.undefined} tabIndex={0} data-tip={of.why}>
        {of.text}
        <span className={styles.unseen}> undefined</span>
      </span>
    )
  return of.tone ? <span className={styles[of.tone]}>{of.text}</span> : of.text
}

interface Choice<T> {
  value: T
  label: string
  disabled?: boolean
}

/** Buttons of which one is pressed. */
export function Choices<T extends string | number>(props: {
  label: string
  choices: readonly Choice<T>[]
  value: T | null
  onChange: (value: T) => void
}) {
  return (
    <div className={styles.group} role="group" aria-label={props.label}>
      {props.choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          className={styles.button}
          aria-pressed={choice.value === props.value}
          disabled={choice.disabled}
          onClick={() => props.onChange(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  )
}

/** What stays folded, and is made only when somebody looks. */
export function Disclosure({summary, children}: {summary: ReactNode; children: () => ReactNode}) {
  const [open, setOpen] = useState(false)
  return (
    <details className={styles.disclosure} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{summary}</summary>
      {open && (
        <div>
          <Suspense>{children()}</Suspense>
        </div>
      )}
    </details>
  )
}

export function Button({children, ...props}: React.ComponentProps<'button'>) {
  return (
    <button type="button" {...props} className={join(styles.button, props.className)}>
      {children}
    </button>
  )
}
