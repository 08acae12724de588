/** What the answers of `analysis` say: the cases that the runner's tests run over, too. */
import {readFileSync} from 'node:fs'
import type {BacktestResult} from 'backtest-runner'
import {expect, it} from 'vitest'
import {intervalInWords} from '@/components/result/interval'
import {
  chanceFacts,
  chanceSays,
  evenSays,
  type Fact,
  lagSays,
  luckSays,
  markSays,
  projectionSays,
  sweepFacts,
  walkSays,
} from '@/components/worth/answers'
import {SPACE} from '@/lib/format'

interface Case {
  name: string
  document: BacktestResult
  sentences: Record<string, string[]>
  facts: Record<string, string[][]>
  intervals: Record<string, string>
}
const FILE = new URL('../../../tests/support/answers.json', import.meta.url)
const CASES = JSON.parse(readFileSync(FILE, 'utf8')) as Case[]

const plain = (text: string | undefined): string => (text ?? '').replaceAll(SPACE, ' ')
const shown = (facts: Fact[]) =>
  facts.map(({label, figure, words}) => [label, figure.text, words, figure.why].map(plain))

function sentencesOf(result: BacktestResult): Record<string, string[] | null | undefined> {
  const {sweep, walk_forward: walk, trust, projection} = result.analysis ?? {}
  return {
    best_mark: sweep && [markSays(sweep)],
    walk_forward: walk && walkSays(result, walk),
    chance: trust && chanceSays(result, trust),
    timing_luck: trust?.timing_luck && luckSays(trust.timing_luck),
    lag: trust?.lag && lagSays(trust.lag),
    break_even: trust?.break_even && evenSays(result, trust.break_even),
    projection: projection && projectionSays(result, projection),
  }
}

it.each(CASES)('says it as the report does: $name', ({document, sentences, facts, intervals}) => {
  const {sweep, trust} = document.analysis ?? {}
  const said = Object.entries(sentencesOf(document)).flatMap(([name, lines]) =>
    lines ? [[name, lines.map(plain)]] : [],
  )
  expect(Object.fromEntries(said)).toEqual(sentences)
  expect({
    ...(sweep && {sweep: shown(sweepFacts(document, sweep))}),
    ...(trust && {chance: shown(chanceFacts(document, trust))}),
  }).toEqual(facts)
  for (const [metric, words] of Object.entries(intervals)) expect(plain(intervalInWords(document, metric))).toBe(words)
})
