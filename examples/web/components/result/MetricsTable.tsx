'use client'

import {finePercent} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {at, benchmarkOf, figure, leftOut, meaningOf, numberAt, type Path, titleOf} from './lookup'
import {Absent} from './parts'
import type {Run} from './run'
import table from './table.module.css'

/** All metrics in groups, with the benchmark's, those of months, and the schema's definitions. */
export function MetricsTable({run}: {run: Run}) {
  const {result} = run
  const metrics = Object.keys(result.metrics ?? {})
  if (!metrics.length) return <Absent>{leftOut(result, 'metrics')}</Absent>
  const grouped = new Set(Object.values(SHARED.metric_groups).flat())
  const groups: Record<string, string[]> = {...SHARED.metric_groups, Other: metrics.filter((key) => !grouped.has(key))}
  const benchmark = benchmarkOf(result)
  const monthly = result.metrics_monthly !== undefined

  const rows: TableRow[] = Object.entries(groups).flatMap(([name, keys]) => {
    if (name === 'Against the benchmark' && !result.request.benchmark) return []
    const shown = keys.filter((key) => metrics.includes(key) && saysSomething(run, key))
    if (!shown.length) return []
    return [
      {key: name, className: 'group' as const, cells: [name]},
      ...shown.map((key) => metricRow(run, key, benchmark !== null, monthly)),
    ]
  })
  const columns = [
    {label: 'Metric', text: true},
    {label: 'Portfolio'},
    ...(benchmark ? [{label: benchmark}] : []),
    ...(monthly ? [{label: 'Monthly', tip: meaningOf(['metrics_monthly'])}] : []),
    {label: 'Definition', text: true, className: table.definition},
  ]
  const {sessions, periods_per_year} = result.period
  const basis = `From ${sessions.toLocaleString('en-US')} sessions; P = ${periods_per_year} sessions a year.`
  return (
    <DataTable caption={SHARED.sections.metrics.short} heading={false} columns={columns} rows={rows} note={basis} />
  )
}

function metricRow({result}: Run, key: string, market: boolean, monthly: boolean): TableRow {
  const how = SHARED.metrics_of_a_session.includes(key) ? finePercent : undefined
  const orBlank = (path: Path): TableCell => (at(result, path) === undefined ? '' : figure(result, path, how))
  const path: Path = ['metrics', key]
  return {
    key,
    cells: [
      {text: titleOf(path), node: <Named path={path} />},
      figure(result, path, how),
      ...(market ? [orBlank(['benchmark', 'metrics', key])] : []),
      ...(monthly ? [orBlank(['metrics_monthly', key])] : []),
      {text: meaningOf(path), node: <Meaning path={path} />, className: table.definition},
    ],
  }
}

/** A sentence for everybody, the definition below it. */
function Meaning({path}: {path: Path}) {
  const [plain, exact] = meaningOf(path).split('\n')
  return (
    <>
      <span className={table.plain}>{plain}</span>
      {exact}
    </>
  )
}

/** On a phone there is no room for a column of definitions: they stand below the names. */
const Named = ({path}: {path: Path}) => (
  <>
    {titleOf(path)}
    <span className={table.below}>
      <Meaning path={path} />
    </span>
  </>
)

/** Whether a metric is worth a line: those about money are 0 where no money came or went. */
function saysSomething({result}: Run, key: string): boolean {
  const flows = result.request.cash_flows
  if (key === 'money_weighted_return') return Array.isArray(flows) && flows.length > 0
  return !SHARED.metrics_hidden_at_zero.includes(key) || Boolean(numberAt(result, ['metrics', key]))
}
