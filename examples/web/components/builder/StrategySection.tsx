'use client'

import dynamic from 'next/dynamic'
import {Suspense} from 'react'
import {strategyOf} from '@/lib/draft'
import {exampleInWords} from '@/lib/parameters'
import {inPlainWords} from '@/lib/plain-words'
import {fieldId} from '@/lib/pointer'
import {hasTree} from '@/lib/rules/kinds'
import {defaultOf, humanised} from '@/lib/schema/fields'
import {requestField} from '@/lib/schema/page'
import {isObject, type JsonObject, type Schema, type Strategy, sameJson} from '@/lib/schema/types'
import styles from './Builder.module.css'
import {useBuilder} from './BuilderContext'
import controls from './controls.module.css'
import {Problems, useProblems} from './Field'
import {SchemaFields} from './SchemaField'

// loaded where the strategy has a tree
const TreeBuilder = dynamic(() => import('../rules/TreeBuilder').then((module) => module.TreeBuilder))

interface Props {
  readonly strategies: readonly Strategy[]
  readonly onChoose: (name: string) => void
}

/** Which strategy, and its own parameters. */
export function StrategySection({strategies, onChoose}: Props) {
  const {draft, opening} = useBuilder()
  const name = strategyOf(draft)
  const strategy = strategies.find((one) => one.name === name)
  const id = fieldId('/strategy')
  const problems = useProblems('/strategy')
  return (
    <section className={styles.section}>
      <h3 id="strategy-heading">Strategy</h3>
      <select
        id={id}
        aria-labelledby="strategy-heading"
        aria-describedby={problems.length > 0 ? `${id}-about ${id}-problems` : `${id}-about`}
        aria-invalid={problems.length > 0 || undefined}
        className={`${controls.select} ${styles.strategy}`}
        value={name}
        onChange={(event) => onChoose(event.target.value)}
      >
        {strategy === undefined && <option value={name}>{name || 'Choose'}</option>}
        {strategies.map((one) => (
          <option key={one.name} value={one.name}>
            {titleOf(one)}
          </option>
        ))}
      </select>
      <p id={`${id}-about`} className={styles.about}>
        {inPlainWords(strategy?.description ?? '', strategy?.parameters)}
      </p>
      <Problems id={`${id}-problems`} pointer="/strategy" schema={requestField('strategy')} problems={problems} />
      {strategy !== undefined && (
        <>
          <Examples schema={strategy.parameters} />
          {hasTree(strategy.parameters) && (
            <Suspense>
              <TreeBuilder key={opening} schema={strategy.parameters} />
            </Suspense>
          )}
          <SchemaFields path={['parameters']} schema={strategy.parameters} />
        </>
      )}
    </section>
  )
}

/** Whole sets of parameters that the schema gives, each in its own words: a click replaces all that there are. */
function Examples({schema}: {readonly schema: Schema}) {
  const {set} = useBuilder()
  const examples = Array.isArray(schema.examples) ? schema.examples.filter(isObject) : [] // a plug-in's may be anything
  if (examples.length === 0) return null
  return (
    <div className={styles.examples} role="group" aria-label="Fill in an example">
      <span aria-hidden="true">Fill in an example:</span>
      {examples.map((example) => {
        const words = exampleInWords(example, schema)
        const fill = () => set(['parameters'], withoutDefaults(example, schema))
        return (
          <button key={words} type="button" className="link-button" onClick={fill}>
            {words}
          </button>
        )
      })}
    </div>
  )
}

/** As the form keeps parameters: what somebody has decided. */
function withoutDefaults(parameters: JsonObject, {properties = {}}: Schema): JsonObject | undefined {
  const own = Object.entries(parameters).filter(([name, value]) => !sameJson(value, defaultOf(properties[name] ?? {})))
  return own.length > 0 ? Object.fromEntries(own) : undefined
}

export function titleOf({name, parameters}: Strategy): string {
  return parameters.title ?? humanised(name)
}
