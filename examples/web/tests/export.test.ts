import type {BacktestRequest, BacktestResult} from 'backtest-runner'
import {afterEach, describe, expect, it, vi} from 'vitest'
import {asCurl, asJson, asTypeScript} from '@/lib/export-code'
import {columnsOf, csv, downloadsOf} from '@/lib/export-csv'
import {fetchReport, fileName} from '@/lib/export-file'

const request: BacktestRequest = {
  strategy: 'momentum',
  holdings: [
    {symbol: 'SPY', allocation: 0.5},
    {symbol: "O'X", allocation: 0.5},
  ],
  start_date: '2022-01-01',
  end_date: '2023-12-31',
  parameters: {lookback_period: 60},
}

describe('CSV', () => {
  it('quotes as RFC 4180 asks', () => {
    expect(csv({'a,b': ['say "x"', 'two\r\nlines'], n: [1.5, null]})).toBe(
      '"a,b",n\r\n"say ""x""",1.5\r\n"two\r\nlines",\r\n',
    )
  })
  it('lets no text begin a formula, and leaves numbers and ^GSPC alone', () => {
    expect(csv({x: ['=1+1', '+A', '-A', '@A', '\tA', '^GSPC', -0.5]})).toBe(
      "x\r\n'=1+1\r\n'+A\r\n'-A\r\n'@A\r\n'\tA\r\n^GSPC\r\n-0.5\r\n",
    )
  })
  it('writes nothing for what is undefined', () => {
    expect(csv({x: [null, undefined, Number.NaN]})).toBe('x\r\n\r\n\r\n\r\n')
  })
  it('gives the files of the blocks that are there', () => {
    const bare = {result_id: 'sha256:0'} as unknown as BacktestResult
    expect(downloadsOf(bare)).toEqual([])
    const result = {
      weights: {
        dates: ['2020-01-02'],
        decided: [null],
        triggers: ['scheduled'],
        symbols: {'=EVIL': [0.4]},
        cash: [0.6],
      },
      held_weights: {dates: ['2020-01-02', '2020-01-03'], symbols: {A: [0.5, 0.6]}, cash: [0.5, 0.4]},
      metrics: {cagr: null},
      null_reasons: {'/metrics/cagr': 'PERIOD_UNDER_ONE_YEAR'},
    } as unknown as BacktestResult
    expect(downloadsOf(result)).toEqual(['weights', 'held_weights', 'metrics'])
    expect(csv(columnsOf(result, 'weights'))).toBe(
      "executed,decided,trigger,'=EVIL,cash\r\n2020-01-02,,scheduled,0.4,0.6\r\n",
    )
    expect(csv(columnsOf(result, 'held_weights'))).toBe('date,A,cash\r\n2020-01-02,0.5,0.5\r\n2020-01-03,0.6,0.4\r\n')
    expect(csv(columnsOf(result, 'metrics'))).toBe('metric,portfolio,reason\r\ncagr,,PERIOD_UNDER_ONE_YEAR\r\n')
    expect(columnsOf(bare, 'series')).toEqual({})
  })
})

describe('the request elsewhere', () => {
  it('is JSON', () => expect(JSON.parse(asJson(request))).toEqual(request))
  it('is a command whose quotes the shell leaves alone', () => {
    const command = asCurl(request, 'http://localhost:3000')
    expect(command).toContain("curl -sS 'http://localhost:3000/api/python-backtest'")
    const body = /--data-raw '([\s\S]*)'\n$/.exec(command)?.[1]?.replaceAll(`'\\''`, "'") ?? ''
    expect(JSON.parse(body)).toEqual(request)
  })
  it('is TypeScript that means the same', () => {
    const code = asTypeScript(request)
    expect(code).toContain("import {runBacktest} from 'backtest-runner/node'")
    const literal = code.slice(code.indexOf('runBacktest({') + 12, code.lastIndexOf('})') + 1)
    expect(new Function(`return ${literal}`)()).toEqual(request)
    expect(code).toContain("{symbol: 'SPY', allocation: 0.5},")
  })
})

describe('files', () => {
  afterEach(() => void vi.unstubAllGlobals())
  it('are named after the run', () => {
    expect(fileName('Momentum: top 5 / 20', 'series.csv')).toBe('momentum-top-5-20-series.csv')
    expect(fileName('../..', 'x.csv')).toBe('backtest-x.csv')
  })
  it('says what the server said when a report fails', async () => {
    vi.stubGlobal('fetch', async () => Response.json({detail: 'Jinja2 is not installed'}, {status: 500}))
    await expect(fetchReport({} as BacktestResult)).rejects.toThrow('Jinja2 is not installed')
    vi.stubGlobal('fetch', async () => new Response('oops', {status: 502}))
    await expect(fetchReport({} as BacktestResult)).rejects.toThrow('502')
    vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('network')))
    await expect(fetchReport({} as BacktestResult)).rejects.toThrow('could not be reached')
    vi.stubGlobal('fetch', async () => new Response('<!doctype html>'))
    expect((await fetchReport({} as BacktestResult)).size).toBe(15)
  })
})
