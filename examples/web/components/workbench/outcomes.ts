/** What became of a portfolio's latest run, seen beside what its form says now. */
import {type Changed, changesBetween} from '@/lib/changes'
import {sentLike, toRequest} from '@/lib/draft'
import {openProblems} from '@/lib/problems'
import type {JsonObject, Schema, Strategy} from '@/lib/schema/types'
import type {Failure} from './ProblemSummary'
import type {Portfolio, PortfolioId} from './portfolios'
import type {RunStates} from './useRuns'

type Of<T> = T & {readonly id: PortfolioId}

/** The schema of the parameters of a portfolio's strategy; undefined where this runner does not have it. */
export function parametersOf({draft}: Portfolio, strategies: readonly Strategy[]): Schema | undefined {
  return strategies.find(({name}) => name === draft.strategy)?.parameters
}

/** The portfolios whose latest run failed, with the problems that are still open. */
export function failuresIn(
  list: readonly Portfolio[],
  states: RunStates,
  strategies: readonly Strategy[],
): Of<Failure>[] {
  return list.flatMap((portfolio) => {
    const {id, name, draft} = portfolio
    const state = states[id]
    if (state?.status !== 'failed' || state.error === null) return []
    const parameters = parametersOf(portfolio, strategies)
    const open = openProblems(state.error, state.asked, toRequest(draft, strategies), parameters)
    return [{id, name, error: state.error, open, parameters}]
  })
}

/** The portfolios that are other than what their result on show was asked for, once there is any result. */
export function changesIn(
  list: readonly Portfolio[],
  states: RunStates,
  strategies: readonly Strategy[],
): Of<Changed>[] {
  if (list.every(({id}) => states[id]?.shown == null)) return []
  return list.flatMap((portfolio): Of<Changed>[] => {
    const {id, name, draft} = portfolio
    const shown = states[id]?.shown
    if (shown == null) return [{id, name, titles: null}]
    const asked = shown.request as unknown as JsonObject
    const now = sentLike(asked, toRequest(draft, strategies))
    const titles = changesBetween(asked, now, parametersOf(portfolio, strategies))
    return titles.length > 0 ? [{id, name, titles}] : []
  })
}
