/** What a symphony is refused for, by the runner's own converter, as the form says it. */
import {spawnSync} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {describe, expect, it} from 'vitest'
import {inWords, placeIn, symphonyOf, titleOf} from '@/lib/rules/symphony'
import type {Json} from '@/lib/schema/types'

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url))
const PYTHON = process.env.PYTHON_PATH || `${REPOSITORY}.venv/bin/python`
const asset = (ticker: string) => ({step: 'asset', ticker})
const condition = (own: object) => ({
  step: 'if',
  children: [
    {
      step: 'if-child',
      'is-else-condition?': false,
      'lhs-fn': 'relative-strength-index',
      'lhs-fn-params': {window: 10},
      'lhs-val': 'MSFT',
      comparator: 'gt',
      'rhs-fixed-value?': true,
      'rhs-val': '60',
      children: [asset('MSFT')],
      ...own,
    },
    {step: 'if-child', 'is-else-condition?': true, children: [asset('KO')]},
  ],
})
const symphony = (child: object, own: object = {}) => ({
  step: 'root',
  name: 'Calm seas',
  rebalance: 'weekly',
  children: [child],
  ...own,
})

/** Every problem as the form has it. */
function refused(of: Json): string[] {
  const ended = spawnSync(PYTHON, ['-m', 'backtester', 'convert', 'composer'], {
    cwd: REPOSITORY,
    input: JSON.stringify(of),
  })
  const {errors} = JSON.parse(ended.stdout.toString()) as {errors: {pointer: string; detail: string}[]}
  return errors.map(({pointer, detail}) => `${placeIn(of, pointer)}: ${inWords(detail)}`)
}

describe('what the converter says', () => {
  it.each([
    ['a root with two', symphony(asset('MSFT'), {children: [asset('MSFT'), asset('KO')]}), '“Calm seas”, holding KO'],
    ['a side without a window', symphony(condition({'lhs-fn-params': {}})), '“Calm seas”, condition 1, branch 1'],
    ['an indicator that is not known', symphony(condition({'lhs-fn': 'moon-phase'})), 'indicator of the left side'],
    ['a value that is no number', symphony(condition({'rhs-val': 'many'})), 'value of the right side'],
    ['weights without numbers', symphony({step: 'wt-cash-specified', children: [asset('KO')]}), 'given weights 1'],
    ['a key', symphony({step: 'filter', 'sort-bye-fn': 1, children: [asset('KO')]}), 'choice of holdings 1'],
    ['no group', symphony({step: 'group', name: 'Bonds', children: []}), '“Bonds”'],
  ])('has no key of a symphony in it: %s', (_, of, place) => {
    const said = refused(of as unknown as Json)
    expect(said.length).toBeGreaterThan(0)
    expect(said.join('\n')).toContain(place)
    for (const text of said)
      expect(text.replaceAll(/'[^']*'/g, '')).not.toMatch(/[{}/]|\w_\w|lhs|rhs|wt-|-fn|-child|\broot\b/)
  })

  it('of a symphony that is converted is said with the choices of the form', () => {
    const ended = spawnSync(PYTHON, ['-m', 'backtester', 'convert', 'composer'], {
      cwd: REPOSITORY,
      input: JSON.stringify(symphony(asset('MSFT'))),
    })
    expect(inWords(ended.stderr.toString())).toMatch(/“Same close”.*“Next close”/)
    expect(inWords(ended.stderr.toString())).not.toMatch(/_/)
  })
})

it('has the name that its author gave it, and none where it is no symphony', () => {
  expect(titleOf(symphonyOf('{"name": " Calm seas "}'))).toBe('Calm seas')
  for (const text of ['', '[1, 2]', '{"name": 3}', 'null']) expect(titleOf(symphonyOf(text))).toBe('')
  expect(placeIn(null, '/children/0')).toBe('part 1')
})
