import {day, money} from '@/lib/format'
import {DataTable} from '../result/DataTable'
import {written} from '../result/lookup'
import {Disclosure} from '../result/parts'

interface Props {
  readonly caption: string
  readonly dates: readonly string[]
  /** What was drawn, by its name: a value for each session. */
  readonly columns: readonly (readonly [name: string, values: readonly (number | null)[]])[]
  readonly write?: (value: number) => string
}

/** The data of a chart over time, one click away: a row for each session. */
export function SessionsTable({caption, dates, columns, write = money}: Props) {
  return (
    <Disclosure summary="Show the data">
      {() => (
        <DataTable
          caption={caption}
          heading={false}
          sortable
          unit="session"
          narrow
          columns={[{label: 'Session', text: true}, ...columns.map(([label]) => ({label}))]}
          rows={dates.map((date, n) => ({
            key: date,
            values: [date, ...columns.map(([, values]) => values[n])],
            cells: () => [day(date), ...columns.map(([, values]) => written(values[n], write))],
          }))}
        />
      )}
    </Disclosure>
  )
}
