import {BacktestError, type ErrorCode, errorDocument} from 'backtest-runner'
import type {CheckedPrices, ImportedPrices, ReadPrices} from '@/lib/prices'
import {refusal} from './answers'
import {runCommand} from './command'
import {forgetSymbols} from './lists'
import {getSettings} from './settings'

const MOST_POINTS = 400
const LONGEST_MS = 60_000
const MOST_BYTES = 4 * 1024 ** 2
const MOST_AT_ONCE = 4
const LONGEST_NAME = 255
const LONGEST_SYMBOL = 20

/** What a visitor says of a file that they import. */
export interface ImportQuery {
  readonly name: string
  /** Whose prices it has; null: as its name says. */
  readonly symbol: string | null
  /** Whether it may go before prices that are at hand. */
  readonly replaces: boolean
}

interface Document {
  readonly checked?: readonly CheckedPrices[]
  readonly read?: readonly ReadPrices[]
  readonly imported?: readonly ImportedPrices[]
  readonly errors: readonly {readonly code: ErrorCode; readonly detail: string}[]
}

/** What is at hand of a symbol, and what looks wrong in it. Rejects with a BacktestError. */
export async function checkPrices(symbol: string, signal: AbortSignal): Promise<CheckedPrices> {
  refuseStrange(symbol, LONGEST_SYMBOL, 'symbol')
  const args = ['check', '--json', `--points=${MOST_POINTS}`, '--', symbol]
  const {checked} = await prices('check', args, signal)
  return only(checked)
}

/** What a file would be imported as; nothing is stored. Rejects with a BacktestError. */
export async function readPrices(file: Uint8Array, query: ImportQuery, signal: AbortSignal): Promise<ReadPrices> {
  const args = ['--dry-run', `--points=${MOST_POINTS}`, ...optionsOf(query)]
  const {read} = await prices('check', ['import', '-', '--json', ...args], signal, file)
  return only(read)
}

/** Import a file: the whole of it or nothing. Rejects with a BacktestError. */
export async function importPrices(file: Uint8Array, query: ImportQuery, signal: AbortSignal): Promise<ImportedPrices> {
  const args = [query.replaces ? '--replace' : '--new', ...optionsOf(query)]
  try {
    const {imported} = await prices('import', ['import', '-', '--json', ...args], signal, file)
    return only(imported)
  } finally {
    forgetSymbols()
  }
}

/** Throws where this server imports nothing. */
export function refuseImports(): void {
  if (!getSettings().importsPrices) throw refusal('FORBIDDEN', 'Importing prices is switched off on this server.')
}

/** As one argument each: a name that begins with a hyphen is no option. */
function optionsOf({name, symbol}: ImportQuery): string[] {
  refuseStrange(name, LONGEST_NAME, 'name of the file')
  if (symbol === null) return [`--name=${name}`]
  refuseStrange(symbol, LONGEST_SYMBOL, 'symbol')
  return [`--name=${name}`, `--symbol=${symbol}`]
}

function refuseStrange(text: string, most: number, what: string): void {
  if (text.length === 0 || text.length > most || [...text].some((mark) => mark < ' ' || mark === '\u007f'))
    throw refusal('VALIDATION_FAILED', `The ${what} is empty, too long or has control characters.`)
}

async function prices(what: string, args: string[], signal: AbortSignal, input?: Uint8Array): Promise<Document> {
  const limits = {timeoutMs: LONGEST_MS, mostBytes: MOST_BYTES, mostAtOnce: MOST_AT_ONCE}
  const {stdout} = await runCommand({what, args: ['prices', ...args], input, signal, ...limits})
  const document = JSON.parse(stdout.toString()) as Document
  const [error] = document.errors
  if (error === undefined) return document
  throw new BacktestError(errorDocument(error.code, error.detail, {remedy: remedyOf(error.code)}))
}

/** What a visitor of a page can do, who types no command. */
function remedyOf(code: ErrorCode): string {
  if (code === 'PRICES_UNREADABLE') return 'Correct the file, or export it anew, and choose it again.'
  if (code === 'VALIDATION_FAILED') return 'Say whose prices the file has, or choose another.'
  return 'Try again later, or ask the operator of this server.'
}

function only<T>(found: readonly T[] | undefined): T {
  const [first] = found ?? []
  if (first === undefined) throw new Error('the runner says nothing of the prices')
  return first
}
