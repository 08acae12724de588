'use client'

import {day} from '@/lib/format'
import {symbolsOf} from '@/lib/holdings'
import {commonHistory, lastYears} from '@/lib/period'
import {requestField} from '@/lib/schema/page'
import styles from './Builder.module.css'
import {useBuilder} from './BuilderContext'
import {SchemaField} from './SchemaField'

const SPANS = [
  {label: 'Max', years: null},
  {label: '10Y', years: 10},
  {label: '5Y', years: 5},
] as const

interface Props {
  /** Gives this period to the other portfolios; null where there are none. */
  readonly onSameForAll: (() => void) | null
}

/** From when to when, with the spans that the holdings' common history allows. */
export function Period({onSameForAll}: Props) {
  const {draft, set, listed} = useBuilder()
  const history = commonHistory(symbolsOf(draft), listed)
  const choose = (years: number | null) => {
    if (history === null) return
    const {start, end} = lastYears(history, years)
    set([], {...draft, start_date: start, end_date: end})
  }
  return (
    <section className={styles.section}>
      <div className={styles.sectionHead}>
        <h3 id="period-heading">Period</h3>
        {history !== null && (
          <span role="group" aria-label="Common history of the holdings" className={styles.spans}>
            {SPANS.map(({label, years}) => (
              <button key={label} type="button" className="quiet-button" onClick={() => choose(years)}>
                {label}
              </button>
            ))}
          </span>
        )}
      </div>
      {['start_date', 'end_date'].map((name) => (
        <SchemaField key={name} path={[name]} schema={requestField(name)} />
      ))}
      {history !== null && (
        <p className={styles.hint}>
          Prices from {day(history.first)}
          {history.beginsWith !== null && ` (${history.beginsWith})`} to {day(history.last)}
          {history.endsWith !== null && ` (${history.endsWith})`}.
        </p>
      )}
      {onSameForAll !== null && (
        <button type="button" className="link-button" onClick={onSameForAll}>
          Use this period for all portfolios
        </button>
      )}
    </section>
  )
}
