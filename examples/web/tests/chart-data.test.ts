import {describe, expect, it} from 'vitest'
import {
  alignedTo,
  extent,
  firstAt,
  grown,
  isoDate,
  layersOf,
  nearest,
  seconds,
  stacked,
  targetOf,
  unionOfDates,
} from '@/lib/chart-data'

describe('one axis for several runs', () => {
  it('shares the sessions when they are the same', () => {
    const dates = ['2020-01-02', '2020-01-03']
    expect(unionOfDates([dates, [...dates]])).toBe(dates)
    expect(unionOfDates([])).toEqual([])
  })
  it('unites different sessions in order and leaves holes where a run has none', () => {
    const union = unionOfDates([
      ['2020-01-03', '2020-01-06'],
      ['2020-01-02', '2020-01-03'],
    ])
    expect(union).toEqual(['2020-01-02', '2020-01-03', '2020-01-06'])
    expect(alignedTo(union, ['2020-01-03', '2020-01-06'], [1, 2])).toEqual([null, 1, 2])
  })
  it('goes from dates to seconds and back, in UTC', () => {
    expect(seconds('1970-01-02')).toBe(86400)
    expect(isoDate(seconds('1990-01-02'))).toBe('1990-01-02')
  })
})

describe('columns', () => {
  it('grows the capital at the returns, cash flows left out', () => {
    expect(grown(100, [0, 0.1, -0.5])).toEqual([100, 110.00000000000001, 55.00000000000001])
  })
  it('finds the extent without holes, and none of nothing', () => {
    expect(
      extent(
        [
          [null, 2, 5],
          [1, null, 9],
        ],
        1,
        2,
      ),
    ).toEqual([2, 2])
    expect(extent([[null], []])).toBeNull()
  })
  it('finds places in sorted columns', () => {
    expect([firstAt([1, 3, 5], 3), firstAt([1, 3, 5], 4), firstAt([1, 3, 5], 9)]).toEqual([1, 2, 3])
    expect([nearest([10, 20], 14), nearest([10, 20], 16), nearest([10, 20], 99), nearest([], 1)]).toEqual([0, 1, 1, -1])
  })
})

describe('what was held', () => {
  const symbols = {A: [0.1, 0.2], B: [0.5, 0.5], C: [0.1, 0.1], D: [0.2, 0.1], NEVER: [0, 0]}
  it('has the largest first, the rest together, and cash where there is some', () => {
    const layers = layersOf(symbols, [0.1, 0.1], 2)
    expect(layers.map(({name}) => name)).toEqual(['B', 'A', '2 others', 'Cash'])
    expect(layers[2]?.values.map((value) => value.toFixed(2))).toEqual(['0.30', '0.20'])
    expect(layersOf(symbols, [0, 0], 2).map(({name}) => name)).not.toContain('Cash')
  })
  it('knows what a rebalance wanted of each layer, the others and cash too', () => {
    const targets = {
      dates: ['2020-01-02', '2020-02-03'],
      symbols: {A: [0.1, 0.15], B: [0.5, 0.45], C: [0.1, 0.05], D: [0.2, 0.1]},
      cash: [0.1, 0.25],
    }
    const wanted = layersOf(symbols, [0.1, 0.1], 2).map((layer) => targetOf(layer, targets, 1).toFixed(2))
    expect(wanted).toEqual(['0.45', '0.15', '0.15', '0.25'])
  })
  it('calls nobody alone the others', () => {
    expect(layersOf(symbols, undefined, 3).map(({name}) => name)).toEqual(['B', 'A', 'D', 'C'])
  })
  it('stacks from the top, so that each covers the one before', () => {
    const [top, bottom] = stacked(layersOf({A: [0.4], B: [0.6]}, undefined))
    expect([top?.[0], bottom?.[0]]).toEqual([1, 0.6])
  })
})
