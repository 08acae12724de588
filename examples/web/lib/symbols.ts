import {humanised} from './schema/fields'
import {requestField} from './schema/page'
import type {ListedSymbol} from './schema/types'

/**
 * The symbols that a text may mean, the likeliest first: that symbol itself, symbols that begin with it, names of which
 * a word begins with it, and whatever else contains it; the symbols' own order among equals.
 */
export function matchingSymbols(symbols: readonly ListedSymbol[], text: string): readonly ListedSymbol[] {
  const wanted = text.trim().toLowerCase()
  if (wanted === '') return symbols
  const ranked = symbols.map((one) => ({one, rank: rankOf(one, wanted)})).filter(({rank}) => rank < RANKS)
  return ranked.sort((a, b) => a.rank - b.rank).map(({one}) => one)
}

const RANKS = 4

function rankOf({symbol, description}: ListedSymbol, wanted: string): number {
  const [own, name] = [symbol.toLowerCase(), description.toLowerCase()]
  const bare = own.replace(/^[^a-z0-9]+/, '') // the caret of an index is rarely typed
  if (own === wanted || bare === wanted) return 0
  if (own.startsWith(wanted) || bare.startsWith(wanted)) return 1
  if (beginsWord(name, wanted)) return 2
  return own.includes(wanted) || name.includes(wanted) ? 3 : RANKS
}

function beginsWord(name: string, wanted: string): boolean {
  for (let at = name.indexOf(wanted); at >= 0; at = name.indexOf(wanted, at + 1))
    if (at === 0 || /[^a-z0-9]/.test(name.charAt(at - 1))) return true
  return false
}

/** The network source that `auto` ends with; null where none is asked, undefined where that is not known here. */
export type Network = string | null | undefined

interface Sources {
  readonly listed: ReadonlyMap<string, ListedSymbol>
  /** Where the request says that its prices come from: `auto`, or a source by its name. */
  readonly source: string
  readonly network: Network
}

const ON_THIS_MACHINE: Readonly<Record<string, string>> = {
  bundled: 'Not among the bundled prices.',
  csv: 'No CSV file has it.',
}

const PATTERN = new RegExp(requestField('holdings').items?.properties?.symbol?.pattern ?? '')

export interface SymbolNote {
  readonly text: string
  /** Whether a run would fail for it. */
  readonly fails: boolean
}

/** What can be said of a symbol before a run; undefined of one that is at hand, or of which nothing is known. */
export function symbolNote(symbol: string, {listed, source, network}: Sources): SymbolNote | undefined {
  if (symbol === '' || source === 'inline' || listed.has(symbol.toUpperCase())) return undefined
  if (!PATTERN.test(symbol)) return failing('This is no symbol: letters, digits and . ^ = _ - & alone.')
  const here = ON_THIS_MACHINE[source]
  if (here !== undefined) return failing(here)
  if (network === null) return failing('No source here has it.')
  const asked = source === 'auto' ? network : source
  return {
    text: `Not at hand; ${asked === undefined ? 'a network source' : humanised(asked)} will be asked.`,
    fails: false,
  }
}

const failing = (text: string): SymbolNote => ({text, fails: true})
