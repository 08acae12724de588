'use client'

import {change, day, percent} from '@/lib/format'
import {spanFigures} from '@/lib/visible'
import {DataTable} from '../result/DataTable'
import {titleOf, written} from '../result/lookup'
import styles from './chart.module.css'
import type {Growth} from './growth-data'

const UNDER_A_YEAR = 'Not defined: what is visible is under one year.'
const LEFT_OUT = 'Not defined: the series leaves sessions out.'

/** The figures of what is visible of the growth chart, one row for each line. */
export function VisibleFigures({growth, places: [from, to]}: {growth: Growth; places: readonly [number, number]}) {
  const {dates, times, curves} = growth
  const rows = curves.map(({name, colour, values, returns, perYear}) => {
    const {total, yearly, volatility, deepest} = spanFigures(times, values, returns, perYear)
    return {
      key: String(colour),
      cells: [
        name,
        written(total, change),
        written(yearly, change, UNDER_A_YEAR),
        written(volatility, percent, LEFT_OUT),
        written(deepest, percent),
      ],
    }
  })
  return (
    <div role="status" className={styles.visible}>
      <DataTable
        caption={`What is visible: ${day(dates[from])} to ${day(dates[to])}`}
        columns={[
          {label: 'Line', text: true},
          {label: 'Return'},
          ...['cagr', 'annual_volatility', 'max_drawdown'].map((key) => ({label: titleOf(['metrics', key])})),
        ]}
        rows={rows}
        note="Computed from the visible points alone, from the first close to the last. The figures at the top are of the whole period."
      />
    </div>
  )
}
