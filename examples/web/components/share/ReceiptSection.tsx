'use client'

import dynamic from 'next/dynamic'
import {type ReactNode, useContext} from 'react'
import {Disclosure, Section} from '../result/parts'
import type {Run} from '../result/run'
import {SharingContext} from './sharing'

// loaded where somebody unfolds the one and where the server offers the other
const OwnReceipt = dynamic(() => import('./OwnReceipt').then((module) => module.OwnReceipt))
const ShareButton = dynamic(() => import('./ShareButton').then((module) => module.ShareButton))

/** What a result rests on. On the page of a shared one it stands open; below one's own it unfolds, beside the button to share. */
export function ReceiptSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {offered, receipt} = useContext(SharingContext)
  if (receipt !== null) return <Section title="Receipt">{receipt}</Section>
  const id = run.result.result_id
  return (
    <Section title={offered ? 'Receipt and sharing' : 'Receipt'} aside={picker}>
      {offered && <ShareButton key={id} run={run} />}
      <Disclosure summary="What identifies this result, what was verified, what was not modelled">
        {() => <OwnReceipt key={id} result={run.result} />}
      </Disclosure>
    </Section>
  )
}
