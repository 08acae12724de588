'use client'

import type {ReactNode} from 'react'
import {count, day, tiny} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {CopyButton} from './CopyButton'
import {DataTable, type TableRow} from './DataTable'
import {figure, meaningOf, titleOf, written} from './lookup'
import styles from './Provenance.module.css'
import {Disclosure, Fig, Section, Term} from './parts'
import type {Run} from './run'
import {symbolCell} from './symbol-cell'
import table from './table.module.css'

/** What identifies the run, and where its prices came from. */
export function ProvenanceSection({run: {result}, picker}: {run: Run; picker: ReactNode}) {
  const {total, ...stages} = result.timing_ms ?? {}
  const spent = Object.entries(stages).map(([name, ms]) => `${name.replaceAll('_', ' ')} ${count(ms)} ms`)
  const symbols = result.data?.symbols ?? {}
  const rows: TableRow[] = Object.entries(symbols).map(([symbol, {source, first, last, sessions, digest}]) => ({
    key: symbol,
    cells: [
      symbolCell(result, symbol),
      source,
      written(first, day),
      written(last, day),
      written(sessions, count),
      {text: short(digest), className: table.mono},
    ],
  }))
  const columns = [
    {label: 'Symbol', text: true},
    {label: 'Source', text: true},
    {label: 'First'},
    {label: 'Last'},
    {label: 'Sessions'},
    {label: 'Digest', text: true},
  ]
  return (
    <Section title={SHARED.sections.provenance.title} aside={picker}>
      <dl className={styles.facts}>
        {result.request_id && <Fact name="Request id">{result.request_id}</Fact>}
        <Fact name={titleOf(['result_id'])} tip={meaningOf(['result_id'])}>
          <code>{result.result_id}</code> <CopyButton text={() => result.result_id}>Copy</CopyButton>
        </Fact>
        <Fact name={titleOf(['engine'])}>
          {result.engine.name} {result.engine.version}
        </Fact>
        {Object.keys(result.audit ?? {}).map((key) => (
          <Fact key={key} name={titleOf(['audit', key])} tip={meaningOf(['audit', key])}>
            <Fig of={figure(result, ['audit', key], tiny)} />
          </Fact>
        ))}
        {total !== undefined && (
          <Fact name="Time taken">
            {count(total)} ms{spent.length ? `: ${spent.join(', ')}` : ''}
          </Fact>
        )}
      </dl>
      {rows.length > 0 && (
        <DataTable
          caption={SHARED.captions.prices}
          sortable
          columns={columns}
          rows={rows}
          note={`${meaningOf(['data', 'symbols'])} result.json has the digests in full.`}
        />
      )}
      <Disclosure summary="The request, every default filled in">
        {() => (
          <pre className={styles.request} tabIndex={0} aria-label="The normalised request as JSON">
            <code>{JSON.stringify(result.request, null, 2)}</code>
          </pre>
        )}
      </Disclosure>
    </Section>
  )
}

const short = (digest: string): string => (digest.length > 24 ? `${digest.slice(0, 23)}…` : digest)

function Fact({name, tip, children}: {name: string; tip?: string; children: ReactNode}) {
  return (
    <div>
      <dt>
        <Term tip={tip}>{name}</Term>
      </dt>
      <dd>{children}</dd>
    </div>
  )
}
