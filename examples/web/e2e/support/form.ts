import {expect, type Page} from '@playwright/test'
import type {BacktestRequest} from 'backtest-runner'
import {isStream, open} from './page'

/** Every box, list and switch of the form, by its place in the request, with what a person reads in it. */
export function formOf(page: Page): Promise<Record<string, string | boolean>> {
  return page.locator('#portfolio-panel').evaluate((panel) => {
    const read = (box: HTMLInputElement | HTMLSelectElement): string | boolean => {
      if (box.type === 'checkbox') return (box as HTMLInputElement).checked
      const text = box.value || box.getAttribute('placeholder') || ''
      if (box.role === 'combobox') return text.toUpperCase().trim() // as its letters look
      const figure = Number(text.replaceAll(',', '').replace('−', '-')) // with the focus it stands as it is typed
      return box.inputMode !== 'decimal' || text === '' || Number.isNaN(figure) ? text : String(figure)
    }
    const boxes = [...panel.querySelectorAll<HTMLInputElement | HTMLSelectElement>('input, select')]
    const name = (box: Element) => box.id || `${box.closest('fieldset')?.id} ${box.closest('label')?.textContent}`
    return Object.fromEntries(boxes.map((box) => [name(box), read(box)]))
  })
}

/** Runs by the keyboard, from wherever the focus is; gives the request that was sent. */
export async function runByKeys(page: Page): Promise<BacktestRequest> {
  const asked = page.waitForRequest(isStream)
  await page.keyboard.press('Control+Enter')
  return (await asked).postDataJSON() as BacktestRequest
}

/**
 * The form shows what is run: the page is asked to run, and somebody else opens its address, which is made of what was
 * run and of nothing else; their form says the same, and they run the same.
 */
export async function expectShownIsRun(page: Page, other: Page): Promise<BacktestRequest> {
  const shown = await formOf(page)
  const request = await runByKeys(page)
  const asked = other.waitForRequest(isStream)
  await open(other, page.url())
  expect((await asked).postDataJSON()).toEqual(request)
  expect(shown).toEqual(await formOf(other))
  return request
}
