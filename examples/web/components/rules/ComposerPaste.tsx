'use client'

import type {BacktestErrorDocument} from 'backtest-runner'
import {useEffect, useId, useRef, useState} from 'react'
import {useBuilder} from '@/components/builder/BuilderContext'
import controls from '@/components/builder/controls.module.css'
import type {Draft} from '@/lib/draft'
import {counted} from '@/lib/format'
import {equalised, holdingsOf, symbolsOf} from '@/lib/holdings'
import {inWords, placeIn, symphonyOf, titleOf} from '@/lib/rules/symphony'
import type {Json, JsonObject} from '@/lib/schema/types'
import styles from './rules.module.css'

interface Converted {
  /** What its author called it; empty without a name. */
  readonly title: string
  readonly request: JsonObject
  readonly warnings: readonly string[]
}

type State =
  | {is: 'closed' | 'open' | 'busy'}
  | {is: 'refused'; why: Refusal; of: Json}
  | {is: 'filled'; converted: Converted}
type Refusal = Pick<BacktestErrorDocument, 'detail' | 'errors'>

const MOST_PROBLEMS = 20

/** A symphony of Composer, pasted: the runner converts it, and the form is filled with the request that comes of it. */
export function ComposerPaste() {
  const {draft, set} = useBuilder()
  const id = useId()
  const [state, setState] = useState<State>({is: 'closed'})
  const [text, setText] = useState('')
  const opener = useRef<HTMLButtonElement>(null)
  const underWay = useRef<AbortController>(null)
  useEffect(() => () => underWay.current?.abort(), []) // another portfolio's form is not filled in
  const close = (next: State) => {
    underWay.current?.abort()
    setState(next)
    setText('')
    opener.current?.focus()
  }
  const latest = useRef(draft)
  latest.current = draft
  const convert = async () => {
    const controller = new AbortController()
    underWay.current = controller
    setState({is: 'busy'})
    const answer = await asked(text, controller.signal)
    if (controller.signal.aborted) return
    const symphony = symphonyOf(text)
    if ('refused' in answer) return setState({is: 'refused', why: answer.refused, of: symphony})
    set([], filled(latest.current, answer.request)) // as the form is by now
    close({is: 'filled', converted: {...answer, title: titleOf(symphony)}})
  }
  const open = state.is === 'open' || state.is === 'busy' || state.is === 'refused'
  return (
    <div className={styles.composer}>
      <button
        ref={opener}
        type="button"
        className="link-button"
        aria-expanded={open}
        aria-controls={`${id}-panel`}
        onClick={() => (open ? close({is: 'closed'}) : setState({is: 'open'}))}
      >
        Paste from Composer
      </button>
      <div id={`${id}-panel`} role="group" aria-labelledby={`${id}-heading`} hidden={!open}>
        <h5 id={`${id}-heading`} className={styles.subhead}>
          A strategy from Composer
        </h5>
        <label htmlFor={id}>Symphony</label>
        <textarea
          id={id}
          className={controls.text}
          rows={6}
          spellCheck={false}
          aria-describedby={`${id}-about`}
          aria-invalid={state.is === 'refused' || undefined}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <p id={`${id}-about`} className={styles.note}>
          Its JSON, as Composer gives it. The tree, holdings, execution and rebalancing of this form are replaced.
        </p>
        <div className={styles.actions}>
          <button
            type="button"
            className="quiet-button"
            disabled={text.trim() === '' || state.is === 'busy'}
            onClick={convert}
          >
            {state.is === 'busy' ? 'Converting…' : 'Convert'}
          </button>
          <button type="button" className="quiet-button" onClick={() => close({is: 'closed'})}>
            Cancel
          </button>
        </div>
      </div>
      <div role="status">{state.is === 'filled' && <Filled converted={state.converted} />}</div>
      <div role="alert">{state.is === 'refused' && <Refused why={state.why} of={state.of} />}</div>
    </div>
  )
}

function Filled({converted: {title, request, warnings}}: {readonly converted: Converted}) {
  return (
    <>
      <p className={styles.note}>
        Filled in{title && ` from “${title}”`}: a tree of {counted(symbolsOf(request).length, 'holding')}.
      </p>
      {warnings.map((warning) => (
        <p key={warning} className={styles.missing}>
          {inWords(warning)}
        </p>
      ))}
    </>
  )
}

/** Each problem with where it stands in the symphony. */
function Refused({why: {detail, errors}, of}: {readonly why: Refusal; readonly of: Json}) {
  return (
    <div className={styles.refused}>
      <p>{detail}</p>
      <ul>
        {errors.slice(0, MOST_PROBLEMS).map((problem) => (
          <li key={problem.pointer + problem.detail}>
            {problem.pointer !== '' && <b>{placeIn(of, problem.pointer)}:</b>} {inWords(problem.detail)}
          </li>
        ))}
      </ul>
      {errors.length > MOST_PROBLEMS && <p>And {errors.length - MOST_PROBLEMS} more.</p>}
    </div>
  )
}

const NO_ANSWER: Refusal = {detail: 'The server does not answer. Try again in a few seconds.', errors: []}

type Answer = Omit<Converted, 'title'>

async function asked(symphony: string, signal: AbortSignal): Promise<Answer | {refused: Refusal}> {
  const request = {method: 'POST', body: symphony, signal}
  const response = await fetch('/api/convert/composer', request).catch(() => null)
  const answer: Answer | {refused: Refusal} | Refusal | null = await response?.json().catch(() => null)
  if (answer == null) return {refused: NO_ANSWER}
  return 'detail' in answer ? {refused: {detail: answer.detail, errors: answer.errors ?? []}} : answer
}

/** The draft with what a symphony says; its period stays, where it has one. */
function filled({rebalancing: _, execution: __, ...rest}: Draft, request: JsonObject): Draft {
  const symbols = holdingsOf(request).map(({symbol}) => symbol)
  const parts = equalised(symbols.length, 1) // as the converter has them, in figures that can be read
  const holdings = symbols.map((symbol, index) => ({symbol, allocation: parts[index] ?? 0}))
  const {start_date, end_date} = {...request, ...rest}
  return {...rest, ...request, holdings, ...(start_date && {start_date}), ...(end_date && {end_date})}
}
