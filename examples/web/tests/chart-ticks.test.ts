import {describe, expect, it} from 'vitest'
import {isoDate, seconds} from '@/lib/chart-data'
import * as axes from '@/lib/chart-ticks'
import {drawdownRange, niceTicks, spread, timeTicks} from '@/lib/chart-ticks'
import {SPACE} from '@/lib/format'
import {cases, inCamelCase} from './support/cases'

const {time_ticks: timed = [], nice_ticks: nice = [], ...others} = cases('ticks')

describe.each(Object.entries(others))('%s', (name, of) => {
  const found = {...axes}[inCamelCase(name) as keyof typeof axes] as (...given: unknown[]) => unknown
  it.each(of)('of %j is as in static drawings: %j', (given, expected) => {
    const answer = found(...given)
    if (name.endsWith('_range'))
      (answer as number[]).forEach((end, n) => expect(end).toBeCloseTo((expected as number[])[n] ?? NaN, 6))
    else expect(JSON.parse(JSON.stringify(answer).replaceAll(SPACE, ' '))).toEqual(expected)
  })
})

it.each(nice)('marks round numbers of %j: %j', (given, expected) => {
  expect(niceTicks(...(given as [number, number, number])).ticks).toEqual(expected)
})

it.each(timed)('marks years, months or days of %j as there is room', (given, expected) => {
  const [from, to, most] = given as [string, string, number]
  const {ticks, labels} = timeTicks(seconds(from), seconds(to), most)
  expect(ticks.map((time, n) => [isoDate(time), labels[n]])).toEqual(expected)
})

it('has room below the deepest fall, and for none', () => {
  expect([drawdownRange(-0.5), drawdownRange(0)]).toEqual([
    [-0.53, 0],
    [-0.0106, 0],
  ])
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
