import {expect, it} from 'vitest'
import {SPACE} from '@/lib/format'
import type {JsonObject} from '@/lib/schema/types'
import {patchInWords, settingValue} from '@/lib/settings-in-words'
import {cases} from './support/cases'

const REQUEST = {
  strategy: 'momentum',
  holdings: [
    {symbol: 'SPY', allocation: 0.5},
    {symbol: 'QQQ', allocation: 0.5},
  ],
}

it.each(cases('settings_in_words').settings ?? [])('says %j as the report does: %s', (patch, words) => {
  expect(patchInWords(patch as unknown as JsonObject, REQUEST).replaceAll(SPACE, ' ')).toBe(words)
})

it('says yes and no', () => {
  expect([settingValue(true, {}), settingValue(false, {})]).toEqual(['yes', 'no'])
})
