'use client'

import type {ReactNode} from 'react'
import {money, percent, ratio, shortMoney} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {type Part, PartBars} from '../charts/PartBars'
import {DataTable, type TableRow} from './DataTable'
import {figure, leftOut, meaningOf, numberAt, titleOf} from './lookup'
import {Absent, Disclosure, Section} from './parts'
import type {Run} from './run'
import styles from './Sources.module.css'
import {symbolCell} from './symbol-cell'
import table from './table.module.css'

/** Where it came from: each holding's part of profit and risk, how they moved together, what it cost. */
export function SourcesSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {attribution} = run.result
  if (!attribution)
    return (
      <Section title={SHARED.sections.sources.title} aside={picker}>
        <Absent>{leftOut(run.result, 'attribution')}</Absent>
      </Section>
    )
  return (
    <Section title={SHARED.sections.sources.title} aside={picker}>
      <Contributions run={run} />
      <Correlation run={run} />
      <Costs run={run} />
    </Section>
  )
}

function Contributions({run: {result}}: {run: Run}) {
  const {profit, risk} = result.attribution ?? {}
  if (!profit || !risk) return null
  const symbols = Object.keys(profit.symbols)
  const size = (symbol: string) => Math.abs(profit.symbols[symbol] ?? 0)
  const bySize = [...symbols].sort((a, b) => size(b) - size(a))
  const shown = bySize.slice(0, SHARED.most_bars).sort((a, b) => (profit.symbols[b] ?? 0) - (profit.symbols[a] ?? 0))
  const rest = bySize.slice(SHARED.most_bars)

  const parts = (
    values: Readonly<Record<string, number | null>>,
    left: number | null,
    total: number | null,
    write: (value: number | null) => string,
  ): Part[] => {
    const found: Omit<Part, 'text'>[] = shown.map((name) => ({name, value: values[name] ?? null}))
    if (rest.length)
      found.push({
        name: rest.length === 1 ? (rest[0] ?? '') : `${rest.length} others`,
        value: rest.reduce((sum, name) => sum + (values[name] ?? 0), 0),
        bar: false,
      })
    if (Math.abs(left ?? 0) > 1e-9 * Math.abs(total ?? 1)) found.push({name: 'Interest', value: left})
    return found.map((part) => ({...part, text: write(part.value)}))
  }
  const known = symbols.some((symbol) => risk.symbols[symbol] != null)
  return (
    <>
      <div className={styles.two}>
        <PartBars
          title={SHARED.captions.profit}
          parts={parts(profit.symbols, profit.interest, profit.total, (value) =>
            Math.abs(value ?? 0) >= 1e7 ? shortMoney(value) : money(value),
          )}
          said={`Bar chart of the profit of ${symbols.length} holdings, ${money(profit.total)} in all.`}
        />
        {known && (
          <PartBars
            title={SHARED.captions.risk}
            parts={parts(risk.symbols, risk.other, risk.total, (value) => percent(value, 2))}
            said={`Bar chart of each holding's part of the annual volatility, ${percent(risk.total)} in all.`}
          />
        )}
      </div>
      <div className={styles.data}>
        <Disclosure summary="Show the data">
          {() => <ContributionTable result={result} symbols={shown.concat(rest)} />}
        </Disclosure>
      </div>
    </>
  )
}

function ContributionTable({result, symbols}: {result: Run['result']; symbols: readonly string[]}) {
  const both = (name: string, own: string, other: string, className?: 'total'): TableRow => ({
    key: name,
    className,
    cells: [
      name,
      figure(result, ['attribution', 'profit', own], money, true),
      figure(result, ['attribution', 'risk', other], (value) => percent(value, 2)),
    ],
  })
  const rows: TableRow[] = symbols.map((symbol) => ({
    key: symbol,
    cells: [
      symbolCell(result, symbol),
      figure(result, ['attribution', 'profit', 'symbols', symbol], money, true),
      figure(result, ['attribution', 'risk', 'symbols', symbol], (value) => percent(value, 2)),
    ],
  }))
  rows.push(both('Interest on cash', 'interest', 'other'), both('Total', 'total', 'total', 'total'))
  const columns = [
    {label: 'Holding', text: true},
    ...(['profit', 'risk'] as const).map((key) => ({
      label: titleOf(['attribution', key]),
      tip: meaningOf(['attribution', key]),
    })),
  ]
  return (
    <DataTable caption={SHARED.captions.contribution} heading={false} narrow sortable columns={columns} rows={rows} />
  )
}

function shade(value: number | null): string {
  if (value === null) return ''
  return `${value >= 0 ? 'up' : 'down'}${SHARED.correlation_shades.filter((limit) => Math.abs(value) >= limit).length}`
}

function Correlation({run: {result}}: {run: Run}) {
  const found = result.attribution?.correlation
  const base = ['attribution', 'correlation']
  if (!found)
    return <Absent>The correlation of the holdings: {(figure(result, base).why ?? '').replace(/^N/, 'n')}</Absent>
  if (found.symbols.length < 2) return null
  const rows: TableRow[] = found.symbols.map((symbol, n) => ({
    key: symbol,
    cells: [
      symbol,
      ...found.symbols.map((_, m) => {
        const path = [...base, 'matrix', n, m]
        return {...figure(result, path, ratio), className: table[n === m ? 'same' : shade(numberAt(result, path))]}
      }),
    ],
  }))
  const columns = [{label: '', text: true}, ...found.symbols.map((label) => ({label}))]
  return <DataTable heat cor narrow caption={SHARED.captions.correlation} columns={columns} rows={rows} />
}

function Costs({run: {result}}: {run: Run}) {
  const costs = result.attribution?.costs
  if (!costs) return null
  const base = ['attribution', 'costs']
  const end = numberAt(result, ['metrics', 'final_value'])
  const rows: TableRow[] = Object.keys(costs).map((key) => ({
    key,
    className: key === 'total' ? 'total' : undefined,
    cells: [titleOf([...base, key]), figure(result, [...base, key], money)],
  }))
  const share = end && costs.total ? `${percent(costs.total / end)} of the final value.` : undefined
  return (
    <DataTable
      narrow
      caption={SHARED.captions.costs}
      columns={[{label: 'Cost', text: true}, {label: 'Money'}]}
      rows={rows}
      note={share}
    />
  )
}
