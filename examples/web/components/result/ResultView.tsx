'use client'

import dynamic from 'next/dynamic'
import {useCallback, useMemo, useRef, useState} from 'react'
import type {Decision} from '../charts/rebalances'
import {ReceiptSection} from '../share/ReceiptSection'
import {ExportSection} from './ExportSection'
import {GrowthSection} from './GrowthSection'
import {HeldSection} from './HeldSection'
import {PrintedFrom} from './PrintedFrom'
import {ProvenanceSection} from './ProvenanceSection'
import styles from './ResultView.module.css'
import {RunPicker} from './RunPicker'
import type {Run} from './run'
import {SectionNav} from './SectionNav'
import {SourcesSection} from './SourcesSection'
import {SteadySection} from './SteadySection'
import {Summary} from './Summary'
import {Tooltip} from './Tooltip'
import {TradesSection} from './TradesSection'
import ui from './ui.module.css'

export type {Run} from './run'

// loaded where a result has them: most have neither
const loading = () => <div className={styles.loading} />
const WorthSection = dynamic(() => import('../worth/WorthSection').then((module) => module.WorthSection), {loading})
const ComparisonSection = dynamic(() => import('./ComparisonSection').then((module) => module.ComparisonSection), {
  loading,
})

/**
 * One to three results, from the sentence that says what was run to the files to take away. `busy`: another run is
 * under way, and this is the result before it.
 */
export function ResultView({runs: given, busy}: {runs: readonly Run[]; busy: boolean}) {
  const stable = useStable(given)
  const runs = useMemo(() => distinct(stable), [stable])
  const root = useRef<HTMLDivElement>(null)
  const sections = useRef<HTMLDivElement>(null)
  const [chosen, setChosen] = useState<string | null>(null)
  const [decision, setDecision] = useState<Decision | null>(null)
  const [room, setRoom] = useState(0)
  const closeDecision = useCallback(() => setDecision(null), [])
  const [first] = runs
  if (!first) return null
  const run = runs.find(({id}) => id === chosen) ?? first
  const picker = runs.length > 1 ? <RunPicker runs={runs} value={run.id} onChange={setChosen} /> : null
  const opened = decision && runs.some(({result}) => result === decision.run.result) ? decision : null

  return (
    <>
      <div ref={root} className={styles.result} aria-busy={busy}>
        {busy && (
          <div className={styles.busy} role="status">
            <span className={ui.unseen}>Running again; this is the result before.</span>
          </div>
        )}
        <SectionNav root={sections} />
        <div ref={sections} className={busy ? styles.dimmed : undefined}>
          <Summary runs={runs} run={run} picker={picker} />
          <GrowthSection
            runs={runs}
            decision={opened}
            onDecision={setDecision}
            onClose={closeDecision}
            onRoom={setRoom}
          />
          {run.result.analysis && <WorthSection run={run} picker={picker} />}
          {run.result.comparison && <ComparisonSection run={run} picker={picker} />}
          <HeldSection runs={runs} run={run} picker={picker} room={room} />
          <SteadySection runs={runs} run={run} picker={picker} />
          <SourcesSection run={run} picker={picker} />
          <TradesSection key={run.result.result_id} run={run} picker={picker} />
          <ProvenanceSection run={run} picker={picker} />
          <ReceiptSection run={run} picker={picker} />
          <ExportSection run={run} picker={picker} />
          <PrintedFrom />
        </div>
      </div>
      {/* Outside: in some browsers a container is what fixed positions are counted from. */}
      <Tooltip root={root} />
    </>
  )
}

/** Two runs of one name are told apart by their number. */
function distinct(runs: readonly Run[]): readonly Run[] {
  const twice = (name: string) => runs.filter((run) => run.name === name).length > 1
  return runs.map((run, n) => (twice(run.name) ? {...run, name: `${run.name} (${n + 1})`} : run))
}

/** The same array as long as it holds the same runs: the page around may render often, the charts need not. */
function useStable(runs: readonly Run[]): readonly Run[] {
  const [kept, keep] = useState(runs)
  const alike = (one: Run, other: Run | undefined) =>
    one.id === other?.id && one.name === other.name && one.slot === other.slot && one.result === other.result
  const same = kept.length === runs.length && kept.every((run, n) => alike(run, runs[n]))
  if (!same) keep(runs)
  return same ? kept : runs
}
