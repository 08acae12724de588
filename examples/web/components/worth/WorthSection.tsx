'use client'

import type {ReactNode} from 'react'
import {SHARED} from '@/lib/shared'
import {Section} from '../result/parts'
import type {Run} from '../result/run'
import {Chance} from './Chance'
import {Costs} from './Costs'
import {ProjectionBlock} from './ProjectionBlock'
import {SweepBlock} from './SweepBlock'
import {TimingLuck} from './TimingLuck'
import {WalkForwardBlock} from './WalkForwardBlock'

/** The answers to the questions that were asked of the result: other settings, luck, costs, what may come. */
export function WorthSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {analysis} = run.result
  if (analysis === undefined) return null
  const {sweep, walk_forward, trust, projection} = analysis
  return (
    <Section title={SHARED.sections.worth.title} aside={picker}>
      {sweep && <SweepBlock key={`${run.result.result_id} sweep`} run={run} sweep={sweep} />}
      {walk_forward !== undefined && <WalkForwardBlock run={run} walk={walk_forward} />}
      {trust && (
        <>
          <Chance run={run} trust={trust} />
          <TimingLuck run={run} luck={trust.timing_luck} />
          <Costs run={run} trust={trust} />
        </>
      )}
      {projection !== undefined && <ProjectionBlock run={run} projection={projection} />}
    </Section>
  )
}
