'use client'

import {type ReactNode, useId, useState} from 'react'
import {inPlainWords, partsOf} from '@/lib/plain-words'
import {fieldId, type Path, pathOf, pointerTo} from '@/lib/pointer'
import {type Problem, readDetail, readSuggestion, withSuggestion} from '@/lib/problems'
import type {Json, Schema} from '@/lib/schema/types'
import {unitOf} from '@/lib/units'
import {useBuilder} from './BuilderContext'
import styles from './Field.module.css'

/** What the control inside of a field is given. */
export interface ControlAttributes {
  readonly id: string
  readonly 'aria-describedby': string | undefined
  readonly 'aria-invalid': true | undefined
}

interface Props {
  readonly path: Path
  readonly schema: Schema
  /** Below the label instead of beside it, over the whole width. */
  readonly wide?: boolean
  /** A group of controls, which a label element cannot name. */
  readonly group?: boolean
  /** Named by the heading that it stands under. */
  readonly nameless?: boolean
  /** What is said of the chosen value, under the control. */
  readonly note?: string | undefined
  readonly children: (attributes: ControlAttributes) => ReactNode
}

/** A control with its label, its help, which the schema wrote, and what is wrong with its value. */
export function Field({path, schema, wide = false, group = false, nameless = false, note, children}: Props) {
  const pointer = pointerTo(path)
  const id = fieldId(pointer)
  const helpId = useId()
  const [helpShown, setHelpShown] = useState(false)
  const problems = useProblems(pointer)
  const title = schema.title ?? String(path.at(-1) ?? '')
  const {inFull} = unitOf(schema)
  const {parameters} = useBuilder()
  const words = partsOf(inPlainWords(schema.description ?? '', parameters))
  const help = [words.plain, inFull !== null && `In ${inFull}.`].filter(Boolean).join(' ')
  const problemsId = `${id}-problems`
  const describedBy = [help && helpId, problems.length > 0 && problemsId].filter(Boolean).join(' ') || undefined
  const attributes = {
    id,
    'aria-describedby': describedBy,
    'aria-invalid': problems.length > 0 ? (true as const) : undefined,
  }
  const Frame = group ? 'fieldset' : 'div'
  return (
    <Frame
      className={`${styles.field} ${wide ? styles.wide : ''}`}
      {...(group ? {id, tabIndex: -1, 'aria-describedby': describedBy} : {})}
    >
      {group && <legend className="visually-hidden">{title}</legend>}
      <div className={styles.name} hidden={nameless}>
        {group ? <span aria-hidden="true">{title}</span> : <label htmlFor={id}>{title}</label>}
        {help !== '' && (
          <button
            type="button"
            className={styles.helpButton}
            aria-label={`About ${title}`}
            aria-expanded={helpShown}
            aria-controls={helpId}
            onClick={() => setHelpShown(!helpShown)}
          >
            <span aria-hidden="true">?</span>
          </button>
        )}
      </div>
      <div className={styles.control}>{children(attributes)}</div>
      {note !== undefined && !helpShown && <p className={styles.note}>{inPlainWords(note, parameters)}</p>}
      {help !== '' && (
        <div className={styles.help} hidden={!helpShown}>
          <p id={helpId}>{help}</p>
          {words.exact !== '' && <p className={styles.exact}>{words.exact}</p>}
        </div>
      )}
      <Problems pointer={pointer} schema={schema} id={problemsId} problems={problems} />
    </Frame>
  )
}

interface ProblemsProps {
  readonly pointer: string
  readonly schema: Schema
  readonly id?: string
  readonly problems: readonly Problem[]
}

/** What is wrong at one place, each with its likely fix a click away. */
export function Problems({pointer, schema, id, problems}: ProblemsProps) {
  const {draft, parameters, set} = useBuilder()
  if (problems.length === 0) return null
  return (
    <ul id={id} className={styles.problems}>
      {problems.map((problem) => {
        const {code, detail, suggestion} = problem
        const fix = readSuggestion(suggestion as Json, schema)
        return (
          <li key={code + detail}>
            {readDetail(problem, schema, parameters)}{' '}
            {fix !== null && (
              <button
                type="button"
                className="link-button"
                onClick={() => set(pathOf(pointer), withSuggestion(pointer, suggestion as Json, draft))}
              >
                Use {fix}
              </button>
            )}
          </li>
        )
      })}
    </ul>
  )
}

export function useProblems(pointer: string): Problem[] {
  return useBuilder().problems.filter((problem) => problem.pointer === pointer)
}
