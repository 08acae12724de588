import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import generated from '@/generated/metrics.json'
import {inPlainWords, partsOf} from '@/lib/plain-words'
import type {Schema} from '@/lib/schema/types'

const STRATEGIES = generated.strategies as unknown as Readonly<Record<string, Schema | undefined>>
const CASES = JSON.parse(
  readFileSync(new URL('../../../tests/support/plain_words.json', import.meta.url), 'utf8'),
) as readonly {text: string; strategy: string; plain: string}[]

describe('words without keys, pointers and codes', () => {
  it.each(CASES)('$plain', ({text, strategy, plain}) => expect(inPlainWords(text, STRATEGIES[strategy])).toBe(plain))
})

it('tells the sentence for everybody from the definition', () => {
  expect(partsOf('How far it fell. min(V / max V − 1), 0.05 at most.')).toEqual({
    plain: 'How far it fell.',
    exact: 'min(V / max V − 1), 0.05 at most.',
  })
  expect(partsOf('The largest of 0.5 and x.')).toEqual({plain: 'The largest of 0.5 and x.', exact: ''})
})
