'use client'

import {documentText} from 'backtest-runner'
import {type ReactNode, useContext, useEffect, useRef, useState} from 'react'
import {asCurl, asJson, asTypeScript} from '@/lib/export-code'
import {columnsOf, csv, downloadsOf} from '@/lib/export-csv'
import {fetchReport, fileName, saveFile} from '@/lib/export-file'
import {SHARED} from '@/lib/shared'
import {CopyButton} from './CopyButton'
import styles from './Export.module.css'
import {Block, Button, Section} from './parts'
import {ReportsOffered} from './reports'
import type {Run} from './run'

/** The numbers as files, the page as a file, and the request as others run it. */
export function ExportSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {request, result, name} = run
  const reports = useContext(ReportsOffered)
  return (
    <Section title={SHARED.sections.export.title} aside={picker} printed={false}>
      <Block title="The numbers">
        <div className={styles.row}>
          {downloadsOf(result).map((file) => (
            <Button key={file} onClick={() => saveFile(fileName(name, `${file}.csv`), csv(columnsOf(result, file)))}>
              {file}.csv
            </Button>
          ))}
          <Button
            onClick={() => saveFile(fileName(name, 'result.json'), `${documentText(result)}\n`, 'application/json')}
          >
            result.json
          </Button>
        </div>
      </Block>
      {reports && (
        <Block title="The report, one page to keep or send">
          <Report key={result.result_id} run={run} />
        </Block>
      )}
      <Block title="The request, to run it elsewhere">
        <div className={styles.row}>
          <CopyButton text={() => asJson(request)}>Copy as JSON</CopyButton>
          <CopyButton text={() => asCurl(request, window.location.origin)}>Copy as curl</CopyButton>
          <CopyButton text={() => asTypeScript(request)}>Copy as TypeScript</CopyButton>
        </div>
      </Block>
    </Section>
  )
}

type State = {is: 'idle' | 'busy' | 'done'} | {is: 'failed'; why: string}

function Report({run}: {run: Run}) {
  const [state, setState] = useState<State>({is: 'idle'})
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const make = async () => {
    const control = new AbortController()
    running.current = control
    setState({is: 'busy'})
    try {
      const page = await fetchReport(run.result, control.signal)
      saveFile(fileName(run.name, 'report.html'), page)
      setState({is: 'done'})
    } catch (error) {
      if (control.signal.aborted) setState({is: 'idle'})
      else setState({is: 'failed', why: error instanceof Error ? error.message : String(error)})
    }
  }
  return (
    <>
      <div className={styles.row}>
        <Button onClick={make} disabled={state.is === 'busy'}>
          report.html
        </Button>
        {state.is === 'busy' && <Button onClick={() => running.current?.abort()}>Cancel</Button>}
        {state.is !== 'failed' && (
          <span className={styles.status} role="status">
            {state.is === 'busy' ? 'The server is making the report…' : state.is === 'done' ? 'Downloaded' : ''}
          </span>
        )}
      </div>
      {state.is === 'failed' && (
        <p className={styles.failed} role="alert">
          The report was not made. {state.why}
        </p>
      )}
    </>
  )
}
