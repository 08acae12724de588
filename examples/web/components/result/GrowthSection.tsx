'use client'

import dynamic from 'next/dynamic'
import {useEffect, useRef} from 'react'
import {SHARED} from '@/lib/shared'
import {GrowthChart} from '../charts/GrowthChart'
import type {Decision} from '../charts/rebalances'
import styles from './Decision.module.css'
import {DecisionView} from './DecisionView'
import {leftOut} from './lookup'
import {Absent, Button, Disclosure, Section} from './parts'
import type {Run} from './run'

// loaded when it is opened
const SeriesData = dynamic(() => import('./SeriesData').then((module) => module.SeriesData))

interface Props {
  runs: readonly Run[]
  decision: Decision | null
  onDecision: (chosen: Decision) => void
  onClose: () => void
  onRoom: (room: number) => void
}

/** Growth and drawdown, and the decision that was opened from a mark. */
export function GrowthSection({runs, decision, onDecision, onClose, onRoom}: Props) {
  const drawn = runs.filter(({result}) => result.series?.dates.length)
  const [first] = runs
  return (
    <Section title={SHARED.sections.growth.title}>
      {drawn.length > 0 && (
        <GrowthChart
          runs={drawn.length === runs.length ? runs : drawn}
          decision={decision}
          onDecision={onDecision}
          onRoom={onRoom}
        >
          <Disclosure summary="Show the data">{() => <SeriesData runs={drawn} />}</Disclosure>
        </GrowthChart>
      )}
      {drawn.length < runs.length && (
        <Absent>
          {drawn.length ? 'Of some runs: ' : ''}
          {first && leftOut((runs.find((run) => !drawn.includes(run)) ?? first).result, 'series')}
        </Absent>
      )}
      {decision && <Opened decision={decision} several={runs.length > 1} onChange={onDecision} onClose={onClose} />}
    </Section>
  )
}

interface OpenedProps {
  decision: Decision
  several: boolean
  onChange: (chosen: Decision) => void
  onClose: () => void
}

function Opened({decision, several, onChange, onClose}: OpenedProps) {
  const {run, at} = decision
  const heading = useRef<HTMLHeadingElement>(null)
  const panel = useRef<HTMLDivElement>(null)
  const before = useRef<Element | null>(null)
  const {result} = run
  // biome-ignore lint/correctness/useExhaustiveDependencies: another decision is when the panel has to be seen
  useEffect(() => {
    if (!panel.current?.contains(document.activeElement)) before.current = document.activeElement
    heading.current?.focus({preventScroll: true})
    panel.current?.scrollIntoView({block: 'nearest'})
  }, [result, at])
  const close = () => {
    onClose()
    if (before.current instanceof HTMLElement) before.current.focus({preventScroll: true})
  }
  const count = result.weights?.dates.length ?? 0
  return (
    <div ref={panel} className={styles.opened} onKeyDown={(event) => event.key === 'Escape' && close()}>
      <div className={styles.bar}>
        <h3 ref={heading} tabIndex={-1}>
          Rebalance {at + 1} of {count}
          {several ? `, ${run.name}` : ''}
        </h3>
        <div className={styles.steps}>
          <Button disabled={at === 0} onClick={() => onChange({run, at: at - 1})}>
            Earlier
          </Button>
          <Button disabled={at >= count - 1} onClick={() => onChange({run, at: at + 1})}>
            Later
          </Button>
          <Button onClick={close}>Close</Button>
        </div>
      </div>
      <DecisionView result={result} at={at} />
    </div>
  )
}
