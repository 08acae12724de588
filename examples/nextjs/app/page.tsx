'use client'
import {type BacktestRequest, type BacktestResult, createHttpTransport} from 'backtest-runner'
import {useBacktest} from 'backtest-runner/react'
import './page.css'

const transport = createHttpTransport({url: '/api/backtest'})

/** The request that the form describes, with equal shares. The runner checks it. */
function requestOf(form: FormData): BacktestRequest {
  const {symbols, ...fields} = Object.fromEntries(form)
  const listed = String(symbols).match(/[^\s,]+/g) ?? []
  const holdings = listed.map((symbol) => ({symbol, allocation: 1 / listed.length}))
  return {...fields, holdings} as unknown as BacktestRequest
}

function Result({metrics, series}: BacktestResult) {
  const {dates = [], portfolio_value: values = []} = series ?? {}
  const [low, high] = [Math.min(...values), Math.max(...values)]
  const points = values.map((value, i) => `${i / (values.length - 1 || 1)},${(high - value) / (high - low || 1)}`)
  const text = (value: number | null | undefined, digits: number, style: 'decimal' | 'percent') =>
    value
      ?.toLocaleString('en', {style, minimumFractionDigits: digits, maximumFractionDigits: digits})
      .replace('-', '−') ?? '—'
  const range = `${text(low, 0, 'decimal')} to ${text(high, 0, 'decimal')}, ${dates[0]} to ${dates.at(-1)}`
  return (
    <section aria-label="Result">
      <ul>
        <li>Final value {text(metrics?.final_value, 0, 'decimal')}</li>
        <li>CAGR {text(metrics?.cagr, 1, 'percent')}</li>
        <li>Sharpe ratio {text(metrics?.sharpe_ratio, 2, 'decimal')}</li>
        <li>Maximum drawdown {text(metrics?.max_drawdown, 1, 'percent')}</li>
      </ul>
      <svg viewBox="0 0 1 1" preserveAspectRatio="none" role="img" aria-label={`Portfolio value, ${range}`}>
        <polyline points={points.join(' ')} />
      </svg>
      <p>Portfolio value, {range}</p>
    </section>
  )
}

export default function Page() {
  const {status, result, error, run} = useBacktest(transport)
  return (
    <main>
      <h1>Backtest</h1>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          run(requestOf(new FormData(event.currentTarget)))
        }}
      >
        <label htmlFor="symbols">Symbols</label>
        <input id="symbols" name="symbols" defaultValue="MSFT, KO, XOM" required />
        <label htmlFor="start">Start date</label>
        <input id="start" name="start_date" type="date" defaultValue="2015-01-02" required />
        <label htmlFor="end">End date</label>
        <input id="end" name="end_date" type="date" defaultValue="2019-12-31" required />
        <label htmlFor="strategy">Strategy</label>
        <select id="strategy" name="strategy">
          <option>buy_hold</option>
          <option>momentum</option>
          <option>risk_parity</option>
        </select>
        <button type="submit">{status === 'running' ? 'Running…' : 'Run'}</button>
      </form>
      {error && <p role="alert">{`${error.message}\n${error.document.remedy}`}</p>}
      {result && <Result {...result} />}
    </main>
  )
}
