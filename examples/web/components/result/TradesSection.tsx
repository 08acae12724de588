'use client'

import type {BacktestResult, Trade} from 'backtest-runner'
import {type ReactNode, useMemo, useState} from 'react'
import {amount, cents, count, counted, day, money} from '@/lib/format'
import {SHARED} from '@/lib/shared'
import {DataTable, type TableRow} from './DataTable'
import styles from './Decision.module.css'
import {DecisionPicker} from './DecisionPicker'
import {DecisionView} from './DecisionView'
import {leftOut, meaningOf, titleOf} from './lookup'
import {Absent, Block, Section} from './parts'
import type {Run} from './run'
import ui from './ui.module.css'

/** What was decided and traded. */
export function TradesSection({run, picker}: {run: Run; picker: ReactNode}) {
  const {result} = run
  return (
    <Section title={SHARED.sections.traded.title} aside={picker}>
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

const LATEST = {column: 0, down: true}

function Trades({trades}: {trades: readonly Trade[]}) {
  const [symbol, setSymbol] = useState('')
  const symbols = useMemo(() => [...new Set(trades.map((trade) => trade.symbol))].sort(), [trades])
  const keys = useMemo(() => {
    const flows = trades.some(({reason}) => reason === 'cash_flow')
    return flows ? ([...KEYS, 'reason'] as const) : KEYS
  }, [trades])
  const rows = useMemo(
    () =>
      trades.filter((trade) => symbol === '' || trade.symbol === symbol).map((trade, n) => tradeRow(trade, n, keys)),
    [trades, symbol, keys],
  )
  if (!trades.length) return <Absent>Nothing was traded.</Absent>
  return (
    <Block title="Trades">
      <p className={styles.said}>{summary(trades)}</p>
      <DataTable
        caption={symbol ? `Trades of ${symbol}` : 'Trades'}
        heading={false}
        sortable
        sorted={LATEST}
        unit="trade"
        controls={
          <label>
            Symbol{' '}
            <select className={ui.select} value={symbol} onChange={(event) => setSymbol(event.target.value)}>
              <option value="">all</option>
              {symbols.map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </label>
        }
        columns={keys.map((key) => ({
          label: titleOf(['trades', 0, key]),
          tip: meaningOf(['trades', 0, key]),
          text: ['date', 'symbol', 'side', 'reason'].includes(key),
        }))}
        rows={rows}
      />
    </Block>
  )
}

const tradeRow = (trade: Trade, n: number, keys: readonly (keyof Trade)[]): TableRow => ({
  key: String(n),
  values: keys.map((key) => trade[key]),
  cells: () => [
    day(trade.date),
    trade.symbol,
    trade.side,
    amount(trade.units),
    money(trade.price),
    cents(trade.value),
    cents(trade.commission),
    cents(trade.slippage),
    ...(keys.length > KEYS.length ? [(trade.reason ?? '').replace('_', ' ')] : []),
  ],
})

function summary(trades: readonly Trade[]): string {
  const bought = trades.filter(({side}) => side === 'buy').length
  const dates = new Set(trades.map(({date}) => date)).size
  return `${counted(trades.length, 'trade')} on ${counted(dates, 'day')}: ${count(bought)} bought, ${count(trades.length - bought)} sold.`
}
