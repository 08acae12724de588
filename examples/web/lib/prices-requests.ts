import {isErrorDocument} from 'backtest-runner'
import type {CheckedPrices, ImportedPrices, ReadPrices} from './prices'
import type {ListedSymbol} from './schema/types'

/** What came of a request: its answer, or why there is none and what to do. */
export type Answer<T> =
  | {readonly ok: true; readonly value: T}
  | {readonly ok: false; readonly detail: string; readonly remedy: string}

/** A file whose content is in memory, so that what was looked at is what is imported. */
export interface ChosenFile {
  readonly name: string
  readonly content: ArrayBuffer
}

export const checkedPrices = (symbol: string, signal: AbortSignal): Promise<Answer<CheckedPrices>> =>
  ask(`/api/prices/${encodeURIComponent(symbol)}`, {signal})

export const listedSymbols = (): Promise<Answer<ListedSymbol[]>> => ask('/api/symbols', {})

/** What a file would be imported as. symbol: whose prices it has, where its name does not say it. */
export const readFile = (file: ChosenFile, symbol: string | null, signal: AbortSignal): Promise<Answer<ReadPrices>> =>
  send(file, {...(symbol !== null && {symbol}), dry_run: '1'}, signal)

export const importFile = (
  file: ChosenFile,
  symbol: string,
  replaces: boolean,
  signal: AbortSignal,
): Promise<Answer<ImportedPrices>> => send(file, {symbol, ...(replaces && {replace: '1'})}, signal)

function send<T>(file: ChosenFile, said: Record<string, string>, signal: AbortSignal): Promise<Answer<T>> {
  const query = new URLSearchParams({name: file.name, ...said})
  const headers = {'Content-Type': 'application/octet-stream'}
  return ask(`/api/prices?${query}`, {method: 'POST', body: file.content, headers, signal})
}

async function ask<T>(address: string, init: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(address, init)
    const document = (await response.json()) as T & {readonly detail?: string; readonly remedy?: string}
    if (response.ok && !isErrorDocument(document)) return {ok: true, value: document}
    return {ok: false, detail: document.detail ?? 'The server refused it.', remedy: document.remedy ?? ''}
  } catch (fault) {
    if (init.signal?.aborted) throw fault
    return {ok: false, detail: 'The server does not answer.', remedy: 'Try again.'}
  }
}
