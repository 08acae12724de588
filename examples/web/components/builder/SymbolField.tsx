'use client'

import {type ClipboardEvent, type KeyboardEvent, useEffect, useId, useRef, useState} from 'react'
import {valueAt} from '@/lib/pointer'
import {matchingSymbols, type SymbolNote, symbolNote} from '@/lib/symbols'
import {useBuilder} from './BuilderContext'
import styles from './controls.module.css'
import type {ControlAttributes} from './Field'
import {useTyped} from './useTyped'

interface Props {
  readonly attributes: Partial<ControlAttributes> & {readonly 'aria-label'?: string}
  readonly value: string
  readonly onValue: (symbol: string) => void
  readonly placeholder?: string
  /** Given a chance to take a paste as more than one symbol; tells whether it did. */
  readonly onPaste?: (text: string) => boolean
}

const MOST_SHOWN = 40
const SETTLED_AFTER_MS = 400

/**
 * A symbol, looked up among those whose prices are at hand or typed as it is: the combobox of the ARIA practices, with a
 * list that helps and does not compel. What no list has is said under it once typing has ended.
 */
export function SymbolField({attributes, value, onValue, placeholder = 'Symbol', onPaste}: Props) {
  const listId = useId()
  const noteId = useId()
  const {symbols} = useBuilder()
  const note = useNote(value)
  const [open, setOpen] = useState(false)
  const [filtering, setFiltering] = useState(false)
  const [active, setActive] = useState(-1)
  const list = useRef<HTMLUListElement>(null)
  const {text, onType, onLeave} = useTyped(value, meaning, () => value)
  const options = matchingSymbols(symbols, filtering ? value : '').slice(0, MOST_SHOWN)
  const shown = open && options.length > 0

  useEffect(() => {
    if (shown) list.current?.children[Math.max(0, active)]?.scrollIntoView({block: 'nearest'})
  }, [shown, active])

  const choose = (symbol: string) => {
    onValue(symbol)
    close()
  }
  const close = () => {
    setOpen(false)
    setFiltering(false)
    setActive(-1)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const action = keyAction(event, shown, options[active]?.symbol)
    if (action === null) return
    if (action !== 'leave list') event.preventDefault()
    if (action === 'leave list') setActive(-1)
    else if (action === 'open') setOpen(true)
    else if (action === 'close') close()
    else if (action === 'clear') onValue('')
    else if ('choose' in action) choose(action.choose)
    else {
      setOpen(true)
      setActive((at) => moved(at, action.move, options.length))
    }
  }
  const onPasted = (event: ClipboardEvent<HTMLInputElement>) => {
    if (!onPaste?.(event.clipboardData.getData('text'))) return
    event.preventDefault()
    close()
  }
  return (
    <>
      <span className={styles.combobox}>
        <input
          {...attributes}
          type="text"
          role="combobox"
          aria-describedby={[attributes['aria-describedby'], note && noteId].filter(Boolean).join(' ') || undefined}
          aria-autocomplete="list"
          aria-expanded={shown}
          aria-controls={listId}
          aria-activedescendant={shown && active >= 0 ? `${listId}-${active}` : undefined}
          autoComplete="off"
          autoCapitalize="characters"
          spellCheck={false}
          placeholder={placeholder}
          maxLength={20}
          value={text}
          onChange={(event) => {
            onType(event.target.value)
            onValue(meaning(event.target.value))
            setFiltering(true)
            setActive(-1)
            setOpen(true)
          }}
          onClick={() => setOpen(true)}
          onFocus={(event) => event.target.select()}
          onBlur={() => {
            close()
            onLeave()
          }}
          onKeyDown={onKeyDown}
          onPaste={onPasted}
        />
        <ul ref={list} id={listId} role="listbox" aria-label="Symbols" className={styles.options} hidden={!shown}>
          {shown &&
            options.map(({symbol, description, first, last}, index) => (
              <li
                key={symbol}
                id={`${listId}-${index}`}
                role="option"
                aria-selected={index === active}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => choose(symbol)}
              >
                <strong>{symbol}</strong> <span>{description}</span>
                <small>
                  {first.slice(0, 4)} to {last.slice(0, 7)}
                </small>
              </li>
            ))}
        </ul>
      </span>
      <span id={noteId} className={styles.symbolNote} data-fails={note?.fails} aria-live="polite">
        {note?.text}
      </span>
    </>
  )
}

/** What can be said of the symbol before a run, once it has stood for a moment; of one that was there before at once. */
function useNote(symbol: string): SymbolNote | undefined {
  const {draft, listed, network} = useBuilder()
  const [settled, setSettled] = useState(symbol)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(symbol), SETTLED_AFTER_MS)
    return () => clearTimeout(timer)
  }, [symbol])
  const source = valueAt(draft, ['data', 'source']) ?? 'auto'
  return settled === symbol ? symbolNote(symbol, {listed, network, source: String(source)}) : undefined
}

type KeyAction = 'open' | 'close' | 'clear' | 'leave list' | {choose: string} | {move: 1 | -1}

/** What a key does, by the ARIA practices for a combobox with a list; null: what it does in any box. */
function keyAction({key, altKey, ctrlKey, metaKey}: KeyboardEvent, shown: boolean, option?: string): KeyAction | null {
  if (ctrlKey || metaKey) return null
  if (key === 'ArrowDown') return altKey ? 'open' : {move: 1}
  if (key === 'ArrowUp') return altKey ? 'close' : {move: -1}
  if (key === 'Enter' && shown) return option === undefined ? 'close' : {choose: option}
  if (key === 'Escape') return shown ? 'close' : 'clear'
  return ['ArrowLeft', 'ArrowRight', 'Home', 'End'].includes(key) ? 'leave list' : null
}

/** Typed in small letters, meant in capitals. */
const meaning = (text: string): string => text.toUpperCase().trim()

function moved(at: number, by: number, count: number): number {
  if (count === 0) return -1
  return at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count
}
