/** The order of a table's rows: stable, numbers by size, words as people sort them, what is undefined last. */

export type SortValue = number | string | null | undefined

export interface Sort {
  readonly column: number
  readonly down: boolean
}

const words = new Intl.Collator('en', {numeric: true}) // "3 years" before "10 years"

const undefinedValue = (value: SortValue): value is null | undefined | '' =>
  value === null || value === undefined || value === '' || Number.isNaN(value)

function compared(one: SortValue, other: SortValue): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other
  if (typeof one === 'number') return -1
  if (typeof other === 'number') return 1
  return words.compare(one ?? '', other ?? '')
}

/** The places of some values in their order. Equal ones stay as they were; undefined ones are last either way. */
export function placesSorted(values: readonly SortValue[], down: boolean): number[] {
  return values
    .map((_, place) => place)
    .sort((a, b) => {
      const [one, other] = [values[a], values[b]]
      const missing = Number(undefinedValue(one)) - Number(undefinedValue(other))
      return missing || (undefinedValue(one) ? 0 : compared(one, other) * (down ? -1 : 1)) || a - b
    })
}

/** What a click on a column's heading leads to: figures begin with the largest, words with A; the third gives the first order. */
export function nextSort(now: Sort | null, column: number, text: boolean): Sort | null {
  if (now?.column !== column) return {column, down: !text}
  return now.down === text ? null : {column, down: text}
}
