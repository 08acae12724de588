import type {Locator} from '@playwright/test'

/** The columns of the comparison, each as its figures by their names; without the marks of the best. */
export async function figureColumns(table: Locator): Promise<Record<string, string>[]> {
  const rows = await table
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) =>
        [...row.querySelectorAll('th, td')].map((cell) => (cell.textContent ?? '').replace(/ best$/, '')),
      ),
    )
  const count = Math.max(0, ...rows.map((row) => row.length - 1))
  return Array.from({length: count}, (_, n) => Object.fromEntries(rows.map((row) => [row[0] ?? '', row[n + 1] ?? ''])))
}
