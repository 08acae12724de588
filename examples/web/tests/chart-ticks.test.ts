import {describe, expect, it} from 'vitest'
import {seconds} from '@/lib/chart-data'
import {logTicks, niceTicks, percentLabels, spread, timeTicks} from '@/lib/chart-ticks'

describe('values', () => {
  it('marks round numbers', () => {
    expect(niceTicks(0, 100, 5)).toEqual({ticks: [0, 20, 40, 60, 80, 100], step: 20})
    expect(niceTicks(-0.61, 0, 4)).toEqual({ticks: [-0.6, -0.4, -0.2, 0], step: 0.2})
  })
  it('survives a range of nothing', () => {
    expect(niceTicks(5, 5, 5).ticks.length).toBeLessThan(10)
  })
  it('marks decades on a logarithmic axis, and more where there are few', () => {
    expect(logTicks(9_000, 6_000_000)).toEqual([10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000])
    expect(logTicks(10, 20).length).toBeGreaterThan(2)
  })
  it('writes as many decimals as the step needs', () => {
    expect(percentLabels([-0.2, 0, 0.2])).toEqual(['\u221220\u00a0%', '0\u00a0%', '20\u00a0%'])
    expect(percentLabels([0, 0.005])).toEqual(['0.0\u00a0%', '0.5\u00a0%'])
  })
})

describe('time', () => {
  const of = (from: string, to: string, most: number) => timeTicks(seconds(from), seconds(to), most)
  it('marks years, months or days as there is room', () => {
    expect(of('1990-01-02', '2022-12-28', 9).labels).toEqual(['1995', '2000', '2005', '2010', '2015', '2020'])
    expect(of('2016-11-01', '2018-06-01', 10).labels).toEqual([
      'Nov',
      '2017',
      'Mar',
      'May',
      'Jul',
      'Sep',
      'Nov',
      '2018',
      'Mar',
      'May',
    ])
    expect(of('2024-01-03', '2024-01-09', 9).labels).toEqual([
      '3 Jan',
      '4 Jan',
      '5 Jan',
      '6 Jan',
      '7 Jan',
      '8 Jan',
      '9 Jan',
    ])
  })
  it('lets no day stand beside the first of a month', () => {
    expect(of('2022-10-03', '2022-12-28', 9).labels).toEqual([
      '11 Oct',
      '21 Oct',
      '1 Nov',
      '11 Nov',
      '21 Nov',
      '1 Dec',
      '11 Dec',
      '21 Dec',
    ])
  })
  it('stays inside the range', () => {
    const {ticks} = of('2001-05-17', '2003-02-11', 6)
    expect(Math.min(...ticks)).toBeGreaterThanOrEqual(seconds('2001-05-17'))
    expect(Math.max(...ticks)).toBeLessThanOrEqual(seconds('2003-02-11'))
  })
})

describe('names at the ends of lines', () => {
  it('moves apart what would touch, and keeps the order', () => {
    expect(spread([100, 102, 200], 15, 0, 300)).toEqual([100, 115, 200])
  })
  it('stays inside', () => {
    const moved = spread([295, 296, 297], 15, 0, 300)
    expect(Math.max(...moved)).toBeLessThanOrEqual(300)
    expect(new Set(moved).size).toBe(3)
  })
})
