'use client'

import dynamic from 'next/dynamic'
import {Suspense, useId} from 'react'
import {firstAsked} from '@/lib/first-asked'
import {type Path, valueAt, withValueAt} from '@/lib/pointer'
import {requestField} from '@/lib/schema/page'
import type {Json, Schema} from '@/lib/schema/types'
import {SHARED} from '@/lib/shared'
import builder from './Builder.module.css'
import {type BuilderContents, BuilderProvider, useBuilder} from './BuilderContext'
import {SwitchField} from './choices'
import {Field} from './Field'
import styles from './Questions.module.css'
import {SchemaFields} from './SchemaField'

// loaded where they are asked
const AxesField = dynamic(() => import('./AxesField').then((module) => module.AxesField))
const CompareField = dynamic(() => import('./CompareField').then((module) => module.CompareField))

interface Question {
  readonly path: Path
  readonly title: string
  readonly line: string
}

const QUESTIONS: readonly Question[] = [
  {
    path: ['analysis', 'trust'],
    title: 'Was it luck?',
    line: 'Other dates, later fills, higher costs, random picks, resampled histories.',
  },
  {
    path: ['analysis', 'sweep'],
    title: 'Do other settings do better?',
    line: 'Runs every combination, and says how much of the best one’s lead is the luck of choosing.',
  },
  {
    path: ['analysis', 'walk_forward'],
    title: 'Would choosing have worked?',
    line: 'Chooses a setting on the past, holds it over the next months, again and again.',
  },
  {
    path: ['compare'],
    title: 'Side by side',
    line: 'The same portfolio with other values of one setting, in one chart.',
  },
  {
    path: ['analysis', 'projection'],
    title: 'What could come next?',
    line: 'A fan of possible values over the years to come, with withdrawals.',
  },
]

/** What may be asked of the result, beside what came of the run. */
export function Questions() {
  const id = useId()
  return (
    <section className={builder.section} aria-labelledby={id}>
      <h3 id={id}>{SHARED.sections.worth.title}</h3>
      <p className={builder.hint}>Questions that are answered beside the result. Each takes a little longer.</p>
      {QUESTIONS.map((question) => (
        <Asked key={question.title} question={question} />
      ))}
    </section>
  )
}

function Asked({question: {path, title, line}}: {readonly question: Question}) {
  const contents = useBuilder()
  const {draft, parameters, set} = contents
  const value = valueAt(draft, path)
  const key = String(path.at(-1))
  const begin = () => set(path, firstAsked(key, draft, parameters))
  return (
    <div className={styles.question}>
      <Field path={path} schema={{title}} note={line}>
        {(attributes) => (
          <SwitchField
            attributes={attributes}
            checked={value !== undefined}
            onChecked={(on) => (on ? begin() : set(path, undefined))}
          />
        )}
      </Field>
      {value !== undefined && (
        <div className={styles.details}>
          <BuilderProvider value={keeping(contents, path)}>
            <Suspense>
              {key === 'compare' && <CompareField />}
              {(key === 'sweep' || key === 'walk_forward') && <AxesField path={[...path, 'over']} question={key} />}
            </Suspense>
            {key !== 'compare' && <SchemaFields path={path} schema={offered(key)} />}
          </BuilderProvider>
        </div>
      )}
    </div>
  )
}

/** A question stays asked while all of its fields are at their defaults. */
function keeping(contents: BuilderContents, path: Path): BuilderContents {
  const set = (at: Path, value: Json | undefined) => {
    const gone = valueAt(withValueAt(contents.draft, at, value), path) === undefined
    contents.set(gone ? path : at, gone ? {} : value)
  }
  return {...contents, set}
}

/** What the form asks about a question; the rest of its schema is for programs. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  sweep: ['rank_by', 'trials_before'],
  walk_forward: ['rank_by', 'train_months', 'test_months', 'mode'],
  trust: ['include', 'trials', 'confidence'],
  projection: ['years', 'model', 'withdrawal', 'inflation_rate'],
}

function offered(key: string): Schema {
  const schema = requestField('analysis').properties?.[key] ?? {}
  const properties = Object.entries(schema.properties ?? {}).filter(([name]) => FIELDS[key]?.includes(name))
  return {...schema, properties: Object.fromEntries(properties)}
}
