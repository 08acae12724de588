'use client'

import {finePercent} from '@/lib/format'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {at, benchmarkOf, figure, leftOut, meaningOf, numberAt, type Path, titleOf} from './lookup'
import {Absent} from './parts'
import type {Run} from './run'
import table from './table.module.css'

const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Growth: [
    'final_value',
    'total_return',
    'cagr',
    'money_weighted_return',
    'net_contributions',
    'total_profit',
    'dividend_income',
    'interest_income',
  ],
  Risk: [
    'annual_volatility',
    'max_drawdown',
    'max_drawdown_days',
    'ulcer_index',
    'var_95',
    'cvar_95',
    'best_day',
    'worst_day',
    'skew',
    'kurtosis',
  ],
  'Return for the risk': [
    'sharpe_ratio',
    'sortino_ratio',
    'calmar_ratio',
    'omega_ratio',
    'profit_factor',
    'tail_ratio',
    'win_rate',
  ],
  'Against the benchmark': ['beta', 'alpha', 'tracking_error', 'information_ratio', 'up_capture', 'down_capture'],
  Trading: ['turnover_per_year', 'total_costs', 'exposure'],
}
const MONEY = ['net_contributions', 'dividend_income', 'interest_income']
const SESSION = ['var_95', 'cvar_95', 'best_day', 'worst_day']

/** All metrics in groups, with the benchmark's, those of months, and the schema's definitions. */
export function MetricsTable({run}: {run: Run}) {
  const {result} = run
  const metrics = Object.keys(result.metrics ?? {})
  if (!metrics.length) return <Absent>{leftOut(result, 'metrics')}</Absent>
  const grouped = new Set(Object.values(GROUPS).flat())
  const groups = {...GROUPS, Other: metrics.filter((key) => !grouped.has(key))}
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
    <DataTable caption="Metrics and their definitions" heading={false} columns={columns} rows={rows} note={basis} />
  )
}

function metricRow({result}: Run, key: string, market: boolean, monthly: boolean): TableRow {
  const how = SESSION.includes(key) ? finePercent : undefined
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
  return !MONEY.includes(key) || Boolean(numberAt(result, ['metrics', key]))
}
