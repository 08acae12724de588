'use client'

import {useEffect, useRef, useState} from 'react'
import type {Draft} from '@/lib/draft'
import {equalised, holdingsOf, normalised, pastedHoldings, sumOf} from '@/lib/holdings'
import {commonHistory, lastYears} from '@/lib/period'
import {fieldId, pointerTo, valueAt, withValueAt} from '@/lib/pointer'
import {fieldsOf} from '@/lib/schema/fields'
import {requestField} from '@/lib/schema/page'
import {isObject, type Json, type ListedSymbol} from '@/lib/schema/types'
import {readNumber} from '@/lib/units'
import {useBuilder} from './BuilderContext'
import {Problems, useProblems} from './Field'
import styles from './Holdings.module.css'
import {NumberField} from './NumberField'
import {SchemaField} from './SchemaField'
import {SymbolField} from './SymbolField'

const SCHEMA = requestField('holdings')
const FIRST_SPAN_YEARS = 10
/** A longer symbol leaves no room for what it is the symbol of. */
const LONGEST_BESIDE = 6
const ITEM = SCHEMA.items?.properties ?? {}
const MORE = fieldsOf(SCHEMA.items ?? {}).filter(([name]) => name !== 'symbol' && name !== 'allocation')

/** What may be held, and how much of each. */
export function Holdings() {
  const {draft, set} = useBuilder()
  const rows = holdingsOf(draft)
  const raw = Array.isArray(draft.holdings) ? (draft.holdings as readonly Json[]) : []
  const cash = valueAt(draft, ['cash', 'allocation'])
  const total = typeof cash === 'number' && cash >= 0 && cash <= 1 ? 1 - cash : 1
  const problems = useProblems('/holdings')
  const focused = useRef<number | null>(null)
  const body = useRef<HTMLDivElement>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: a row more or fewer is when the focus has to move
  useEffect(() => {
    if (focused.current === null) return
    const boxes = body.current?.querySelectorAll<HTMLInputElement>('[role=combobox]') ?? []
    boxes[Math.min(focused.current, boxes.length - 1)]?.focus()
    focused.current = null
  }, [rows.length])

  const setRows = (next: readonly Json[]) => set(['holdings'], next)
  const setAllocations = (parts: readonly number[]) =>
    setRows(raw.map((row, index) => ({...(isObject(row) ? row : {}), allocation: parts[index] ?? 0})))
  const add = () => {
    focused.current = rows.length
    const missing = Math.max(0, Number((total - sumOf(rows)).toFixed(6)))
    setRows([...raw, {symbol: '', allocation: missing}])
  }
  const paste = (text: string, index: number): boolean => {
    const pasted = pastedHoldings(text, total)
    if (pasted === null) return false
    const whole = Math.abs(total - sumOf(pasted)) < 0.005 // a portfolio by itself, not something to add to one
    const others = raw.filter(
      (row, at) => at !== index && isObject(row) && row.symbol && pasted.every(({symbol}) => symbol !== row.symbol),
    )
    setRows(whole ? pasted : [...others, ...pasted])
    return true
  }
  return (
    <section className={styles.holdings}>
      <h3 id="holdings-heading">{SCHEMA.title}</h3>
      <div
        ref={body}
        id={fieldId('/holdings')}
        tabIndex={-1}
        role="group"
        aria-labelledby="holdings-heading"
        aria-describedby={problems.length > 0 ? `${fieldId('/holdings')}-problems` : undefined}
      >
        {rows.map((row, index) => (
          <Row
            key={index}
            index={index}
            symbol={row.symbol}
            allocation={row.allocation}
            removable={rows.length > 1}
            onRemove={() => {
              focused.current = index // the row that takes its place
              setRows(raw.filter((_, at) => at !== index))
            }}
            onPaste={(text) => paste(text, index)}
          />
        ))}
      </div>
      <Problems id={`${fieldId('/holdings')}-problems`} pointer="/holdings" schema={SCHEMA} problems={problems} />
      <div className={styles.foot}>
        <button type="button" className="quiet-button" onClick={add}>
          Add holding
        </button>
        <Sum sum={sumOf(rows)} total={total} />
      </div>
      <div className={styles.foot}>
        <button type="button" className="link-button" onClick={() => setAllocations(equalised(rows.length, total))}>
          Equalise
        </button>
        <button type="button" className="link-button" onClick={() => setAllocations(normalised(rows, total))}>
          Normalise
        </button>
        <span className={styles.hint}>or paste “SPY 60, AGG 40”</span>
      </div>
    </section>
  )
}

