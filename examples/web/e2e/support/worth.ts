import {expect, type Locator, type Page} from '@playwright/test'
import {linkTo} from './page'

const HOLDINGS = ['AAPL', 'GE', 'JNJ', 'JPM', 'KO', 'MSFT', 'PG', 'WMT'].map((symbol) => ({symbol, allocation: 0.125}))

/** A run that chooses, with costs and a benchmark: every question has an answer. */
export const LEADERS = {
  strategy: 'momentum',
  holdings: HOLDINGS,
  start_date: '2010-01-04',
  end_date: '2019-12-31',
  benchmark: '^GSPC',
  costs: {commission_bps: 10},
  parameters: {lookback_period: 126, top_n: 2},
}

export const OVER = {'/parameters/lookback_period': [63, 126, 252], '/parameters/top_n': [1, 2, 3]}

export const ASKED = {
  ...LEADERS,
  compare: [{name: 'Quarterly', patch: {parameters: {rebalance_frequency: 'quarterly'}}}],
  analysis: {
    sweep: {over: {...OVER, '/parameters/rebalance_frequency': ['monthly', 'quarterly']}},
    walk_forward: {over: OVER},
    trust: {},
    projection: {},
  },
}

export const linkToLeaders = (draft: {readonly [key: string]: unknown}): string => linkTo({name: 'Leaders', draft})

export const worthParts = (page: Page) => ({
  worth: page.getByRole('region', {name: 'Is it worth believing?', exact: true}).last(),
  form: page.getByRole('region', {name: 'Is it worth believing?', exact: true}).first(),
  side: page.getByRole('region', {name: 'Side by side', exact: true}),
  question: (name: string) => page.getByRole('switch', {name}),
  map: page.getByRole('table', {name: /^Sharpe ratio by /}),
})

/** Turns a question on; what it is asked with is loaded then. */
export async function ask(question: Locator) {
  await question.click()
  await expect(question).toBeChecked()
}

/** The texts of a heat map's cells, row by row. */
export function cellsOf(map: Locator): Promise<string[][]> {
  return map
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')))
}
