import {describe, expect, test} from 'vitest'
import {seconds} from '../lib/chart-data'
import {fallsOf, since, spanFigures, zoomedPlaces} from '../lib/visible'

describe('what is seen of a curve', () => {
  test('begins at 1 at the left edge, and is nothing outside', () => {
    expect(since([50, 100, 110, 55, 200], 1, 3)).toEqual([null, 1, 1.1, 0.55, null])
  })
  test('begins at 1 with its own first value where it starts later', () => {
    expect(since([null, null, 200, 300], 0, 3)).toEqual([null, null, 1, 1.5])
  })
  test('falls from the highest that is seen', () => {
    expect(fallsOf([null, 1, 2, 1, 4, 3])).toEqual([null, 0, 0, -0.5, 0, -0.25])
  })
})

describe('the figures of a span', () => {
  const times = ['2020-01-01', '2020-07-01', '2020-12-30', '2021-12-30'].map(seconds)
  test('are of its first and last value', () => {
    const changes = [1, 0.5, 1.1, 1.21]
    const {total, yearly, deepest} = spanFigures(times, changes, null, 252)
    expect(total).toBeCloseTo(0.21, 12)
    expect(yearly).toBeCloseTo(1.21 ** (365.25 / 729) - 1, 12)
    expect(deepest).toBe(-0.5)
  })
  test('have no growth a year under one year, and no volatility where sessions are left out', () => {
    const {yearly, volatility} = spanFigures(times, [1, 0.5, 1.1, null], null, 252)
    expect([yearly, volatility]).toEqual([null, null])
  })
  test('have the standard deviation of the returns after the first value', () => {
    const {volatility} = spanFigures(times, [1, 1.1, 0.99, 1.089], [9, 0.1, -0.1, 0.1], 4)
    expect(volatility).toBeCloseTo(2 * Math.sqrt(((0.1 - 1 / 30) ** 2 * 2 + (-0.1 - 1 / 30) ** 2) / 2), 12)
  })
  test('are nothing of fewer than two values', () => {
    expect(spanFigures(times, [null, 1, null, null], null, 252)).toEqual({
      total: null,
      yearly: null,
      volatility: null,
      deepest: null,
    })
  })
})

describe('zooming by the keys', () => {
  test('halves and doubles around a place, within what there is', () => {
    expect(zoomedPlaces([0, 1000], 500, 0.5, 1000)).toEqual([250, 750])
    expect(zoomedPlaces([0, 1000], 1000, 0.5, 1000)).toEqual([500, 1000])
    expect(zoomedPlaces([250, 750], 500, 0.5, 1000)).toEqual([375, 625])
    expect(zoomedPlaces([0, 100], 0, 2, 1000)).toEqual([0, 200])
  })
  test('is all again when nothing is left out, and never less than a few steps', () => {
    expect(zoomedPlaces([250, 750], 500, 2, 1000)).toBeNull()
    expect(zoomedPlaces([500, 506], 503, 0.5, 1000)).toEqual([501, 506])
    expect(zoomedPlaces([0, 3], 1, 0.5, 3)).toBeNull()
  })
})
