'use client'

import type {BacktestErrorDocument} from 'backtest-runner'
import type {Ref} from 'react'
import {inPlainWords} from '@/lib/plain-words'
import {fieldId} from '@/lib/pointer'
import {type Problem, readDetail, readSuggestion, remedyHere, sentence} from '@/lib/problems'
import {nameOf, schemaAt} from '@/lib/schema/names'
import type {Json, Schema} from '@/lib/schema/types'
import styles from './ProblemSummary.module.css'

/** A portfolio whose latest run failed. */
export interface Failure {
  readonly id: string
  readonly name: string
  readonly error: BacktestErrorDocument
  /** The problems whose values have not been changed since. */
  readonly open: readonly Problem[]
  readonly parameters: Schema | undefined
}

interface Props {
  readonly ref: Ref<HTMLElement>
  readonly failures: readonly Failure[]
  readonly several: boolean
  readonly onReveal: (failure: Failure, pointer: string) => void
  readonly onSuggestion: (failure: Failure, problem: Problem) => void
  readonly onRetry: () => void
}

/** Everything that keeps the portfolios from running, each with the way to its field. */
export function ProblemSummary({ref, failures, several, onReveal, onSuggestion, onRetry}: Props) {
  if (failures.length === 0) return null
  return (
    <section ref={ref} tabIndex={-1} className={styles.summary} aria-labelledby="problems-heading">
      <h2 id="problems-heading" className={styles.heading}>
        {headingOf(failures, several)}
      </h2>
      {failures.map((failure) => (
        <div key={failure.id}>
          {several && (
            <h3>
              {failure.name}: {titleOf(failure.error)}
            </h3>
          )}
          <p>{remedyOf(failure)}</p>
          {failure.open.length > 0 && (
            <ul>
              {failure.open.map((problem) => (
                <Entry
                  key={problem.pointer + problem.code + problem.detail}
                  failure={failure}
                  problem={problem}
                  onReveal={onReveal}
                  onSuggestion={onSuggestion}
                />
              ))}
            </ul>
          )}
        </div>
      ))}
      {failures.some(({error}) => error.retryable) && (
        <button type="button" className="quiet-button" onClick={onRetry}>
          Try again
        </button>
      )}
    </section>
  )
}

interface EntryProps extends Pick<Props, 'onReveal' | 'onSuggestion'> {
  readonly failure: Failure
  readonly problem: Problem
}

function Entry({failure, problem, onReveal, onSuggestion}: EntryProps) {
  const {pointer} = problem
  const schema = schemaAt(pointer, failure.parameters)
  const name = nameOf(pointer, failure.parameters)
  const fix = schema === undefined ? null : readSuggestion(problem.suggestion as Json, schema)
  return (
    <li>
      {name !== '' && (
        <a
          href={`#${fieldId(pointer)}`}
          onClick={(event) => {
            event.preventDefault() // the address is the request's; a hash has no place in it
            onReveal(failure, pointer)
          }}
        >
          {name}
        </a>
      )}
      {name === '' ? '' : ': '}
      {readDetail(problem, schema, failure.parameters)}{' '}
      {fix !== null && (
        <button type="button" className="link-button" onClick={() => onSuggestion(failure, problem)}>
          Use {fix}
        </button>
      )}
    </li>
  )
}

function headingOf([first]: readonly Failure[], several: boolean): string {
  if (first === undefined || several) return 'Some portfolios did not run'
  if (!isInvalid(first.error)) return titleOf(first.error)
  const count = first.open.length
  return count === 0 ? 'Ready to run again' : count === 1 ? 'One thing to fix' : `${count} things to fix`
}

/** Whether it was the process or the way to it that broke off is nothing to a reader. */
const titleOf = ({code, title}: BacktestErrorDocument) => (code === 'WORKER_CRASHED' ? 'No answer came back' : title)

const isInvalid = ({code, errors}: BacktestErrorDocument) => code === 'VALIDATION_FAILED' && errors.length > 0

/** What to do: the document's own remedy, but for what it says to programs alone. */
function remedyOf({error, open, parameters}: Failure): string {
  if (error.errors.length > 0 && open.length === 0) return 'Every field has been changed since. Run it again.'
  if (isInvalid(error))
    return open.length === 1 ? 'Fix it, then run it again.' : 'Each links to its field. Fix them, then run it again.'
  if (error.code === 'WORKER_CRASHED')
    return `${sentence(error.detail)} See whether you are online, then try again. If it recurs, tell the operator.`
  if (error.code === 'TOO_MANY_REQUESTS') return 'The server is busy with other runs. Try again in a few seconds.'
  if (error.code === 'SERVICE_UNAVAILABLE')
    return `${sentence(error.detail)} Try again in a few seconds, or choose another way under “Runs by”.`
  if (error.code === 'RUN_TOO_LONG')
    return 'It may take longer than the service waits for. Choose “Queue” or “Live” under “Runs by”, then run it again.'
  const detail = error.errors.length > 0 ? '' : `${sentence(error.detail)} `
  return inPlainWords(detail + remedyHere(error.remedy), parameters)
}
