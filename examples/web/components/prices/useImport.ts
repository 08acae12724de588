import {useEffect, useRef, useState} from 'react'
import {bytes, type ImportedPrices, type ReadPrices} from '@/lib/prices'
import {type ChosenFile, importFile, readFile} from '@/lib/prices-requests'
import {contentOf, TooLarge} from '@/lib/unpacked'

export interface RefusedState {
  readonly step: 'refused'
  readonly name: string
  readonly detail: string
  readonly remedy: string
  /** Whether it can be read as another symbol's; not where there is no content. */
  readonly readable: boolean
}

export type ImportState =
  | {readonly step: 'idle'}
  | {readonly step: 'busy'; readonly doing: string}
  | RefusedState
  | {readonly step: 'read'; readonly read: ReadPrices}
  | {readonly step: 'imported'; readonly imported: ImportedPrices}

const IDLE: ImportState = {step: 'idle'}

/** A file on its way: read, looked at, and imported where that is confirmed. The server keeps nothing in between. */
export function useImport(mostBytes: number, onImported: () => void) {
  const [state, setState] = useState<ImportState>(IDLE)
  const file = useRef<ChosenFile | null>(null)
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const refuse = (name: string, detail: string, remedy: string, readable = false) =>
    setState({step: 'refused', name, detail, remedy, readable})

  /** Do something that can be cancelled; what it gives is the next state. */
  const during = async (doing: string, act: (signal: AbortSignal) => Promise<ImportState>) => {
    running.current?.abort()
    const controller = new AbortController()
    running.current = controller
    setState({step: 'busy', doing})
    const next = await act(controller.signal).catch((fault: unknown) => {
      if (controller.signal.aborted) return null
      throw fault
    })
    if (next !== null && running.current === controller) setState(next)
  }

  const look = (chosen: ChosenFile, symbol: string | null) =>
    during(`Reading ${chosen.name}, ${bytes(chosen.content.byteLength)}`, async (signal) => {
      const answer = await readFile(chosen, symbol, signal)
      if (answer.ok) return {step: 'read', read: answer.value}
      return {step: 'refused', name: chosen.name, detail: answer.detail, remedy: answer.remedy, readable: true}
    })

  const choose = async (files: readonly File[]) => {
    const [one] = files
    if (one === undefined) return
    if (files.length > 1) return refuse(`${files.length} files`, 'One file at a time, please.', 'Choose the first.')
    if (one.size > mostBytes)
      return refuse(
        one.name,
        `It has ${bytes(one.size)}; at most ${bytes(mostBytes)} can be imported.`,
        'Choose another.',
      )
    try {
      const {name, content} = await contentOf(one, mostBytes)
      file.current = {name, content}
    } catch (fault) {
      const detail = fault instanceof TooLarge ? `Unpacked it has more than ${bytes(mostBytes)}.` : 'It cannot be read.'
      return refuse(one.name, detail, 'Choose another.')
    }
    await look(file.current, null)
  }

  const readAs = async (symbol: string) => {
    if (file.current !== null) await look(file.current, symbol)
  }

  const confirm = (read: ReadPrices) => {
    const chosen = file.current
    if (chosen === null) return
    void during(`Importing ${read.symbol}`, async (signal) => {
      const answer = await importFile(chosen, read.symbol, read.replaces !== null, signal)
      if (!answer.ok)
        return {step: 'refused', name: chosen.name, detail: answer.detail, remedy: answer.remedy, readable: true}
      file.current = null
      onImported()
      return {step: 'imported', imported: answer.value}
    })
  }

  const cancel = () => {
    running.current?.abort()
    running.current = null
    file.current = null
    setState(IDLE)
  }
  return {state, choose, readAs, confirm, cancel}
}
