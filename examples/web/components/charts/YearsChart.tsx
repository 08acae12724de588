'use client'

import {useMemo, useRef} from 'react'
import {extent} from '@/lib/chart-data'
import {niceTicks, percentLabels} from '@/lib/chart-ticks'
import {listed, percent} from '@/lib/format'
import {DataTable} from '../result/DataTable'
import {benchmarkOf, written} from '../result/lookup'
import {Disclosure} from '../result/parts'
import {colourOf, nameOf, type Run} from '../result/run'
import styles from './chart.module.css'
import {colourClass, Swatch} from './Swatch'
import {useWidth} from './use-plot'

interface Row {
  name: string
  colour: number | null
  values: (number | null)[]
}

const HEIGHT = 220
const LEFT = 48
const BOTTOM = 22
const TOP = 18
const FIGURE = 52 // px of the widest figure of a bar, which stays as wide as its bar
const BELOW = 18 // px of a figure under its bar

/** The return of each year as bars: every run's, and the benchmark's in grey. */
export function YearsChart({runs, all, run}: {runs: readonly Run[]; all: readonly Run[]; run: Run}) {
  const host = useRef<HTMLDivElement>(null)
  const width = useWidth(host)
  const {years, rows: every, cut} = useMemo(() => rowsOf(runs, all), [runs, all])
  // On a phone three runs over thirty years would be hairs: the chosen run stands alone with the benchmark.
  const crowded = every.length > 2 && width > 0 && (width - LEFT) / years.length < 3.5 * every.length
  const rows = crowded ? every.filter(({colour}) => colour === null || colour === colourOf(run, all)) : every
  if (years.length < 2) return null // the table of the months has the one
  const market = rows.find(({colour}) => colour === null)
  const own = rows.filter(({colour}) => colour !== null)
  const said = own.map(({name, values}) => {
    const known = values.filter((value) => value !== null)
    return `${name}: ${known.filter((value) => value > 0).length} of ${known.length} years above zero`
  })
  const title = `Return of each year${market ? `, with ${market.name} in grey` : ''}`
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>
        <h3>{title}</h3>
      </figcaption>
      {rows.length > 1 && (
        <ul className={styles.legend}>
          {rows.map(({name, colour}) => (
            <li key={colour ?? 'market'}>
              <Swatch colour={colour} box />
              {name}
            </li>
          ))}
        </ul>
      )}
      <div
        ref={host}
        className={styles.low}
        role="img"
        aria-label={`Bar chart of the return of each year from ${years[0]} to ${years.at(-1)}. ${said.join('; ')}.`}
      >
        {width > 2 * LEFT && <Bars width={width} years={years} rows={rows} cut={cut} />}
      </div>
      {crowded && (
        <p className={styles.note}>{run.name} alone: there is no room for all runs here; the data has them.</p>
      )}
      {cut.size > 0 && <p className={styles.note}>Paler: not a whole year ({listed([...cut].map(String))}).</p>}
      <Disclosure summary="Show the data">
        {() => (
          <DataTable
            caption={title}
            heading={false}
            sortable
            narrow
            columns={[{label: 'Year', text: true}, ...every.map(({name}) => ({label: name}))]}
            rows={[...years.keys()]
              .reverse()
              .map((n) => ({cells: [String(years[n]), ...every.map(({values}) => written(values[n], percent))]}))}
          />
        )}
      </Disclosure>
    </figure>
  )
}

function rowsOf(runs: readonly Run[], all: readonly Run[]): {years: number[]; rows: Row[]; cut: Set<number>} {
  const years = [...new Set(runs.flatMap(({result}) => result.tables?.annual_returns.years ?? []))].sort(
    (a, b) => a - b,
  )
  const cut = new Set<number>()
  const aligned = (own: readonly number[], values: readonly (number | null)[]) =>
    years.map((year) => values[own.indexOf(year)] ?? null)
  const rows: Row[] = runs.map((run) => {
    const annual = run.result.tables?.annual_returns
    annual?.years.forEach((year, n) => annual.complete[n] === false && cut.add(year))
    return {
      name: nameOf(run, all),
      colour: colourOf(run, all),
      values: aligned(annual?.years ?? [], annual?.portfolio ?? []),
    }
  })
  const symbols = new Set(runs.map(({result}) => benchmarkOf(result)))
  const market = runs.find(({result}) => result.tables?.annual_returns.benchmark && result.benchmark)
  const annual = market?.result.tables?.annual_returns
  if (symbols.size === 1 && market?.result.benchmark && annual?.benchmark)
    rows.push({
      name: benchmarkOf(market.result) ?? 'Benchmark',
      colour: null,
      values: aligned(annual.years, annual.benchmark),
    })
  return {years, rows, cut}
}

function Bars({
  width,
  years,
  rows,
  cut,
}: {
  width: number
  years: readonly number[]
  rows: readonly Row[]
  cut: ReadonlySet<number>
}) {
  const [low, high] = extent(rows.map(({values}) => values)) ?? [0, 1]
  const slot = (width - LEFT - 8) / years.length
  const room = (slot * 0.72) / rows.length
  const thick = Math.min(room, FIGURE)
  const labelled = room >= FIGURE || (rows.length === 1 && slot >= FIGURE)
  const [bottom, top] = [Math.min(low, 0), Math.max(high, 0)]
  const inner = HEIGHT - TOP - BOTTOM
  const drawn = inner - (labelled && bottom < 0 ? BELOW : 0)
  const y = (value: number) => TOP + (drawn * (top - value)) / (top - bottom || 1)
  const {ticks} = niceTicks(bottom, top, 5)
  const labels = percentLabels(ticks)
  const every = Math.ceil(years.length / Math.max(1, (width - LEFT) / 44))

  return (
    <svg className={styles.bars} width={width} height={HEIGHT} aria-hidden="true">
      {ticks.map((tick, n) => (
        <g key={tick}>
          <line className={styles.grid} x1={LEFT} x2={width} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 8} y={y(tick) + 4} textAnchor="end">
            {labels[n]}
          </text>
        </g>
      ))}
      {years.map((year, n) => {
        const from = LEFT + slot * n + (slot - thick * rows.length) / 2
        return (
          <g key={year}>
            {rows.map(({colour, values}, row) => {
              const value = values[n]
              if (value == null) return null
              return (
                <g key={colour ?? 'market'} className={colourClass(colour)}>
                  <rect
                    className={cut.has(year) ? styles.pale : styles.bar}
                    x={from + thick * row}
                    width={Math.max(thick - (thick > 4 ? 1 : 0.3), 1)}
                    y={Math.min(y(value), y(0))}
                    height={Math.max(Math.abs(y(value) - y(0)), 0.5)}
                  />
                  {labelled && (
                    <text
                      x={from + thick * (row + 0.5)}
                      y={value < 0 ? y(value) + 14 : y(value) - 5}
                      textAnchor="middle"
                    >
                      {percent(value)}
                    </text>
                  )}
                </g>
              )
            })}
            {(years.length - 1 - n) % every === 0 && (
              <text x={LEFT + slot * (n + 0.5)} y={HEIGHT - 4} textAnchor="middle">
                {year}
              </text>
            )}
            <rect
              className={styles.hit}
              x={LEFT + slot * n}
              width={slot}
              y={TOP}
              height={inner}
              data-tip={`${year}${cut.has(year) ? ', not a whole year' : ''}: ${rows.map(({name, values}) => `${name} ${percent(values[n])}`).join('; ')}`}
            />
          </g>
        )
      })}
      <line className={styles.zero} x1={LEFT} x2={width} y1={y(0)} y2={y(0)} />
    </svg>
  )
}
