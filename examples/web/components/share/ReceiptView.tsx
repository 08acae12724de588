'use client'

import {count, day} from '@/lib/format'
import {CopyButton} from '../result/CopyButton'
import {DataTable} from '../result/DataTable'
import {Block, Button, Note} from '../result/parts'
import table from '../result/table.module.css'
import styles from './Receipt.module.css'
import type {Receipt} from './receipt'

/** A receipt for people, to read, print and copy. */
export function ReceiptView({receipt}: {receipt: Receipt}) {
  const {engine, verified, not_modelled, verify} = receipt
  return (
    <div className={styles.receipt}>
      <dl className={styles.ids}>
        <Id name="Result">{receipt.result_id}</Id>
        <Id name="Request">{receipt.request_digest ?? 'A browser computes it on HTTPS alone.'}</Id>
        <Id name="Engine">{`${engine.name} ${engine.version}`}</Id>
      </dl>
      <Note>
        The result’s id is the SHA-256 of the request with every default filled in, of the prices’ digests and of the
        engine’s version. The same three give the same figures.
      </Note>
      <Prices receipt={receipt} />
      <Statements title="What was verified" list={verified} />
      <Statements title="What was not modelled" list={not_modelled} />
      <Block title="How to verify it">
        {verify === null ? (
          <p>The prices came with the request and are not in the result: it can be run again only with them.</p>
        ) : (
          <>
            <p>
              In a clone of the project after <code>make demo</code>, on a machine with the same prices, this runs the
              request again and compares the ids:
            </p>
            <pre className={styles.command} tabIndex={0} aria-label="The command that runs it again">
              <code>{verify}</code>
            </pre>
          </>
        )}
      </Block>
      <div className={styles.actions}>
        {verify !== null && <CopyButton text={() => verify}>Copy the command</CopyButton>}
        <CopyButton text={() => JSON.stringify(receipt, null, 2)}>Copy the receipt as JSON</CopyButton>
        <Button onClick={() => print()}>Print</Button>
      </div>
    </div>
  )
}

function Id({name, children}: {name: string; children: string}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{children}</code>
      </dd>
    </div>
  )
}

function Prices({receipt}: {receipt: Receipt}) {
  const columns = [
    {label: 'Symbol', text: true},
    {label: 'Source', text: true},
    {label: 'First'},
    {label: 'Last'},
    {label: 'Prices'},
    {label: 'SHA-256', text: true},
  ]
  const rows = Object.entries(receipt.prices).map(([symbol, {source, first, last, sessions, digest}]) => ({
    key: symbol,
    cells: [
      symbol,
      source,
      day(first),
      day(last),
      count(sessions),
      {text: digest.replace(/^sha256:/, ''), className: table.mono},
    ],
  }))
  return <DataTable caption="The prices" columns={columns} rows={rows} />
}

function Statements({title, list}: {title: string; list: Receipt['verified']}) {
  return (
    <Block title={title}>
      <ul className={styles.list}>
        {list.map((one) => (
          <li key={one.title}>
            <b>{one.title}.</b> {one.sentence}
          </li>
        ))}
      </ul>
    </Block>
  )
}
