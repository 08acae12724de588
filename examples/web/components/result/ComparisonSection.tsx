'use client'

import type {BacktestResult} from 'backtest-runner'
import type {ReactNode} from 'react'
import {seconds} from '@/lib/chart-data'
import {byUnit, count, day, money, plain, span} from '@/lib/format'
import {inPlainWords} from '@/lib/plain-words'
import {SHARED} from '@/lib/shared'
import {dateAxis, moneyAxis} from '../charts/axis'
import chart from '../charts/chart.module.css'
import {Plot} from '../charts/Plot'
import {SessionsTable} from '../charts/SessionsTable'
import {DataTable, type TableCell, type TableRow} from './DataTable'
import {meaningOf, said, titleOf} from './lookup'
import {Disclosure, Note, Section} from './parts'
import type {Run} from './run'

type Comparison = NonNullable<BacktestResult['comparison']>

const MOST_LINES = SHARED.most_colours
const MOST_TIPS = 120

/** The variations that the request compares, over the period that all have. */
export function ComparisonSection({run: {result}, picker}: {run: Run; picker: ReactNode}) {
  const {comparison} = result
  if (!comparison) return null
  const {period, names, errors} = comparison
  const late = period.limited_by === null ? '' : `, which ${period.limited_by} limits`
  return (
    <Section title={SHARED.sections.compared.title} aside={picker}>
      <Curves comparison={comparison} />
      <DataTable
        caption={`The variations over the period that all have: ${span(period.start, period.end)}${late}`}
        columns={[{label: 'Metric', text: true}, ...names.map((label) => ({label}))]}
        rows={SHARED.compared.filter((key) => key in comparison.metrics).map((key) => row(comparison, key))}
      />
      {Object.entries(errors).map(([name, {detail}]) => (
        <Note key={name}>
          {name} gave no result: {inPlainWords(detail)}
        </Note>
      ))}
      <Note>The best of several is chosen with hindsight: a lead of this size may be luck.</Note>
      <Disclosure summary="Correlations">
        {() => (
          <DataTable
            cor
            heat
            narrow
            caption="How alike the variations moved"
            columns={[{label: ''}, ...names.map((label) => ({label}))]}
            rows={names.map((name, n) => ({
              cells: [
                name,
                ...names.map(
                  (_, k): TableCell => figureOf(comparison.correlations[n]?.[k], (value) => plain(value, 2)),
                ),
              ],
            }))}
          />
        )}
      </Disclosure>
    </Section>
  )
}

const figureOf = (value: number | null | undefined, write: (value: number) => string): TableCell =>
  value == null ? {text: '—', why: 'Not defined, or the variation gave no result.'} : {text: write(value)}

function row({metrics}: Comparison, key: string): TableRow {
  const write = (value: number) => byUnit(value, said(['metrics', key]).unit)
  const path = ['metrics', key] as const
  return {
    key,
    cells: [
      {text: titleOf(path), why: '', node: <Name title={titleOf(path)} tip={meaningOf(path)} />},
      ...(metrics[key] ?? []).map((value) => figureOf(value, write)),
    ],
  }
}

const Name = ({title, tip}: {title: string; tip: string}) => (
  <span tabIndex={0} data-tip={tip}>
    {title}
  </span>
)

function Curves({comparison}: {comparison: Comparison}) {
  const {dates, names, portfolio_value: values} = comparison
  const drawn = names.filter((name) => values[name]).slice(0, MOST_LINES)
  if (dates.length < 2 || drawn.length === 0) return null
  const times = dates.map(seconds)
  const step = Math.max(1, Math.floor(dates.length / MOST_TIPS))
  return (
    <figure className={chart.figure}>
      <figcaption className={chart.caption}>
        <h3>{SHARED.captions.variations}</h3>
      </figcaption>
      <Plot
        said={`Line chart from ${day(dates[0])} to ${day(dates.at(-1))}: ${drawn.map((name) => `${name} ends at ${money(values[name]?.at(-1))}`).join(', ')}.`}
        height={280}
        x={dateAxis(dates)}
        y={moneyAxis(drawn.map((name) => values[name] ?? []))}
        lines={drawn.map((name, colour) => ({
          name,
          colour,
          points: times.map((time, n) => [time, values[name]?.[n]] as const),
        }))}
        tips={times.flatMap((at, n) =>
          n % step === 0
            ? [
                {
                  at,
                  label: `${day(dates[n])}: ${drawn.map((name) => `${name} ${money(values[name]?.[n])}`).join('; ')}`,
                },
              ]
            : [],
        )}
      />
      {names.length > drawn.length && (
        <p className={chart.note}>The first {count(drawn.length)} are drawn; the table has all.</p>
      )}
      <SessionsTable
        caption={SHARED.captions.variations}
        dates={dates}
        columns={names.map((name) => [name, values[name] ?? []])}
      />
    </figure>
  )
}
