/** What stands above the growth chart, for a session. */
import {createElement} from 'react'
import {renderToStaticMarkup} from 'react-dom/server'
import {expect, it} from 'vitest'
import type {Growth} from '@/components/charts/growth-data'
import {Readout, readoutText} from '@/components/charts/Readout'

const curve = (name: string, values: (number | null)[], colour: number | null) => ({
  name,
  values,
  falls: values.map((value) => value && -0.184),
  colour,
  flows: null,
  growth: null,
  returns: null,
  perYear: 252,
})
const GROWTH: Growth = {
  dates: ['2019-12-30', '2019-12-31'],
  times: [1577664000, 1577750400],
  curves: [curve('Portfolio', [20000, 20830], 0), curve('S&P 500', [null, 25299], null)],
  unit: 'money',
  runs: [],
  least: 20000,
  most: 25299,
}
const shown = (at: number) =>
  renderToStaticMarkup(createElement(Readout, {growth: GROWTH, at, marks: []}))
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\u00a0]+/g, ' ')
    .replace('&amp;', '&')
    .trim()

it('says what each figure is, on the screen as in the live text', () => {
  expect(shown(1)).toBe('31 Dec 2019 Portfolio $20,830, −18.4 % from its peak S&P 500 $25,299, −18.4 % from its peak')
  expect(readoutText(GROWTH, 1, []).replaceAll('\u00a0', ' ')).toBe(
    '31 Dec 2019: Portfolio $20,830, −18.4 % from its peak; S&P 500 $25,299, −18.4 % from its peak',
  )
})

it('has a dash, and no peak, where a line has not begun', () => {
  expect(shown(0)).toBe('30 Dec 2019 Portfolio $20,000, −18.4 % from its peak S&P 500 —')
})
