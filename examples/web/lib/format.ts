/** Numbers and dates as people read them: a true minus, and a dash for what is not defined. */

export const MINUS = '−'
export const DASH = '—'
export const SPACE = '\u00a0' // a figure and its unit stay on one line
export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

type Maybe = number | null | undefined

const forms = new Map<number, Intl.NumberFormat>() // made once each: making one takes longer than using it

function form(digits: number): Intl.NumberFormat {
  let found = forms.get(digits)
  if (!found) {
    found = new Intl.NumberFormat('en-US', {minimumFractionDigits: digits, maximumFractionDigits: digits})
    forms.set(digits, found)
  }
  return found
}

const defined = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

/** 1,234.50, with a true minus; no minus before what rounds to zero. */
export function plain(value: Maybe, digits = 2): string {
  if (!defined(value)) return DASH
  const text = form(digits).format(Math.abs(value))
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text
}

/** 12.3 %; from a thousand percent on without a decimal, and with two where one would leave nothing. */
export function percent(value: Maybe, digits?: number): string {
  if (!defined(value)) return DASH
  const size = Math.abs(value)
  const kept = digits ?? (size >= 9.9995 ? 0 : size >= 0.00005 && size < 0.0005 ? 2 : 1)
  return `${plain(100 * value, kept)}${SPACE}%`
}

/** +12.3 %: a change, with its sign. */
export const change = (value: Maybe): string => (defined(value) && value > 0 ? '+' : '') + percent(value)

/** 0.05 %: two decimals, for single sessions. */
export const finePercent = (value: Maybe): string => percent(value, 2)

/** $12,345; cents below a thousand, four digits below one. */
export function money(value: Maybe): string {
  if (!defined(value)) return DASH
  const size = Math.abs(value)
  return dollars(value, size >= 1000 || size === 0 ? 0 : size >= 1 ? 2 : 4)
}

/** $1,234.50: two decimals whatever the size, for columns of money. */
export const cents = (value: Maybe): string => (defined(value) ? dollars(value, 2) : DASH)

function dollars(value: number, digits: number): string {
  const text = plain(value, digits)
  return text.startsWith(MINUS) ? `${MINUS}$${text.slice(1)}` : `$${text}`
}

const UNITS = [
  [1e12, 'tn'],
  [1e9, 'bn'],
  [1e6, 'm'],
  [1e3, 'k'],
  [1, ''],
] as const

/** $1.2m: for axes. */
export function shortMoney(value: Maybe): string {
  if (!defined(value)) return DASH
  const size = Math.abs(value)
  const [unit, name] = UNITS.find(([least]) => size >= least) ?? [1, '']
  return `${value < 0 ? MINUS : ''}$${Number((size / unit).toPrecision(3))}${name}`
}

/** 0.74. */
export const ratio = (value: Maybe): string => plain(value, 2)

/** 7,048. */
export const count = (value: Maybe): string => plain(value, 0)

/** "1 trade", "7,048 trades". */
export const counted = (value: number, one: string, many = `${one}s`): string =>
  `${count(value)} ${value === 1 ? one : many}`

/** 3,007 days (8.2 y): the years beside them from one year on. */
export function days(value: Maybe): string {
  if (!defined(value)) return DASH
  const whole = `${count(value)}${SPACE}${value === 1 ? 'day' : 'days'}`
  return value < 365 ? whole : `${whole}${SPACE}(${plain(value / 365.25, 1)}${SPACE}y)`
}

/** 3.1e−16: for residuals. */
export function tiny(value: Maybe): string {
  if (!defined(value)) return DASH
  return value === 0 ? '0' : value.toExponential(1).replace('e-', `e${MINUS}`).replace('e+', 'e')
}

/** A number of shares: up to four digits after the point, none that says nothing. */
export function amount(value: Maybe): string {
  if (!defined(value)) return DASH
  const text = plain(value, Math.abs(value) >= 10000 ? 0 : 4)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** 9 Mar 2009 for 2009-03-09, Mar 2009 for 2009-03; what is no date, as it is. */
export function day(iso: string | null | undefined): string {
  if (!iso) return DASH
  const found = /^(\d{4})-(\d\d)(?:-(\d\d))?$/.exec(iso)
  const month = found && MONTHS[Number(found[2]) - 1]
  if (!found || !month) return iso
  return [found[3] ? String(Number(found[3])) : '', month, found[1]].filter(Boolean).join(SPACE)
}

/** gain, loss, or nothing for what is written without a sign. */
export function tone(value: Maybe): 'gain' | 'loss' | '' {
  return defined(value) ? (value > 0 ? 'gain' : value < 0 ? 'loss' : '') : ''
}

const BY_UNIT: Record<string, (value: Maybe) => string> = {
  currency: money,
  'currency per share': money,
  fraction: percent,
  'fraction per year': percent,
  ratio,
  number: ratio,
  days,
  sessions: count,
  shares: amount,
}

/** A number as its schema's x-unit has it written; one without a unit with two decimals. */
export const byUnit = (value: Maybe, unit: string | undefined): string => (BY_UNIT[unit ?? ''] ?? ratio)(value)

/** "a, b and c". */
export function listed(words: readonly string[], last = 'and'): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`
}
