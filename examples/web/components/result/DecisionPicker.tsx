'use client'

import {day} from '@/lib/format'
import styles from './Decision.module.css'
import {Button} from './parts'
import ui from './ui.module.css'

const MANY = 60

/** Which rebalance: by its date, of its year where there are many, or one earlier or later. */
export function DecisionPicker({
  dates,
  at,
  onChange,
}: {
  dates: readonly string[]
  at: number
  onChange: (at: number) => void
}) {
  const yearOf = (date: string | undefined) => (date ?? '').slice(0, 4)
  const year = yearOf(dates[at])
  const years = dates.length > MANY ? [...new Set(dates.map(yearOf))] : []
  const offered = dates.flatMap((date, n) => (!years.length || yearOf(date) === year ? [{date, n}] : []))
  return (
    <div className={ui.controls}>
      {years.length > 0 && (
        <label>
          Year{' '}
          <select
            className={ui.select}
            value={year}
            onChange={(event) => onChange(dates.findIndex((date) => yearOf(date) === event.target.value))}
          >
            {years.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        Executed on{' '}
        <select className={ui.select} value={at} onChange={(event) => onChange(Number(event.target.value))}>
          {offered.map(({date, n}) => (
            <option key={date} value={n}>
              {day(date)}
            </option>
          ))}
        </select>
      </label>
      <div className={styles.steps}>
        <Button disabled={at === 0} onClick={() => onChange(at - 1)}>
          Earlier
        </Button>
        <Button disabled={at >= dates.length - 1} onClick={() => onChange(at + 1)}>
          Later
        </Button>
      </div>
    </div>
  )
}
