import type {Schema} from './schema/types'

/** How a number is written for people: fractions as percent, everything else as it is. */
export interface Unit {
  /** How many places the decimal point is moved to the right for people. */
  readonly shift: 0 | 2
  readonly before: string
  readonly after: string
  /** What the unit is in full, where that is too long to stand in the field. */
  readonly inFull: string | null
}

const LONGEST_IN_FIELD = 14

export function unitOf(schema: Schema): Unit {
  const unit = schema['x-unit'] ?? ''
  if (/^fraction\b/.test(unit))
    return fitted({shift: 2, before: '', after: unit.replace(/^fraction/, '%'), inFull: null})
  if (/^currency\b/.test(unit))
    return fitted({shift: 0, before: '$', after: unit.replace(/^currency/, '').trim(), inFull: null})
  return fitted({shift: 0, before: '', after: unit, inFull: null})
}

function fitted(unit: Unit): Unit {
  if (unit.after.length <= LONGEST_IN_FIELD) return unit
  return {...unit, after: unit.shift === 2 ? '%' : '', inFull: unit.after}
}

/**
 * The number that a text of a person's means: `33.3`, `33,3`, `1,000,000`, `33.3 %`, `$ 5`, `−2`. Undefined where it
 * means none. The decimal point is moved in the text, so that 33.3 % is 0.333 and never 0.33299999999999996.
 */
export function parseNumber(text: string, shift: number): number | undefined {
  const bare = text.replace(/[\s%$€£_'’]/g, '').replace(/^[−–]/, '-')
  const grouped = /^[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?$/.test(bare)
  const plain = grouped ? bare.replaceAll(',', '') : bare.replace(/^([^,.]*),([^,.]*)$/, '$1.$2')
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return undefined
  const value = Number(shifted(plain, -shift))
  return Number.isFinite(value) ? value : undefined
}

/** A number as a person would type it, in plain notation, with every digit that it has. */
export function typedNumber(value: number, shift: number): string {
  return shifted(String(value), shift)
}

/** The same for reading: thousands grouped, a true minus. */
export function readNumber(value: number, shift: number): string {
  const [whole = '', decimals] = typedNumber(value, shift).split('.')
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  return (decimals === undefined ? grouped : `${grouped}.${decimals}`).replace('-', '−')
}

/** A decimal text with its point moved, without arithmetic and thus without rounding. */
function shifted(text: string, places: number): string {
  const [, sign = '', whole = '', decimals = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:e([+-]?\d+))?$/i.exec(text) ?? []
  const digits = whole + decimals
  const point = whole.length + Number(exponent) + places
  if (Math.abs(point) > 400) return String(Number(text)) // beyond a double anyway
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0')
  const at = Math.max(point, 1)
  const head = padded.slice(0, at).replace(/^0+(?=\d)/, '')
  const tail = padded.slice(at).replace(/0+$/, '')
  const number = tail === '' ? head : `${head}.${tail}`
  return sign === '-' && /[1-9]/.test(number) ? `-${number}` : number
}
