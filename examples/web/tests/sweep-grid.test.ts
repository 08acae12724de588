import {readFileSync} from 'node:fs'
import {describe, expect, it} from 'vitest'
import {
  type Axis,
  askedIndex,
  drawnPlaces,
  indexOf,
  placesOf,
  rankOf,
  settingsOf,
  shadeOf,
  shadesOf,
} from '@/lib/sweep-grid'

const AXES: Axis[] = [
  {pointer: '/parameters/top_n', values: [1, 2, 3]},
  {pointer: '/holdings/0/allocation', values: [0.4, 0.6]},
]

const DRAWN = JSON.parse(readFileSync(new URL('../../../tests/support/map_places.json', import.meta.url), 'utf8')) as {
  name: string
  length: number
  most: number
  marked: number[]
  places: number[]
}[]

describe('the grid of a sweep', () => {
  it('is in row-major order, the last axis fastest', () => {
    for (let index = 0; index < 6; index++) expect(indexOf(placesOf(index, AXES), AXES)).toBe(index)
    expect(settingsOf(3, AXES)).toEqual([
      ['/parameters/top_n', 2],
      ['/holdings/0/allocation', 0.6],
    ])
  })

  it('knows the setting that was asked for, where it was tried', () => {
    const request = {parameters: {top_n: 3}, holdings: [{allocation: 0.4}]}
    expect(askedIndex(AXES, request)).toBe(4)
    expect(askedIndex(AXES, {...request, parameters: {top_n: 7}})).toBeNull()
    expect(askedIndex([{pointer: '/benchmark', values: [null, 'SPY']}], {})).toBe(0)
  })

  it.each([
    [1, 4],
    [3, null],
    [5, null],
  ])('does not know one that a condition left out: %s below 3', (skip_period, index) => {
    const where = [['/parameters/skip_period', 'below', '/parameters/top_n']]
    const request = {parameters: {top_n: 3, skip_period}, holdings: [{allocation: 0.4}], analysis: {sweep: {where}}}
    expect(askedIndex(AXES, request)).toBe(index)
  })

  it('ranks as the runner does: of equal ones the first', () => {
    const column = [0.5, null, 0.7, 0.7, 0.1]
    expect([0, 1, 2, 3, 4].map((index) => rankOf(index, column))).toEqual([3, null, 1, 2, 4])
  })

  it('does not rank by the last digit', () => {
    expect([0, 1, 2].map((index) => rankOf(index, [1.26, 1.259999999995, 1.260000000005]))).toEqual([1, 2, 3])
    const money = [20830.4000001, 20830.4000002, 20830.41]
    expect([0, 1, 2].map((index) => rankOf(index, money))).toEqual([2, 3, 1])
  })

  it('shades by the distance from the middle', () => {
    const sorted = [0, 4, 5, 6, 20]
    expect(sorted.map((value) => shadeOf(value, sorted))).toEqual([-3, -1, 0, 1, 3])
    expect([1, 1, 1].map((value) => shadeOf(value, [1, 1, 1]))).toEqual([0, 0, 0])
  })
  it.each(DRAWN)('draws $name, as the report does', ({length, most, marked, places}) => {
    expect(drawnPlaces(length, most, marked)).toEqual(places)
  })

  it('is the same for what is written alike, and none where all is', () => {
    const write = (value: number) => value.toFixed(2)
    expect(shadesOf([0.6461, 0.6460000001, null, 0.646], write)).toEqual([0, 0, 0, 0])
    expect(shadesOf([0.5, 0.6461, 0.6464, 0.9001, 0.9], write)).toEqual([-3, 0, 0, 3, 3])
  })
})
