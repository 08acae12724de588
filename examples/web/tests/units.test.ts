import {describe, expect, it} from 'vitest'
import {parseNumber, readNumber, typedNumber, unitOf} from '@/lib/units'

describe('percentages', () => {
  it('are fractions, exactly', () => {
    for (const [text, value] of [
      ['33.3', 0.333],
      ['0.1', 0.001],
      ['7', 0.07],
      ['29', 0.29],
      ['57', 0.57],
      ['100', 1],
      ['1e-5', 1e-7],
    ] as const) {
      expect(parseNumber(text, 2)).toBe(value)
    }
  })

  it('come back as they were typed', () => {
    for (let tenths = 0; tenths <= 1000; tenths += 1) {
      const text = String(tenths / 10)
      expect(typedNumber(parseNumber(text, 2) ?? Number.NaN, 2)).toBe(text)
    }
  })

  it('keep every digit of any number', () => {
    for (const value of [1 / 3, 1e-12, 123456.789, -0.184, 1e21, 5e-324, 0]) {
      expect(parseNumber(typedNumber(value, 2), 2)).toBe(value)
      expect(parseNumber(typedNumber(value, 0), 0)).toBe(value)
    }
  })
})

describe('parseNumber', () => {
  it.each([
    ['10,000', 10_000],
    ['1,234,567.5', 1_234_567.5],
    ['33,3', 33.3],
    ['0,125', 0.125],
    ['$ 5', 5],
    ['−2', -2],
    ['+3', 3],
    ['.5', 0.5],
    ['5.', 5],
    ['12 %', 12],
  ])('reads %s', (text, value) => expect(parseNumber(text, 0)).toBe(value))

  it.each(['', 'abc', '1.2.3', '1,2,3', 'NaN', 'Infinity', '1e999', '--1', '0x10'])('does not read %s', (text) =>
    expect(parseNumber(text, 0)).toBeUndefined(),
  )
})

it('groups thousands and writes a true minus to be read', () => {
  expect(readNumber(1234567.25, 0)).toBe('1,234,567.25')
  expect(readNumber(-0.184, 2)).toBe('−18.4')
  expect(readNumber(999, 0)).toBe('999')
})

it('makes percent of every fraction, and of nothing else', () => {
  expect(unitOf({'x-unit': 'fraction per year'})).toEqual({shift: 2, before: '', after: '% per year', inFull: null})
  expect(unitOf({'x-unit': 'currency per trade'})).toEqual({shift: 0, before: '$', after: 'per trade', inFull: null})
  expect(unitOf({'x-unit': 'basis points'})).toEqual({shift: 0, before: '', after: 'basis points', inFull: null})
  expect(unitOf({'x-unit': 'fraction of the holdings'})).toEqual({
    shift: 2,
    before: '',
    after: '%',
    inFull: '% of the holdings',
  })
  expect(unitOf({})).toEqual({shift: 0, before: '', after: '', inFull: null})
})
