import {describe, expect, it} from 'vitest'
import {
  amount,
  byUnit,
  cents,
  counted,
  day,
  days,
  listed,
  money,
  percent,
  plain,
  shortMoney,
  tiny,
  tone,
} from '@/lib/format'

describe('figures', () => {
  it('writes percent with a true minus and a space that does not break', () => {
    expect(percent(0.123)).toBe('12.3\u00a0%')
    expect(percent(-0.184)).toBe('\u221218.4\u00a0%')
    expect(percent(-0.1837, 2)).toBe('\u221218.37\u00a0%')
  })
  it('puts no minus before what rounds to zero', () => {
    expect(percent(-0.00000001)).toBe('0.0\u00a0%')
    expect(plain(-0.001, 2)).toBe('0.00')
    expect(money(-0)).toBe('$0')
  })
  it('takes more digits where one would leave nothing, and fewer where they are noise', () => {
    expect(percent(0.0002)).toBe('0.02\u00a0%')
    expect(percent(508.0337)).toBe('50,803\u00a0%')
  })
  it('writes money by its size', () => {
    expect(money(12345.4)).toBe('$12,345')
    expect(money(-430.718)).toBe('\u2212$430.72')
    expect(money(0.01234)).toBe('$0.0123')
    expect(cents(0)).toBe('$0.00')
  })
  it('shortens money on axes', () => {
    expect([1, 10_000, 300_000, 3_000_000, 2.5e9, -1500].map(shortMoney)).toEqual([
      '$1',
      '$10k',
      '$300k',
      '$3m',
      '$2.5bn',
      '\u2212$1.5k',
    ])
  })
  it('never shows NaN or Infinity', () => {
    for (const write of [percent, money, cents, plain, days, amount, tiny, shortMoney])
      for (const value of [null, undefined, Number.NaN, Infinity, -Infinity]) expect(write(value)).toBe('\u2014')
  })
  it('writes by the unit of the schema', () => {
    expect(byUnit(0.5, 'fraction per year')).toBe('50.0\u00a0%')
    expect(byUnit(3.14159, 'something new')).toBe('3.14')
    expect(byUnit(2570, 'days')).toBe('2,570\u00a0days\u00a0(7.0\u00a0y)')
    expect(byUnit(1, 'days')).toBe('1\u00a0day')
  })
  it('writes shares and residuals', () => {
    expect([amount(5682.521), amount(10), amount(1234567.8)]).toEqual(['5,682.521', '10', '1,234,568'])
    expect([tiny(0), tiny(3.14e-16)]).toEqual(['0', '3.1e\u221216'])
  })
  it('tells the tone by the sign', () => {
    expect([tone(1), tone(-1), tone(0), tone(null)]).toEqual(['gain', 'loss', '', ''])
  })
})

describe('words', () => {
  it('writes dates as people do, and leaves what is no date alone', () => {
    expect(day('2009-03-09')).toBe('9\u00a0Mar\u00a02009')
    expect(day('2009-03')).toBe('Mar\u00a02009')
    expect([day('2009-13-01'), day('soon'), day(null)]).toEqual(['2009-13-01', 'soon', '\u2014'])
  })
  it('counts and lists', () => {
    expect([counted(1, 'trade'), counted(7048, 'trade')]).toEqual(['1 trade', '7,048 trades'])
    expect([listed([]), listed(['a']), listed(['a', 'b', 'c'])]).toEqual(['', 'a', 'a, b and c'])
  })
})
