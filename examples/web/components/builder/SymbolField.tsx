'use client'

import {type ClipboardEvent, type KeyboardEvent, useEffect, useId, useRef, useState} from 'react'
import type {ListedSymbol} from '@/lib/schema/types'
import styles from './controls.module.css'
import type {ControlAttributes} from './Field'
import {useTyped} from './useTyped'

interface Props {
  readonly attributes: Partial<ControlAttributes> & {readonly 'aria-label'?: string}
  readonly value: string
  readonly onValue: (symbol: string) => void
  readonly symbols: readonly ListedSymbol[]
  readonly placeholder?: string
  /** Given a chance to take a paste as more than one symbol; tells whether it did. */
  readonly onPaste?: (text: string) => boolean
}

const MOST_SHOWN = 40

/**
 * A symbol, looked up among those whose prices are at hand or typed as it is: the combobox of the ARIA practices, with a
 * list that helps and does not compel.
 */
export function SymbolField({attributes, value, onValue, symbols, placeholder = 'Symbol', onPaste}: Props) {
  const listId = useId()
  const [open, setOpen] = useState(false)
  const [filtering, setFiltering] = useState(false)
  const [active, setActive] = useState(-1)
  const list = useRef<HTMLUListElement>(null)
  const {text, onType, onLeave} = useTyped(value, meaning, () => value)
  const options = matching(symbols, filtering ? value : '')
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
    const option = options[active]
    if (event.ctrlKey || event.metaKey) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      setOpen(true)
      setActive((at) => moved(at, event.key === 'ArrowDown' ? 1 : -1, options.length))
    } else if (event.key === 'Enter' && shown) {
      event.preventDefault()
      if (option === undefined) close()
      else choose(option.symbol)
    } else if (event.key === 'Escape' && shown) {
      event.preventDefault()
      close()
    }
  }
  const onPasted = (event: ClipboardEvent<HTMLInputElement>) => {
    if (!onPaste?.(event.clipboardData.getData('text'))) return
    event.preventDefault()
    close()
  }
  return (
    <span className={styles.combobox}>
      <input
        {...attributes}
        type="text"
        role="combobox"
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
  )
}

/** Typed in small letters, meant in capitals. */
const meaning = (text: string): string => text.toUpperCase().trim()

/** Symbols that begin with the text, then those that have it in their name. */
function matching(symbols: readonly ListedSymbol[], text: string): readonly ListedSymbol[] {
  const wanted = text.toLowerCase()
  if (wanted === '') return symbols.slice(0, MOST_SHOWN)
  const begins = symbols.filter(({symbol}) => symbol.toLowerCase().startsWith(wanted))
  const named = symbols.filter((one) => !begins.includes(one) && one.description.toLowerCase().includes(wanted))
  return [...begins, ...named].slice(0, MOST_SHOWN)
}

function moved(at: number, by: number, count: number): number {
  if (count === 0) return -1
  return at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count
}
