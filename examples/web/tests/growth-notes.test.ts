/** What a reader of the growth chart should know. */
import {expect, it} from 'vitest'
import {type Growth, growthNotes} from '@/components/charts/growth-data'
import type {Run} from '@/components/result/run'

function thinned(name: string, drawn: number, sessions: number): Run {
  const dates = Array.from({length: drawn}, (_, n) => `2020-01-${String(n + 1).padStart(2, '0')}`)
  const result = {request: {}, series: {dates}, period: {sessions, effective: {start: '2020-01-01'}}}
  return {id: name, name, result} as unknown as Run
}

const notesOf = (runs: readonly Run[]) =>
  growthNotes(runs, {runs, curves: []} as unknown as Growth, 'value').map((note) => note.replaceAll('\u00a0', ' '))

it('says once, and without a key, of how many sessions the lines are drawn', () => {
  const rest = 'the highest, the lowest and the deepest fall among them. Metrics and tables are of all sessions.'
  expect(notesOf([thinned('One', 3, 7807)])).toEqual([`Drawn from 3 of 7,807 sessions, ${rest}`])
  expect(notesOf([thinned('One', 3, 7807), thinned('Two', 4, 7807), thinned('Whole', 5, 5)])).toEqual([
    `Drawn One from 3 of 7,807 sessions and Two from 4 of 7,807 sessions, ${rest}`,
  ])
})
