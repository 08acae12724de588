import {count, counted, day, listed, plain, SPACE} from './format'
import {LINK_PARAMETER, writeLink} from './link'
import type {ListedSymbol} from './schema/types'

/** Something that looks wrong in a history. */
export interface Finding {
  readonly code: string
  readonly detail: string
  /** Where it begins; null: it is about the whole. */
  readonly day: string | null
  /** Of the file that is being imported. */
  readonly line?: number | null
}

interface Described {
  readonly symbol: string
  readonly first: string
  readonly last: string
  readonly sessions: number
  readonly opens: boolean
  readonly dividends: boolean
  /** Whether what a share cost on the day is known. */
  readonly traded: boolean
  readonly splits: number
  readonly findings: readonly Finding[]
  /** Thinned, for a chart. */
  readonly closes: Closes
}

export interface Closes {
  readonly dates: readonly string[]
  readonly close: readonly number[]
}

/** What the runner says of a symbol that is at hand. */
export interface CheckedPrices extends Described {
  readonly source: string
  readonly place: ListedSymbol['place']
}

/** What it says of a file before it is imported. */
export interface ReadPrices extends Described {
  readonly file: string
  /** Those of the file, in order; a role of null is not read. */
  readonly columns: readonly {readonly name: string; readonly role: string | null}[]
  readonly left_out: {
    readonly count: number
    readonly rows: readonly {readonly line: number; readonly day: string; readonly reason: 'NO_PRICE' | 'REPEATED'}[]
  }
  /** What runs take of the symbol today. */
  readonly replaces: Replaced | null
}

export interface Replaced {
  readonly source: string | null
  readonly place: ListedSymbol['place'] | null
  readonly first: string | null
  readonly last: string | null
  readonly sessions: number | null
  /** Its sessions that the file does not have. */
  readonly lost: number | null
  /** Why it cannot be read; null: it can. */
  readonly unreadable: string | null
}

export interface ImportedPrices {
  readonly symbol: string
  readonly first: string
  readonly last: string
  readonly sessions: number
}

/** Where prices are from, as the page calls it. */
export type Origin = 'imported' | 'folder' | 'fetched' | 'bundled'

export const ORIGINS: Readonly<Record<Origin, string>> = {
  imported: 'Imported',
  folder: 'CSV folder',
  fetched: 'Fetched',
  bundled: 'Bundled',
}

const SOURCES: Readonly<Record<string, string>> = {yahoo: 'Yahoo Finance', tiingo: 'Tiingo', stooq: 'Stooq'}

interface Placed {
  readonly source: string
  readonly place: string
}

export function originOf({source, place}: Placed): Origin {
  if (place === 'sample') return 'bundled'
  if (place === 'folder') return 'folder'
  return source === 'csv' ? 'imported' : 'fetched'
}

/** "Imported", or the name of the source that it was fetched from. */
export function originText(placed: Placed): string {
  const origin = originOf(placed)
  return origin === 'fetched' ? (SOURCES[placed.source] ?? placed.source) : ORIGINS[origin]
}

export const SORTABLE = ['symbol', 'first', 'last', 'sessions', 'updated'] as const
export type SortKey = (typeof SORTABLE)[number]

export interface Order {
  readonly by: SortKey
  readonly descending: boolean
}

/** The symbols that have every word of a text in their symbol, name or source, those that begin with it first. */
export function found(symbols: readonly ListedSymbol[], text: string, origin: Origin | null): readonly ListedSymbol[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  const [first = ''] = words
  const of = symbols.filter((one) => origin === null || originOf(one) === origin)
  if (words.length === 0) return of
  const fits = of.filter((one) => {
    const said = `${one.symbol} ${one.description} ${originText(one)}`.toLowerCase()
    return words.every((word) => said.includes(word))
  })
  const begins = (one: ListedSymbol) => one.symbol.toLowerCase().startsWith(first)
  return [...fits.filter(begins), ...fits.filter((one) => !begins(one))]
}

/** Sorted by a column; what is not known stands last either way. */
export function ordered(symbols: readonly ListedSymbol[], {by, descending}: Order): readonly ListedSymbol[] {
  const sign = descending ? -1 : 1
  return [...symbols].sort((one, other) => {
    const [a, b] = [one[by], other[by]]
    if (a === b) return one.symbol < other.symbol ? -1 : 1
    if (a === null || b === null) return a === null ? 1 : -1
    return a < b ? -sign : sign
  })
}

const DAY_MS = 86_400_000

/** Whole days from one ISO date to another. */
const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)

/** How long ago a date is: "3 days ago", "3.9 years ago". */
export function ago(date: string, today: string): string {
  const days = daysBetween(date.slice(0, 10), today)
  if (days <= 0) return 'today'
  if (days === 1) return 'yesterday'
  if (days < 14) return `${days}${SPACE}days${SPACE}ago`
  if (days < 60) return `${Math.floor(days / 7)}${SPACE}weeks${SPACE}ago`
  if (days < 730) return `${Math.floor(days / 30.44)}${SPACE}months${SPACE}ago`
  return `${plain(days / 365.25, 1)}${SPACE}years${SPACE}ago`
}

/** The days that no exchange rests longer: after them prices are told as stale, as a run tells it. */
export const isStale = ({last}: {readonly last: string}, today: string): boolean => daysBetween(last, today) > 7

/** What a code says: "Implausible price" for IMPLAUSIBLE_PRICE. */
export function titleOf(code: string): string {
  const text = code.toLowerCase().replaceAll('_', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The address of a backtest that holds a symbol as long as there are prices of it. */
export function backtestOf({symbol, first, last}: Pick<ListedSymbol, 'symbol' | 'first' | 'last'>): string {
  const draft = {
    strategy: 'buy_hold',
    holdings: [{symbol, allocation: 1}],
    start_date: first,
    end_date: last,
  }
  return `/?${LINK_PARAMETER}=${writeLink([{name: symbol, draft}])}`
}

/** What a history has beside its closes; whether they are adjusted for dividends is said elsewhere. */
export function hasText({opens, dividends, traded, splits}: Described): string {
  const has = [
    opens && 'opening prices',
    dividends && 'the dividends one by one',
    traded && 'what a share cost on the day',
    splits > 0 && counted(splits, 'split'),
  ].filter((part) => part !== false)
  return has.length > 0 ? `With ${listed(has)}.` : 'Closes alone.'
}

/** "2,516 sessions from 2 Jan 2013 to 28 Dec 2022". */
export const spanText = ({sessions, first, last}: Pick<ListedSymbol, 'sessions' | 'first' | 'last'>): string =>
  `${count(sessions)} ${sessions === 1 ? 'session' : 'sessions'} from ${day(first)} to ${day(last)}`

const KILO = 1024

/** "1.2 MB". */
export function bytes(size: number): string {
  if (size < KILO) return `${count(size)}${SPACE}bytes`
  if (size < KILO ** 2) return `${count(size / KILO)}${SPACE}kB`
  return `${Number((size / KILO ** 2).toFixed(1))}${SPACE}MB`
}
