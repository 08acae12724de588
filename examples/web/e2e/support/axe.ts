import AxeBuilder from '@axe-core/playwright'
import {expect, type Page} from '@playwright/test'

// Rows below the third are as those above them; of a heat map each has colours of its own.
const ALIKE = 'table:not([class*="heat"]) tbody tr:nth-child(n + 4)'

export async function expectAccessible(page: Page): Promise<void> {
  const {violations} = await new AxeBuilder({page}).exclude(ALIKE).analyze()
  const grave = violations.filter(({impact}) => impact === 'serious' || impact === 'critical')
  expect(
    grave.map(({id, nodes}) => ({id, nodes: nodes.map(({html, failureSummary}) => `${html}\n${failureSummary}`)})),
  ).toEqual([])
}
