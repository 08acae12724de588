'use client'

import type {BacktestResult, Trade} from 'backtest-runner'
import {type ReactNode, useMemo, useState} from 'react'
import {amount, cents, count, counted, day, money} from '@/lib/format'
import {DataTable, type TableRow} from './DataTable'
import styles from './Decision.module.css'
import {DecisionPicker} from './DecisionPicker'
import {DecisionView} from './DecisionView'
import {leftOut, meaningOf, titleOf} from './lookup'
import {Pages, usePages} from './Pages'
import {Absent, Block, Choices, Section} from './parts'
import type {Run} from './run'
import ui from './ui.module.css'

/** What was decided and traded. */
export function TradesSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {result} = run
  return (
    <Section title="What was decided and traded" aside={picker}>
      {result.weights?.dates.length ? (
        <Decisions result={result} />
      ) : result.weights ? (
        <Absent>There was no rebalance in the period.</Absent>
      ) : null}
      {result.trades ? <Trades trades={result.trades} /> : <Absent>{leftOut(result, 'trades')}</Absent>}
    </Section>
  )
}

function Decisions({result}: {result: BacktestResult}) {
  const dates = result.weights?.dates ?? []
  const [at, show] = useState(dates.length - 1)
  return (
    <Block title={dates.length > 1 ? `Any of the ${counted(dates.length, 'rebalance')}` : 'The one rebalance'}>
      <DecisionPicker dates={dates} at={at} onChange={show} />
      <div className={styles.shown}>
        <DecisionView result={result} at={Math.min(at, dates.length - 1)} />
      </div>
      {!result.decisions && (
        <p className={ui.note}>
          What the strategy saw and ranked comes when it is asked for: choose “Decisions” under “Output, Blocks”.
        </p>
      )}
    </Block>
  )
}

const KEYS = ['date', 'symbol', 'side', 'units', 'price', 'value', 'commission', 'slippage'] as const

function Trades({trades}: {trades: readonly Trade[]}) {
  const [symbol, setSymbol] = useState('')
  const [latest, setLatest] = useState(true)
  const symbols = useMemo(() => [...new Set(trades.map((trade) => trade.symbol))].sort(), [trades])
  const chosen = useMemo(() => (symbol ? trades.filter((trade) => trade.symbol === symbol) : trades), [trades, symbol])
  const pages = usePages(chosen.length)
  const reasons = useMemo(() => trades.some(({reason}) => reason === 'cash_flow'), [trades])
  if (!trades.length) return <Absent>Nothing was traded.</Absent>

  const rows: TableRow[] = []
  for (let n = pages.from; n < pages.to; n++) {
    const trade = chosen[latest ? chosen.length - 1 - n : n]
    if (trade) rows.push(tradeRow(trade, n, reasons))
  }
  const columns = [...KEYS, ...(reasons ? (['reason'] as const) : [])].map((key) => ({
    label: titleOf(['trades', 0, key]),
    tip: meaningOf(['trades', 0, key]),
    text: ['date', 'symbol', 'side', 'reason'].includes(key),
  }))
  return (
    <Block title="Trades">
      <p className={styles.said}>{summary(trades)}</p>
      <div className={ui.controls}>
        <label>
          Symbol{' '}
          <select
            className={ui.select}
            value={symbol}
            onChange={(event) => {
              setSymbol(event.target.value)
              pages.turn(0)
            }}
          >
            <option value="">all</option>
            {symbols.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <Choices
          label="Order"
          value={latest ? 'latest' : 'earliest'}
          onChange={(order) => {
            setLatest(order === 'latest')
            pages.turn(0)
          }}
          choices={[
            {value: 'latest', label: 'Latest first'},
            {value: 'earliest', label: 'Earliest first'},
          ]}
        />
        <Pages pages={pages} what={counted(chosen.length, 'trade')} />
      </div>
      <DataTable
        caption={symbol ? `Trades of ${symbol}` : 'Trades'}
        heading={false}
        tall
        columns={columns}
        rows={rows}
      />
    </Block>
  )
}

function tradeRow(trade: Trade, n: number, reasons: boolean): TableRow {
  return {
    key: String(n),
    cells: [
      day(trade.date),
      trade.symbol,
      trade.side,
      amount(trade.units),
      money(trade.price),
      cents(trade.value),
      cents(trade.commission),
      cents(trade.slippage),
      ...(reasons ? [(trade.reason ?? '').replace('_', ' ')] : []),
    ],
  }
}

function summary(trades: readonly Trade[]): string {
  const bought = trades.filter(({side}) => side === 'buy').length
  const dates = new Set(trades.map(({date}) => date)).size
  return `${counted(trades.length, 'trade')} on ${counted(dates, 'day')}: ${count(bought)} bought, ${count(trades.length - bought)} sold.`
}
