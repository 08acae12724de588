'use client'

import {type ReactNode, useContext, useEffect, useState} from 'react'
import {digestOf} from '@/lib/canonical'
import {Disclosure, Section} from '../result/parts'
import type {Run} from '../result/run'
import {ReceiptView} from './ReceiptView'
import {receiptOf} from './receipt'
import {ShareButton} from './ShareButton'
import {SharingContext} from './sharing'

/** What a result rests on. Of one that is shared it stands open; of one's own it unfolds, and the result can be shared. */
export function ReceiptSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {offered, shared} = useContext(SharingContext)
  if (shared !== null)
    return (
      <Section title="Receipt">
        <ReceiptView receipt={receiptOf(run.result, shared.requestDigest, shared.origin)} />
      </Section>
    )
  return (
    <Section title={offered ? 'Receipt and sharing' : 'Receipt'} aside={picker}>
      {offered && <ShareButton key={run.result.result_id} run={run} />}
      <Disclosure summary="The receipt: what identifies this result, what was verified, what was not modelled">
        {() => <OwnReceipt key={run.result.result_id} run={run} />}
      </Disclosure>
    </Section>
  )
}

function OwnReceipt({run: {result}}: {run: Run}) {
  const [digest, setDigest] = useState<string | null>(null)
  useEffect(() => {
    let current = true
    void digestOf(result.request).then((computed) => current && setDigest(computed))
    return () => {
      current = false
    }
  }, [result])
  return <ReceiptView receipt={receiptOf(result, digest, null)} />
}
