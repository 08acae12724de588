/** The first screen: the cases that the runner's tests run over, too. */
import {readFileSync} from 'node:fs'
import type {BacktestResult} from 'backtest-runner'
import {expect, it} from 'vitest'
import {intervalInWords} from '@/components/result/interval'
import {figure, titleOf} from '@/components/result/lookup'
import {noticesOf} from '@/components/result/notices'
import {sentenceOf} from '@/components/result/sentence'
import {benchmarkNotes, beside, tileKeys} from '@/components/result/Tiles'
import {SPACE} from '@/lib/format'

interface Case {
  name: string
  document: BacktestResult
  sentence: string
  warnings: string[][]
  notes: string[]
  tiles: string[][]
}
const FILE = new URL('../../../tests/support/overviews.json', import.meta.url)
const CASES = JSON.parse(readFileSync(FILE, 'utf8')) as Case[]
const plain = (text: string): string => text.replaceAll(SPACE, ' ')

it.each(CASES)('says it as the report does: $name', ({document, sentence, warnings, notes, tiles}) => {
  expect(plain(sentenceOf(document))).toBe(sentence)
  expect(noticesOf(document).map(({code, detail}) => [code, plain(detail)])).toEqual(warnings)
  expect(benchmarkNotes(document).map(plain)).toEqual(notes)
  const shown = tileKeys(document).map((key) => {
    const path = ['metrics', key]
    return [titleOf(path), figure(document, path).text, beside(document, key), intervalInWords(document, key)].map(
      plain,
    )
  })
  expect(shown).toEqual(tiles)
})

it('calls none of settings that are all alike the best of many', () => {
  const document = structuredClone(CASES.find((each) => each.document.analysis?.sweep)?.document) as BacktestResult
  const codes = () => noticesOf(document).map(({code}) => code)
  expect(codes()).toContain('BEST_OF_MANY')
  if (document.analysis?.sweep) document.analysis.sweep.distinct = 1
  expect(codes()).not.toContain('BEST_OF_MANY')
})
