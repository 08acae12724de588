import {describe, expect, test} from 'vitest'
import {nextSort, placesSorted} from '../lib/sorted'

describe('the order of a table', () => {
  test('is by size, not by letters, either way', () => {
    expect(placesSorted([9, -10, 100, 0.5], false)).toEqual([1, 3, 0, 2])
    expect(placesSorted([9, -10, 100, 0.5], true)).toEqual([2, 0, 3, 1])
  })
  test('leaves equal rows as they were, either way', () => {
    expect(placesSorted([1, 2, 1, 2, 1], false)).toEqual([0, 2, 4, 1, 3])
    expect(placesSorted([1, 2, 1, 2, 1], true)).toEqual([1, 3, 0, 2, 4])
  })
  test('has what is undefined last, either way', () => {
    for (const nothing of [null, undefined, '', Number.NaN]) {
      expect(placesSorted([nothing, 2, nothing, 1], false)).toEqual([3, 1, 0, 2])
      expect(placesSorted([nothing, 2, nothing, 1], true)).toEqual([1, 3, 0, 2])
    }
  })
  test('of words is by their letters and the numbers in them; of dates by time', () => {
    expect(placesSorted(['10 years', '3 years', 'b', 'A'], false)).toEqual([1, 0, 3, 2])
    expect(placesSorted(['2010-01-04', '2009-12-31', '2010-01-03'], true)).toEqual([0, 2, 1])
  })
  test('changes with each click on a heading, and comes back with the third', () => {
    const first = nextSort(null, 2, false)
    const second = nextSort(first, 2, false)
    expect([first, second, nextSort(second, 2, false)]).toEqual([
      {column: 2, down: true},
      {column: 2, down: false},
      null,
    ])
    const words = nextSort(first, 0, true)
    expect([words, nextSort(words, 0, true), nextSort(nextSort(words, 0, true), 0, true)]).toEqual([
      {column: 0, down: false},
      {column: 0, down: true},
      null,
    ])
  })
})
