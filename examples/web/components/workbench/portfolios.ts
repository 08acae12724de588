import {type Draft, EMPTY_DRAFT, strategyOf} from '@/lib/draft'
import {type LinkedPortfolio, LONGEST_NAME, MOST_PORTFOLIOS} from '@/lib/link'
import {type Path, pathOf, valueAt, withValueAt} from '@/lib/pointer'
import {isObject, type Json, type JsonObject, sameJson} from '@/lib/schema/types'

const IDS = ['a', 'b', 'c'] as const
export type PortfolioId = (typeof IDS)[number]

export interface Portfolio {
  readonly id: PortfolioId
  readonly name: string
  readonly draft: Draft
  /** What the parameters of other strategies were, for when somebody comes back to one. */
  readonly remembered: Readonly<Record<string, Json>>
}

export interface Portfolios {
  readonly list: readonly Portfolio[]
  readonly active: PortfolioId
  /** Counts the requests that have been opened: links, examples, Back and Forward. */
  readonly opening: number
  /** What was opened: what a reset leads back to. */
  readonly origin: readonly LinkedPortfolio[]
  /** What a reset has put away, until something else is changed. */
  readonly putAway: Portfolios | null
}

export type PortfolioAction =
  | {type: 'set'; path: Path; value: Json | undefined}
  | {type: 'set all'; id: PortfolioId; values: readonly (readonly [string, Json])[]}
  | {type: 'choose strategy'; name: string}
  | {type: 'select'; id: PortfolioId}
  | {type: 'add'}
  | {type: 'rename'; name: string}
  | {type: 'remove'; id: PortfolioId}
  | {type: 'same period'}
  | {type: 'open'; portfolios: readonly LinkedPortfolio[]}
  | {type: 'reset'}
  | {type: 'undo reset'}

/** The portfolios of a link or a preset; a blank one where there are none. */
export function opened(portfolios: readonly LinkedPortfolio[], opening = 0): Portfolios {
  const list = portfolios.slice(0, IDS.length).map(({name, draft}, index) => {
    const portfolio = blank(IDS[index] ?? 'a', draft)
    return name === '' ? portfolio : {...portfolio, name}
  })
  const some = list.length > 0 ? list : [blank('a', EMPTY_DRAFT)]
  return {list: some, active: 'a', opening, origin: portfolios, putAway: null}
}

/** Whether anything is other than it was opened. */
export function isChanged({list, origin}: Portfolios): boolean {
  const was = opened(origin).list
  const same = (one: Portfolio, other: Portfolio | undefined) =>
    one.name === other?.name && sameJson(one.draft, other.draft)
  return list.length !== was.length || !list.every((one, index) => same(one, was[index]))
}

export function activePortfolio({list, active}: Portfolios): Portfolio {
  return list.find(({id}) => id === active) ?? list[0] ?? blank('a', EMPTY_DRAFT)
}

export function portfoliosReducer(state: Portfolios, action: PortfolioAction): Portfolios {
  if (action.type === 'select') return {...state, active: action.id}
  return reduced({...state, putAway: null}, action, state)
}

function reduced(
  state: Portfolios,
  action: Exclude<PortfolioAction, {type: 'select'}>,
  before: Portfolios,
): Portfolios {
  switch (action.type) {
    case 'set':
      return changed(state, ({draft}) => ({draft: withValueAt(draft, action.path, action.value)}))
    case 'set all':
      return changed({...state, active: action.id}, ({draft}) => ({draft: withValues(draft, action.values)}))
    case 'choose strategy':
      return changed(state, (portfolio) => withStrategy(portfolio, action.name))
    case 'add':
      return withAnother(state)
    case 'rename':
      return changed(state, () => ({name: action.name.slice(0, LONGEST_NAME).toWellFormed()}))
    case 'remove':
      return without(state, action.id)
    case 'same period':
      return withSamePeriod(state)
    case 'open':
      return opened(action.portfolios, state.opening + 1)
    case 'reset':
      return {...opened(state.origin, state.opening + 1), putAway: before}
    case 'undo reset':
      return before.putAway === null ? state : {...before.putAway, opening: state.opening + 1}
  }
}

function blank(id: PortfolioId, draft: Draft): Portfolio {
  return {id, name: `Portfolio ${id.toUpperCase()}`, draft, remembered: {}}
}

function changed(state: Portfolios, change: (portfolio: Portfolio) => Partial<Portfolio>): Portfolios {
  return {...state, list: state.list.map((one) => (one.id === state.active ? {...one, ...change(one)} : one))}
}

/** A draft with other values at some pointers. */
const withValues = (draft: Draft, values: readonly (readonly [string, Json])[]): Draft =>
  values.reduce<Draft>((next, [pointer, value]) => withValueAt(next, pathOf(pointer), value ?? undefined), draft)

/** Each strategy has parameters of its own: the former one's are put aside, this one's earlier ones come back. */
function withStrategy({draft, remembered}: Portfolio, name: string): Partial<Portfolio> {
  const former = isObject(draft.parameters) ? draft.parameters : {}
  const next: JsonObject = withValueAt({...withoutFormer(draft), strategy: name}, ['parameters'], remembered[name])
  return {draft: next, remembered: {...remembered, [strategyOf(draft)]: former}}
}

/** Questions that vary the former strategy's parameters have no meaning for another. */
function withoutFormer(draft: Draft): Draft {
  const questions = [['analysis', 'sweep'], ['analysis', 'walk_forward'], ['compare']]
  const names = (path: Path) => JSON.stringify(valueAt(draft, path) ?? '').includes('parameters')
  return questions.filter(names).reduce<Draft>((next, path) => withValueAt(next, path, undefined), draft)
}

/** A copy of the one in view: what is compared then differs in what somebody changes, and in nothing else. */
function withAnother(state: Portfolios): Portfolios {
  const id = IDS.find((one) => state.list.every((portfolio) => portfolio.id !== one))
  if (id === undefined || state.list.length >= MOST_PORTFOLIOS) return state
  const {draft, remembered} = activePortfolio(state)
  const list = [...state.list, {...blank(id, draft), remembered}]
  return {...state, list: list.sort((one, other) => one.id.localeCompare(other.id)), active: id}
}

function without(state: Portfolios, id: PortfolioId): Portfolios {
  const list = state.list.filter((one) => one.id !== id)
  const first = list[0]
  if (first === undefined) return state
  return {...state, list, active: state.active === id ? first.id : state.active}
}

function withSamePeriod(state: Portfolios): Portfolios {
  const {start_date, end_date} = activePortfolio(state).draft
  const list = state.list.map((one) => {
    const draft = withValueAt(withValueAt(one.draft, ['start_date'], start_date), ['end_date'], end_date)
    return {...one, draft}
  })
  return {...state, list}
}
