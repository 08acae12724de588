import AxeBuilder from '@axe-core/playwright'
import {expect, type Page} from '@playwright/test'

export async function expectAccessible(page: Page): Promise<void> {
  const {violations} = await new AxeBuilder({page}).analyze()
  const grave = violations.filter(({impact}) => impact === 'serious' || impact === 'critical')
  expect(
    grave.map(({id, nodes}) => ({id, nodes: nodes.map(({html, failureSummary}) => `${html}\n${failureSummary}`)})),
  ).toEqual([])
}
