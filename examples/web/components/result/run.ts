import type {BacktestRequest, BacktestResult} from 'backtest-runner'

/** A run and its answer; `name` is what the page calls it. */
export interface Run {
  id: string
  name: string
  request: BacktestRequest
  result: BacktestResult
  /** Which of the series' colours is its own, where others may be left out; otherwise its place among the runs. */
  slot?: number
}

/** Which of the series' colours a run is drawn in: the one that its portfolio's tab has. */
export const colourOf = (run: Run, runs: readonly Run[]): number => run.slot ?? runs.indexOf(run)

/** What a run is called in charts and tables: by its name where there are several. */
export const nameOf = (run: Run, runs: readonly Run[]): string => (runs.length > 1 ? run.name : 'Portfolio')
