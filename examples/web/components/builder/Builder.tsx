'use client'

import {useId} from 'react'
import {isGroup, isRare, SETTINGS} from '@/lib/schema/page'
import type {Strategy} from '@/lib/schema/types'
import styles from './Builder.module.css'
import {type BuilderContents, BuilderProvider} from './BuilderContext'
import {Holdings} from './Holdings'
import {Period} from './Period'
import {Questions} from './Questions'
import {SchemaField} from './SchemaField'
import {SettingsGroup} from './SettingsGroup'
import {StrategySection} from './StrategySection'

interface Props {
  readonly contents: BuilderContents
  readonly strategies: readonly Strategy[]
  readonly onStrategy: (name: string) => void
  readonly onSameForAll: (() => void) | null
}

const GROUPS = SETTINGS.filter(isGroup)

/**
 * The form of one portfolio. Holdings, period and strategy have sections of their own; everything else is what the
 * schema of the request has, in its order and its words, what hardly anybody changes last.
 */
export function Builder({contents, strategies, onStrategy, onSameForAll}: Props) {
  return (
    <BuilderProvider value={contents}>
      <Holdings />
      <Period onSameForAll={onSameForAll} />
      <StrategySection strategies={strategies} onChoose={onStrategy} />
      <section className={styles.section}>
        <h3 id="capital-heading">Capital and benchmark</h3>
        {SETTINGS.filter((field) => !isGroup(field)).map(([name, schema]) => (
          <SchemaField key={name} path={[name]} schema={schema} />
        ))}
      </section>
      <Groups title="Trading and money" groups={GROUPS.filter(([name]) => !isRare(name))} />
      <Questions />
      <Groups title="Technical" groups={GROUPS.filter(([name]) => isRare(name))} />
    </BuilderProvider>
  )
}

/** Parts of the request under one heading, each closed. */
function Groups({title, groups}: {readonly title: string; readonly groups: typeof SETTINGS}) {
  const id = useId()
  return (
    <section className={styles.section} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      {groups.map(([name, schema]) => (
        <SettingsGroup key={name} name={name} schema={schema} />
      ))}
    </section>
  )
}
