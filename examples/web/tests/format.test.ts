import {describe, expect, it} from 'vitest'
import * as format from '@/lib/format'
import {
  amount,
  cents,
  DASH,
  day,
  days,
  indicator,
  money,
  percent,
  plain,
  SPACE,
  shortMoney,
  span,
  tiny,
  tone,
} from '@/lib/format'
import {cases, inCamelCase} from './support/cases'

describe.each(Object.entries(cases('formats')))('%s', (name, of) => {
  const write = {...format, date: day}[inCamelCase(name)] as (...given: unknown[]) => string
  it.each(of)('writes %j as the runner does: %s', (given, text) => {
    expect(write(...given).replaceAll(SPACE, ' ')).toBe(text)
  })
})

describe('what is not defined', () => {
  it('never shows NaN or Infinity', () => {
    for (const write of [percent, money, cents, plain, days, amount, tiny, shortMoney])
      for (const value of [null, undefined, Number.NaN, Infinity, -Infinity]) expect(write(value)).toBe(DASH)
    expect([day(null), indicator('score', null)]).toEqual([DASH, DASH])
  })
})

it('keeps a figure and its unit on one line', () => {
  for (const text of [percent(0.1), days(2570), day('2009-03-09')]) expect(text).not.toContain(' ')
})

it('writes a period by its ends', () => {
  expect(span('2005-01-03', '2009-03-09').replaceAll(SPACE, ' ')).toBe('3 Jan 2005 to 9 Mar 2009')
})

it('tells the tone by the sign, of what is written as zero none', () => {
  const of = (value: number | null) => tone(value, percent(value))
  expect([of(1), of(-1), of(0), of(null)]).toEqual(['gain', 'loss', '', ''])
  expect([of(1e-16), of(-1e-16), of(-0.0002)]).toEqual(['', '', 'loss'])
})

it('writes indicators that are fractions in per cent', () => {
  expect([indicator('momentum', 0.0512), indicator('moving_average', 3.14159), indicator('price', 412.5)]).toEqual([
    `5.12${SPACE}%`,
    '3.1416',
    '412.50',
  ])
})
