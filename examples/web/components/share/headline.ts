/** A result in a few words, for the head of its page, for previews of its link and for their picture. */
import type {BacktestResult} from 'backtest-runner'
import {day, listed} from '@/lib/format'
import {benchmarkOf, figure, holdingsOf, numberAt, titleOf} from '../result/lookup'
import {sentenceOf, strategyTitle} from '../result/sentence'

const MOST_NAMED = 4

export interface Headline {
  readonly name: string
  readonly period: string
  readonly benchmark: string | null
  readonly figures: readonly {readonly title: string; readonly text: string}[]
  readonly description: string
}

export function headlineOf(result: BacktestResult): Headline {
  const {start, end} = result.period.effective
  // Under a year there is no CAGR; what there is instead is the return.
  const growth = numberAt(result, ['metrics', 'cagr']) === null ? 'total_return' : 'cagr'
  const figures = ['final_value', growth, 'max_drawdown'].map((key) => ({
    title: titleOf(['metrics', key]),
    text: figure(result, ['metrics', key]).text,
  }))
  return {
    name: `${strategyTitle(String(result.request.strategy))}: ${holdingsInWords(result)}`,
    period: `${day(start)} to ${day(end)}`,
    benchmark: benchmarkOf(result),
    figures,
    description: `${figures.map(({title, text}) => `${title} ${text}`).join(', ')}. ${sentenceOf(result)}`,
  }
}

function holdingsInWords(result: BacktestResult): string {
  const names = holdingsOf(result)
  return names.length <= MOST_NAMED
    ? listed(names)
    : `${names.slice(0, MOST_NAMED - 1).join(', ')} and ${names.length - MOST_NAMED + 1} more`
}