interface RowProps {
  readonly index: number
  readonly symbol: string
  readonly allocation: Json | undefined
  readonly removable: boolean
  readonly onRemove: () => void
  readonly onPaste: (text: string) => boolean
}

function Row({index, symbol, allocation, removable, onRemove, onPaste}: RowProps) {
  const {draft, set, listed} = useBuilder()
  const symbolAt = pointerTo(['holdings', index, 'symbol'])
  const allocationAt = pointerTo(['holdings', index, 'allocation'])
  const symbolProblems = useProblems(symbolAt)
  const allocationProblems = useProblems(allocationAt)
  const about = listed.get(symbol)
  const number = index + 1
  return (
    <div className={styles.row}>
      <span className={styles.symbol}>
        <SymbolField
          attributes={{...invalid(symbolAt, symbolProblems.length), 'aria-label': `Symbol ${number}`}}
          value={symbol}
          onValue={(next) => set([], withSymbol(draft, index, next, listed))}
          onPaste={onPaste}
        />
        {about !== undefined && symbol.length <= LONGEST_BESIDE && (
          <span className={styles.about} aria-hidden="true">
            {about.description}
          </span>
        )}
      </span>
      <NumberField
        {...invalid(allocationAt, allocationProblems.length)}
        aria-label={`Allocation ${number}${symbol === '' ? '' : `, ${symbol}`}, per cent`}
        schema={ITEM.allocation ?? {}}
        value={allocation}
        onValue={(next) => set(['holdings', index, 'allocation'], next)}
      />
      <button
        type="button"
        className={styles.remove}
        disabled={!removable}
        onClick={onRemove}
        aria-label={`Remove holding ${number}${symbol === '' ? '' : `, ${symbol}`}`}
      >
        ×
      </button>
      <More index={index} />
      <Problems
        id={`${fieldId(symbolAt)}-problems`}
        pointer={symbolAt}
        schema={ITEM.symbol ?? {}}
        problems={symbolProblems}
      />
      <Problems
        id={`${fieldId(allocationAt)}-problems`}
        pointer={allocationAt}
        schema={ITEM.allocation ?? {}}
        problems={allocationProblems}
      />
    </div>
  )
}

/** What else a link has said of a holding: nothing is run that the form does not show. */
function More({index}: {readonly index: number}) {
  const {draft} = useBuilder()
  const [offered, setOffered] = useState<readonly string[]>([])
  const fresh = MORE.map(([name]) => name).filter(
    (name) => !offered.includes(name) && valueAt(draft, ['holdings', index, name]) !== undefined,
  )
  if (fresh.length > 0) setOffered([...offered, ...fresh]) // and it stays, where it has been cleared to be typed anew
  const shown = MORE.filter(([name]) => offered.includes(name))
  if (shown.length === 0) return null
  return (
    <div className={styles.more}>
      {shown.map(([name, schema]) => (
        <SchemaField key={name} path={['holdings', index, name]} schema={schema} />
      ))}
    </div>
  )
}

/** The draft with one symbol replaced; where it has no period yet, the last ten years that the symbol has. */
function withSymbol(draft: Draft, index: number, symbol: string, listed: ReadonlyMap<string, ListedSymbol>): Draft {
  const next = withValueAt(draft, ['holdings', index, 'symbol'], symbol)
  const history = next.start_date === undefined && next.end_date === undefined ? commonHistory([symbol], listed) : null
  if (history === null) return next
  const {start, end} = lastYears(history, FIRST_SPAN_YEARS)
  return {...next, start_date: start, end_date: end}
}

function invalid(pointer: string, problems: number) {
  const id = fieldId(pointer)
  if (problems === 0) return {id, 'aria-describedby': undefined, 'aria-invalid': undefined}
  return {id, 'aria-describedby': `${id}-problems`, 'aria-invalid': true as const}
}

/** The running sum, and how far it is from what it has to be. */
function Sum({sum, total}: {readonly sum: number; readonly total: number}) {
  const missing = Number((total - sum).toFixed(6))
  const percent = (value: number) => `${readNumber(Number(value.toFixed(6)), 2)} %`
  const fits = Math.abs(missing) <= 0.00005
  const verdict = fits ? '' : missing > 0 ? `, ${percent(missing)} missing` : `, ${percent(-missing)} too much`
  return (
    <output className={fits ? styles.sum : `${styles.sum} ${styles.off}`} aria-live="polite">
      Sum {percent(sum)}
      {verdict}
      {total < 1 && fits && ` and ${percent(1 - total)} cash`}
    </output>
  )
}
