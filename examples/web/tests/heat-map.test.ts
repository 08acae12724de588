import {createElement} from 'react'
import {renderToStaticMarkup} from 'react-dom/server'
import {describe, expect, it} from 'vitest'
import {HeatMap} from '@/components/worth/HeatMap'
import type {Sweep} from '@/lib/sweep-grid'

/** The heat map of a sweep over two settings with so many values each; the last combination is the best. */
function drawn(rows: number, columns: number): string {
  const values = (length: number) => Array.from({length}, (_, n) => n + 1)
  const runs = rows * columns
  const sweep = {
    axes: [
      {pointer: '/parameters/lookback_period', values: values(rows)},
      {pointer: '/parameters/top_n', values: values(columns)},
    ],
    failed: [{index: 1, detail: 'The run failed.'}],
    best: {index: runs - 1},
  } as unknown as Sweep
  const props = {
    ...{
      id: 'a',
      sweep,
      column: [1, null, ...values(runs).slice(2)],
      write: String,
      caption: 'A metric by two settings',
    },
    ...{request: {strategy: 'momentum'}, down: 0, across: 1, places: [0, 0], asked: runs - 3},
  }
  return renderToStaticMarkup(createElement(HeatMap, props))
}

describe('the heat map of a sweep', () => {
  it.each([
    [100, 2],
    [316, 316],
  ])(
    'draws some of many values (%i by %i), says so, and leaves out neither the best nor the asked',
    (rows, columns) => {
      const markup = drawn(rows, columns)
      expect(markup.match(/<button/g)?.length).toBeLessThanOrEqual(60 * 60)
      expect(markup).toContain('The best of all.')
      expect(markup).toContain('As asked.')
      expect(markup.match(/tabindex="0"/g)).toHaveLength(1)
      for (const length of new Set([rows, columns].filter((n) => n > 60)))
        expect(markup).toMatch(new RegExp(`The map draws \\d+ of the ${length} values of `))
    },
  )

  it('draws all of a few values, and says nothing', () => {
    const markup = drawn(5, 4)
    expect(markup.match(/<button/g)).toHaveLength(20)
    expect(markup).toContain('No result: The run failed."')
    expect(markup).toContain('Holdings held 1: 1."')
    expect(markup).not.toContain('The map draws')
  })
})
