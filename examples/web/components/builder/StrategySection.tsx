'use client'

import {strategyOf} from '@/lib/draft'
import {fieldId} from '@/lib/pointer'
import {humanised} from '@/lib/schema/fields'
import {requestField} from '@/lib/schema/page'
import type {Strategy} from '@/lib/schema/types'
import styles from './Builder.module.css'
import {useBuilder} from './BuilderContext'
import controls from './controls.module.css'
import {Problems, useProblems} from './Field'
import {SchemaFields} from './SchemaField'

interface Props {
  readonly strategies: readonly Strategy[]
  readonly onChoose: (name: string) => void
}

/** Which strategy, and its own parameters. */
export function StrategySection({strategies, onChoose}: Props) {
  const {draft} = useBuilder()
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
        {strategy?.description}
      </p>
      <Problems id={`${id}-problems`} pointer="/strategy" schema={requestField('strategy')} problems={problems} />
      {strategy !== undefined && <SchemaFields path={['parameters']} schema={strategy.parameters} />}
    </section>
  )
}

export function titleOf({name, parameters}: Strategy): string {
  return parameters.title ?? humanised(name)
}
