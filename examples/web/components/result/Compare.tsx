'use client'

import {DAGGER, dividendNote} from '@/lib/benchmark'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {benchmarkOf, figure, meaningOf, numberAt, type Path, titleOf} from './lookup'
import type {Run} from './run'
import styles from './Summary.module.css'
import {hasSameMoney} from './sentence'
import {ownFractionsNote} from './Tiles'
import ui from './ui.module.css'

/** 1: more is better; -1: less is. Money only compares between runs with the same money. */
const ROWS = [
  {key: 'final_value', better: 1, money: true},
  {key: 'cagr', better: 1},
  {key: 'annual_volatility', better: -1},
  {key: 'sharpe_ratio', better: 1},
  {key: 'sortino_ratio', better: 1},
  {key: 'max_drawdown', better: 1},
  {key: 'turnover_per_year', better: -1},
  {key: 'total_costs', better: -1, money: true},
] as const

/** Several runs side by side, the best of each row marked. */
export function Compare({runs}: {runs: readonly Run[]}) {
  const [first] = runs
  if (!first) return null
  const market = runs.find(({result}) => result.benchmark)
  const symbols = new Set(runs.flatMap(({result}) => benchmarkOf(result) ?? []))
  const shared = symbols.size === 1 && market
  const span = ({result}: Run) => `${result.period.effective.start} ${result.period.effective.end}`
  const samePeriod = runs.every((run) => span(run) === span(first))
  const sameMoney = runs.every(({result}) => hasSameMoney(result, first.result))
  const about = runs.flatMap(({result}) => dividendNote(result) ?? [])[0]

  const rows: TableRow[] = ROWS.map((row) => {
    const path: Path = ['metrics', row.key]
    const best = samePeriod && (sameMoney || !('money' in row)) ? bestOf(runs, path, row.better) : -1
    const cells: TableCell[] = runs.map(({result}, n) => {
      const found = figure(result, path)
      return n === best ? {...found, node: <Best text={found.text} />} : found
    })
    const own = shared ? [sameMoney || !('money' in row) ? benchmarkCell(shared, row.key) : ''] : []
    return {key: row.key, cells: [{text: titleOf(path), node: <Name path={path} />}, ...cells, ...own]}
  })
  const columns = [
    {label: 'Metric', text: true},
    ...runs.map(({name}) => ({label: name})),
    ...(shared ? [{label: `${[...symbols][0] ?? ''}${about ? DAGGER : ''}`}] : []),
  ]
  return (
    <div className={styles.compare}>
      <DataTable
        caption="The runs compared"
        heading={false}
        columns={columns}
        rows={rows}
        note={[note(samePeriod, sameMoney), shared && about, shared && sameMoney && ownFractionsNote(shared.result)]
          .filter(Boolean)
          .join(' ')}
      />
    </div>
  )
}

const Name = ({path}: {path: Path}) => (
  <span className={ui.term} tabIndex={0} data-tip={meaningOf(path)}>
    {titleOf(path)}
  </span>
)

const Best = ({text}: {text: string}) => (
  <span className={styles.best}>
    {text}
    <span className={ui.unseen}> best</span>
  </span>
)

function benchmarkCell({result}: Run, key: string): TableCell {
  return key in (result.benchmark?.metrics ?? {}) ? figure(result, ['benchmark', 'metrics', key]) : ''
}

/** Which run is the best; -1 where there is no one best. */
function bestOf(runs: readonly Run[], path: Path, better: 1 | -1): number {
  const values = runs.map(({result}) => numberAt(result, path))
  if (values.some((value) => value === null)) return -1
  const order = values.map((value, n) => ({value: better * (value ?? 0), n})).sort((a, b) => b.value - a.value)
  const [top, next] = order
  return top && next && top.value > next.value ? top.n : -1
}

function note(samePeriod: boolean, sameMoney: boolean): string {
  if (!samePeriod)
    return 'The runs cover different periods: their figures are not to be compared one by one, and none is marked as the best.'
  return sameMoney
    ? '★ the best of the row.'
    : '★ the best of the row. Money is not marked: the runs had different amounts of it.'
}
