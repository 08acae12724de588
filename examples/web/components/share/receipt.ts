/** The receipt of a result: what identifies it, what was verified, what it leaves out, and how to run it again. */
import type {BacktestResult} from 'backtest-runner'
import notModelled from '@/generated/not-modelled.json'
import {tiny} from '@/lib/format'
import {pathOf} from '@/lib/pointer'
import {documentAddress} from '@/lib/shared-address'
import {at, numberAt} from '../result/lookup'

interface Statement {
  readonly title: string
  readonly sentence: string
}

export interface Receipt {
  readonly result_id: string
  /** Over the canonical JSON of the normalised request; null where the browser cannot compute it. */
  readonly request_digest: string | null
  readonly engine: BacktestResult['engine']
  readonly period: BacktestResult['period']['effective']
  readonly prices: BacktestResult['data']['symbols']
  readonly verified: readonly Statement[]
  readonly not_modelled: readonly Statement[]
  /** A command that runs the request again and compares the ids; null where the prices are not at hand. */
  readonly verify: string | null
}

/** origin: of the page where the result is shared; null where it is a file that the reader has saved. */
export function receiptOf(result: BacktestResult, requestDigest: string | null, origin: string | null): Receipt {
  const inline = Object.values(result.data.symbols).some(({source}) => source === 'inline')
  return {
    result_id: result.result_id,
    request_digest: requestDigest,
    engine: result.engine,
    period: result.period.effective,
    prices: result.data.symbols,
    verified: verifiedOf(result),
    not_modelled: notModelledOf(result),
    verify: inline ? null : commandFor(result.result_id, origin),
  }
}

/** Rounding alone leaves no more than this of a difference; the schema says the same of the block `audit`. */
const ROUNDING = 1e-9

const AUDIT = [
  {
    key: 'equity_residual',
    title: 'Value on every session',
    how: 'The value of every session was computed a second time, from the trades, payments, interest and dividends alone.',
  },
  {
    key: 'attribution_residual',
    title: 'Profit by holding',
    how: 'The profits of the holdings and the interest were added up, and compared with the profit of the whole.',
  },
] as const

function verifiedOf(result: BacktestResult): Statement[] {
  return AUDIT.map(({key, title, how}) => {
    const residual = numberAt(result, ['audit', key])
    if (residual === null) return {title, sentence: `${how} The result has no figure of it.`}
    const difference = `${tiny(residual)} of the highest value`
    const outcome = residual <= ROUNDING ? 'they agree' : 'they do not agree'
    return {title, sentence: `${how} The largest difference is ${difference}: ${outcome}.`}
  })
}

function notModelledOf(result: BacktestResult): Statement[] {
  const holds = ([pointer, value]: [string, unknown]) => at(result, ['request', ...pathOf(pointer)]) === value
  return notModelled
    .filter(({when}) => Object.entries(when).every(holds))
    .map(({title, sentence}) => ({title, sentence}))
}

function commandFor(id: string, origin: string | null): string {
  const document = origin === null ? 'cat result.json' : `curl -sS '${origin}${documentAddress(id)}'`
  return [
    document,
    `.venv/bin/python -c 'import json, sys; json.dump(json.load(sys.stdin)["request"], sys.stdout)'`,
    '.venv/bin/python -m backtester',
    `grep -q '"result_id":"${id}"' \\\n    && echo 'The same result.' || echo 'Another result.'`,
  ].join(' \\\n  | ')
}
