'use client'

import dynamic from 'next/dynamic'
import type {ReactNode} from 'react'
import {amount, count, day, money, percent} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {AllocationChart} from '../charts/AllocationChart'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {figure, leftOut, meaningOf, titleOf, written} from './lookup'
import {Absent, Disclosure, Note, Section} from './parts'
import type {Run} from './run'
import {symbolCell} from './symbol-cell'

// loaded when it is opened
const WeightsData = dynamic(() => import('./WeightsData').then((module) => module.WeightsData))

interface Props {
  runs: readonly Run[]
  run: Run
  picker: ReactNode
  /** The room that the growth has for its figures, px. */
  room: number
}

/** What it held: the weights over time beside their targets, and what is left at the end. */
export function HeldSection({runs, run, picker, room}: Props) {
  const {result} = run
  const {held_weights: held, weights} = result
  return (
    <Section title={SHARED.sections.held.title} aside={picker}>
      {held ? (
        held.dates.length > 1 && (
          <AllocationChart key={run.id} held={held} targets={weights} span={spanOf(runs)} room={room}>
            <Note>{noteOf(run)}</Note>
            <Disclosure summary="Show the data">{() => <WeightsData run={run} />}</Disclosure>
          </AllocationChart>
        )
      ) : (
        <Absent>{leftOut(result, 'held_weights')}</Absent>
      )}
      {!weights && <Absent>{leftOut(result, 'weights')}</Absent>}
      {result.final_holdings ? <FinalHoldings run={run} /> : <Absent>{leftOut(result, 'final_holdings')}</Absent>}
    </Section>
  )
}

/** From the first session of all runs to the last. */
function spanOf(runs: readonly Run[]): [string, string] {
  const dates = runs.flatMap(({result}) => [result.period.effective.start, result.period.effective.end]).sort()
  return [dates[0] ?? '', dates.at(-1) ?? '']
}

function noteOf({result: {held_weights: held, weights, period}}: Run): string {
  const often = weights?.dates.length ?? 0
  const drift =
    often > 1
      ? 'Between two rebalances the weights drift with the prices. Marks that would touch are left out.'
      : 'The weights drift with the prices.'
  const shown = held?.dates.length ?? 0
  return shown < period.sessions ? `${drift} Drawn from ${count(shown)} of ${count(period.sessions)} sessions.` : drift
}

function FinalHoldings({run: {result}}: {run: Run}) {
  const held = result.final_holdings ?? []
  const order = held.map((_, n) => n).sort((a, b) => (held[b]?.weight ?? 0) - (held[a]?.weight ?? 0))
  // Where there was one purchase only, its targets stand beside what became of them; otherwise the chart has them.
  const first = result.weights?.dates.length === 1 ? result.weights : null
  const target = (symbol: string): TableCell[] => (first ? [written(first.symbols[symbol]?.[0], percent)] : [])
  const keys = ['weight', 'value', 'units', 'price'] as const
  const rows: TableRow[] = order.map((n) => {
    const symbol = held[n]?.symbol ?? ''
    return {
      key: symbol,
      cells: [
        symbolCell(result, symbol),
        ...target(symbol),
        ...keys.map((key) => figure(result, ['final_holdings', n, key])),
      ],
    }
  })
  if (first)
    for (const [symbol, [share]] of Object.entries(first.symbols))
      if (share && !held.some((each) => each.symbol === symbol))
        rows.push({
          key: symbol,
          cells: [
            symbolCell(result, symbol),
            written(share, percent),
            written(0, percent),
            written(0, money),
            written(0, amount),
            '',
          ],
        })
  const cash = result.final_cash
  if (cash)
    rows.push({
      key: 'cash',
      className: 'other',
      cells: [
        'Cash',
        ...(first ? [written(first.cash[0], percent)] : []),
        figure(result, ['final_cash', 'weight'], percent),
        figure(result, ['final_cash', 'value'], undefined),
        '',
        '',
      ],
    })
  const columns = [
    {label: 'Holding', text: true},
    ...(first ? [{label: 'First target'}] : []),
    ...keys.map((key) => ({label: titleOf(['final_holdings', 0, key]), tip: meaningOf(['final_holdings', 0, key])})),
  ]
  const bought = first !== null && Object.values(first.symbols).some(([share]) => (share ?? 0) > 0)
  const note = bought ? 'Bought once and never rebalanced: the weights drifted with the prices.' : undefined
  return (
    <DataTable
      caption={`Held at the end, ${day(result.period.effective.end)}`}
      sortable
      columns={columns}
      rows={rows}
      note={note}
    />
  )
}
