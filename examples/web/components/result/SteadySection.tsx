'use client'

import dynamic from 'next/dynamic'
import type {ReactNode} from 'react'
import {SHARED} from '@/lib/shared'
import {RollingChart} from '../charts/RollingChart'
import {YearsChart} from '../charts/YearsChart'
import {leftOut} from './lookup'
import {MonthsTable} from './MonthsTable'
import {Absent, Section} from './parts'
import {RollingTable} from './RollingTable'
import type {Run} from './run'
import {DrawdownsTable, ExtremesTable, StressTable, TrailingTable} from './steady-tables'

// loaded where there are several runs
const ComparedTrailing = dynamic(() => import('./compared-tables').then((module) => module.ComparedTrailing))
const ComparedStress = dynamic(() => import('./compared-tables').then((module) => module.ComparedStress))

/** How steady it was: years, months, windows, falls and crises. */
export function SteadySection({runs, run, picker}: {runs: readonly Run[]; run: Run; picker: ReactNode}) {
  const drawn = runs.filter(({result}) => result.tables)
  if (!drawn.length)
    return (
      <Section title={SHARED.sections.steady.title}>
        <Absent>{leftOut(run.result, 'tables')}</Absent>
      </Section>
    )
  const several = drawn.length > 1
  const sameEnd = new Set(drawn.map(({result}) => result.period.effective.end)).size === 1
  return (
    <Section title={SHARED.sections.steady.title} aside={picker}>
      <YearsChart runs={drawn} all={runs} run={run} />
      {run.result.tables ? (
        <>
          <MonthsTable run={run} />
          <RollingChart runs={drawn} all={runs} />
          <RollingTable run={run} />
          <DrawdownsTable run={run} />
          {several && sameEnd ? <ComparedTrailing runs={drawn} /> : <TrailingTable run={run} />}
          <ExtremesTable run={run} />
          {several ? <ComparedStress runs={drawn} /> : <StressTable run={run} />}
        </>
      ) : (
        <Absent>{leftOut(run.result, 'tables')}</Absent>
      )}
    </Section>
  )
}
