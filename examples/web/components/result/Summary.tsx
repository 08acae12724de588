'use client'

import dynamic from 'next/dynamic'
import {SHARED} from '@/lib/shared'
import {Swatch} from '../charts/Swatch'
import {leftOut} from './lookup'
import {type Notice, noticesOf} from './notices'
import {Absent, Disclosure, sectionId} from './parts'
import {colourOf, type Run} from './run'
import styles from './Summary.module.css'
import {sentenceOf} from './sentence'
import {Tiles} from './Tiles'
import ui from './ui.module.css'

// loaded where there are several runs, and when it is opened
const Compare = dynamic(() => import('./Compare').then((module) => module.Compare))
const MetricsTable = dynamic(() => import('./MetricsTable').then((module) => module.MetricsTable))

/** The first screen: what was run, what to beware of, how it did. */
export function Summary({runs, run, picker}: {runs: readonly Run[]; run: Run; picker: React.ReactNode}) {
  const several = runs.length > 1
  return (
    <section
      id={sectionId('Summary')}
      data-section="Summary"
      className={styles.summary}
      aria-label="Summary"
      tabIndex={-1}
    >
      {runs.map((each) => (
        <p key={each.id} className={styles.sentence}>
          {several && (
            <b>
              <Swatch colour={colourOf(each, runs)} box />
              {each.name}:{' '}
            </b>
          )}
          {sentenceOf(each.result)}
        </p>
      ))}
      <Notices runs={runs} />
      {several ? (
        <Compare runs={runs} />
      ) : run.result.metrics ? (
        <Tiles run={run} />
      ) : (
        <Absent>{leftOut(run.result, 'metrics')}</Absent>
      )}
      {runs.some(({result}) => result.metrics) && (
        <Disclosure summary={SHARED.sections.metrics.title}>
          {() => (
            <>
              {picker}
              <MetricsTable run={run} />
            </>
          )}
        </Disclosure>
      )}
    </section>
  )
}

interface Told extends Notice {
  /** The runs that it is about, when it is not about all. */
  names: string[]
}

function Notices({runs}: {runs: readonly Run[]}) {
  const found = new Map<string, Told>()
  for (const run of runs)
    for (const notice of noticesOf(run.result)) {
      const key = `${notice.code} ${notice.detail}`
      const known = found.get(key)
      if (known) known.names.push(run.name)
      else found.set(key, {...notice, names: [run.name]})
    }
  const notices = [...found.values()].sort((a, b) => Number(a.severity === 'info') - Number(b.severity === 'info'))
  if (!notices.length) return null
  const more = notices.slice(SHARED.most_warnings)
  return (
    <>
      <NoticeList notices={notices.slice(0, SHARED.most_warnings)} of={runs.length} />
      {more.length > 0 && (
        <Disclosure summary={`${more.length} more`}>{() => <NoticeList notices={more} of={runs.length} />}</Disclosure>
      )}
    </>
  )
}

function NoticeList({notices, of}: {notices: readonly Told[]; of: number}) {
  return (
    <ul className={styles.notices}>
      {notices.map((notice) => (
        <li
          key={`${notice.code} ${notice.detail}`}
          className={notice.severity === 'warning' ? styles.warning : styles.info}
        >
          <strong>{notice.severity === 'warning' ? 'Warning' : 'Note'}</strong> {notice.detail}
          {notice.names.length < of && <span className={ui.note}> {notice.names.join(', ')}</span>}
          {notice.each && (
            <Disclosure summary={`Each of the ${notice.each.length}`}>
              {() => (
                <ul>
                  {notice.each?.map((detail) => (
                    <li key={detail}>{detail}</li>
                  ))}
                </ul>
              )}
            </Disclosure>
          )}
        </li>
      ))}
    </ul>
  )
}
