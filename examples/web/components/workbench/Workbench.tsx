'use client'

import dynamic from 'next/dynamic'
import {
  Suspense,
  useCallback,
  useEffect,
  useEffectEvent,
  useMemo,
  useReducer,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import {flushSync} from 'react-dom'
import {Builder} from '@/components/builder/Builder'
import {PANEL_ID, PortfolioTabs, tabId} from '@/components/builder/PortfolioTabs'
import {ReportsOffered} from '@/components/result/reports'
import {SharingContext} from '@/components/share/sharing'
import {type RunSetting, RunSettingContext} from '@/components/worth/run-setting'
import {changesInWords} from '@/lib/changes'
import {forPhone, toRequest} from '@/lib/draft'
import {symbolsOf} from '@/lib/holdings'
import {fitsLink, LINK_PARAMETER, type LinkContents, type LinkedPortfolio, readLink, writeLink} from '@/lib/link'
import {pathOf} from '@/lib/pointer'
import type {Preset} from '@/lib/presets'
import {type Problem, withSuggestion} from '@/lib/problems'
import {dereferenced} from '@/lib/schema/references'
import type {Json, JsonObject, ListedSymbol, Strategy} from '@/lib/schema/types'
import type {Network} from '@/lib/symbols'
import {type Service, transportFor} from '@/lib/transport'
import {chosenWay, onWay} from '@/lib/way'
import {DamagedLink} from './DamagedLink'
import {Gallery, type Sparklines} from './Gallery'
import {Header} from './Header'
import {changesIn, failuresIn, parametersOf} from './outcomes'
import {type Failure, ProblemSummary} from './ProblemSummary'
import {activePortfolio, isChanged, opened, type Portfolio, type PortfolioId, portfoliosReducer} from './portfolios'
import {fetchResultView, ResultPane} from './ResultPane'
import {RunBar} from './RunBar'
import {revealField} from './reveal'
import {useRuns} from './useRuns'
import {useSymbols} from './useSymbols'
import styles from './Workbench.module.css'

// loaded where a service is set up
const RunsBy = dynamic(() => import('./RunsBy').then((module) => module.RunsBy))

interface Props {
  readonly strategies: readonly Strategy[]
  readonly symbols: readonly ListedSymbol[]
  readonly sparklines: Sparklines
  /** What the address carries when the page is opened. */
  readonly link: string | null
  /** The service that runs may go to instead; null where none is set up. */
  readonly service: Service | null
  /** Whether this page's own server passes runs on to the service. */
  readonly forwards: boolean
  /** The network source that this page's own server asks. */
  readonly network: Network
  /** Whether it has the runner beside it, which makes reports and converts symphonies. */
  readonly hasRunner: boolean
  /** Whether it keeps results that somebody shares. */
  readonly shares: boolean
}

/** The page: a form of up to three portfolios, and what came of them. Its address says all that is in it. */
export function Workbench(props: Props) {
  const {symbols: initialSymbols, sparklines, link, service, forwards, hasRunner, shares} = props
  const sharing = useMemo(() => ({offered: shares, receipt: null}), [shares])
  const strategies = useMemo(() => props.strategies.map(withParts), [props.strategies])
  const [contents, setContents] = useState<LinkContents | null>(() =>
    link === null ? null : readLink(link, strategies),
  )
  const [portfolios, dispatch] = useReducer(portfoliosReducer, whole(contents) ?? [], (linked) => opened(linked))
  const {states, startedAt, run, cancel, clear} = useRuns(
    useCallback(() => transportFor(chosenWay(), service), [service]),
  )
  const [ended, setEnded] = useState(0)
  const [title, setTitle] = useState(TITLE)
  const [listening, setListening] = useState(false)
  const summary = useRef<HTMLElement>(null)
  const result = useRef<HTMLDivElement>(null)
  const heading = useRef<HTMLHeadingElement>(null)
  const shownLink = useRef(link)

  const active = activePortfolio(portfolios)
  const {symbols, listed} = useSymbols(
    initialSymbols,
    portfolios.list.flatMap(({draft}) => symbolsOf(draft)),
    ended,
  )
  const network = useSyncExternalStore(onWay, chosenWay, () => 'server') === 'server' ? props.network : undefined
  const failures = failuresIn(portfolios.list, states, strategies)
  const changes = changesIn(portfolios.list, states, strategies)
  const latest = portfolios.list.flatMap(({id}) => states[id] ?? [])

  const runAll = async (list: readonly Portfolio[], address: 'kept' | 'written') => {
    if (address === 'written') shownLink.current = writeAddress(list)
    setContents(null)
    setTitle(`${list.map(({name}) => name).join(', ')} – ${TITLE}`)
    const sent = matchMedia(PHONE).matches ? forPhone : (request: JsonObject) => request
    const asked = list.map(({id, name, draft}) => ({id, name, request: sent(toRequest(draft, strategies))}))
    if ((await run(asked)) === 'ended') setEnded((count) => count + 1)
  }
  const open = (linked: readonly LinkedPortfolio[], address: 'kept' | 'written') => {
    dispatch({type: 'open', portfolios: linked})
    clear()
    void runAll(opened(linked).list, address)
  }
  const withSetting = useRef<RunSetting>(() => {})
  withSetting.current = (id, values) => {
    const action = {type: 'set all', id: id as PortfolioId, values} as const
    dispatch(action)
    void runAll(portfoliosReducer(portfolios, action).list, 'written')
  }
  const runSetting = useCallback<RunSetting>((id, values) => withSetting.current(id, values), []) // a result is not drawn anew
  const startOver = () => {
    dispatch({type: 'open', portfolios: []})
    clear()
    setContents(null)
    setTitle(TITLE)
    shownLink.current = null
    if (location.search !== '') history.pushState(null, '', location.pathname)
    scrollTo({top: 0})
  }

  const runOpened = useEffectEvent(() => {
    if (whole(contents)) void runAll(portfolios.list, 'kept')
  })
  const onPopState = useEffectEvent(() => {
    const text = new URLSearchParams(location.search).get(LINK_PARAMETER)
    if (text === shownLink.current) return // only the hash has changed
    shownLink.current = text
    const next = text === null ? null : readLink(text, strategies)
    const linked = whole(next)
    if (linked !== null) return open(linked, 'kept')
    setTitle(TITLE)
    dispatch({type: 'open', portfolios: []})
    clear()
    setContents(next)
  })
  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void runAll(portfolios.list, 'written')
  })
  useEffect(() => {
    setListening(true)
    runOpened()
    addEventListener('popstate', onPopState)
    addEventListener('keydown', onKeyDown)
    return () => {
      removeEventListener('popstate', onPopState)
      removeEventListener('keydown', onKeyDown)
    }
  }, [])

  useEffect(() => {
    if (listening) document.documentElement.dataset.ready = '' // for a program that steers the page
  }, [listening])

  useEffect(() => {
    if (ended === 0) return
    if (summary.current !== null) return summary.current.focus()
    const isBelow = matchMedia(NARROW).matches
    if (isBelow || document.activeElement === document.body) result.current?.focus({preventScroll: true}) // the card that began it is gone
    if (isBelow) result.current?.scrollIntoView({block: 'start'})
  }, [ended])

  const reveal = (failure: Failure, pointer: string) => {
    flushSync(() => dispatch({type: 'select', id: failure.id as PortfolioId})) // its fields have to be there
    revealField(pointer)
  }
  const takeSuggestion = (failure: Failure, {pointer, suggestion}: Problem) => {
    const portfolio = portfolios.list.find(({id}) => id === failure.id)
    if (portfolio === undefined) return
    dispatch({type: 'select', id: portfolio.id})
    dispatch({type: 'set', path: pathOf(pointer), value: withSuggestion(pointer, suggestion as Json, portfolio.draft)})
  }
  const activeFailure = failures.find(({id}) => id === active.id)
  const tabs = portfolios.list.map(({id, name}) => ({id, name, failed: failures.some((one) => one.id === id)}))
  return (
    <>
      <title>{title}</title>
      <a href="#result" className={styles.skip}>
        Skip to the result
      </a>
      <Header form={{linkOf: () => addressOf(portfolios.list), onStartOver: startOver}} />
      <main className={styles.workbench}>
        {contents?.fault && (
          <DamagedLink
            contents={contents}
            onOpen={(rest) => {
              dispatch({type: 'open', portfolios: rest})
              setContents({portfolios: [], fault: 'Filled in is what could be read. Check it, then run it.'})
            }}
            onStartOver={startOver}
          />
        )}
        <section className={styles.builder} aria-labelledby="builder-heading">
          <h2 ref={heading} id="builder-heading" tabIndex={-1} className="visually-hidden">
            Portfolio builder
          </h2>
          {/* Not on its own to be filled in: not by the browser, which brings back what was typed before, nor before
              this page listens. */}
          <form
            className={styles.form}
            autoComplete="off"
            inert={!listening}
            onSubmit={(event) => event.preventDefault()}
          >
            {latest.length === 0 && (
              <p className={styles.shortcut}>
                New here? <a href="#gallery-heading">Start with an example</a>, or fill in the form.
              </p>
            )}
            <ProblemSummary
              ref={summary}
              failures={failures}
              several={portfolios.list.length > 1}
              onReveal={reveal}
              onSuggestion={takeSuggestion}
              onRetry={() => void runAll(portfolios.list, 'written')}
            />
            <PortfolioTabs
              tabs={tabs}
              active={tabs.find(({id}) => id === active.id) ?? {id: active.id, name: active.name, failed: false}}
              onSelect={({id}) => dispatch({type: 'select', id})}
              onAdd={() => dispatch({type: 'add'})}
              onRename={(name) => dispatch({type: 'rename', name})}
              onRemove={({id}) => dispatch({type: 'remove', id})}
            />
            <div role="tabpanel" id={PANEL_ID} aria-labelledby={tabId(active.id)} key={active.id}>
              <Builder
                contents={{
                  draft: active.draft,
                  opening: portfolios.opening,
                  parameters: parametersOf(active, strategies),
                  set: (path, value) => dispatch({type: 'set', path, value}),
                  problems: activeFailure?.open ?? [],
                  symbols,
                  listed,
                  network,
                  converts: hasRunner,
                }}
                strategies={strategies}
                onStrategy={(name) => dispatch({type: 'choose strategy', name})}
                onSameForAll={portfolios.list.length > 1 ? () => dispatch({type: 'same period'}) : null}
              />
            </div>
            {service !== null && (
              <Suspense>
                <RunsBy service={service} forwards={forwards} />
              </Suspense>
            )}
          </form>
          <RunBar
            runs={latest}
            several={portfolios.list.length > 1}
            startedAt={startedAt}
            changed={changesInWords(changes, portfolios.list.length > 1)}
            reset={portfolios.putAway !== null ? 'undoable' : isChanged(portfolios) ? 'possible' : 'idle'}
            onReset={() => dispatch({type: portfolios.putAway === null ? 'reset' : 'undo reset'})}
            onRun={() => void runAll(portfolios.list, 'written')}
            onCancel={cancel}
            onForm={() => {
              heading.current?.focus({preventScroll: true})
              scrollTo({top: 0})
            }}
          />
        </section>
        <div ref={result} id="result" tabIndex={-1} className={styles.result}>
          <ReportsOffered value={hasRunner}>
            <SharingContext value={sharing}>
              <RunSettingContext value={runSetting}>
                <ResultPane
                  states={states}
                  ids={portfolios.list.map(({id}) => id).join('')}
                  changed={changes.map(({id}) => id).join('')}
                  gallery={
                    <Gallery
                      sparklines={sparklines}
                      onChoose={({name, draft}: Preset) => open([{name, draft}], 'written')}
                      onNear={() => void fetchResultView().catch(() => undefined)}
                    />
                  }
                />
              </RunSettingContext>
            </SharingContext>
          </ReportsOffered>
        </div>
      </main>
    </>
  )
}

const TITLE = 'Backtest'
const NARROW = '(max-width: 899px)'
const PHONE = '(max-width: 599px)'

/** The portfolios of an undamaged link; only they are run unasked. */
const whole = (contents: LinkContents | null) => (contents?.fault === null ? contents.portfolios : null)

const withParts = (one: Strategy): Strategy => ({...one, parameters: dereferenced(one.parameters)})

/** Null where the portfolios are too large for an address. */
function addressOf(list: readonly Portfolio[]): string | null {
  const text = writeLink(list)
  return fitsLink(text) ? `${location.origin}${location.pathname}?${LINK_PARAMETER}=${text}` : null
}

/** Every run that an address can carry has one, so that Back leads to the run before. Returns what the address carries. */
function writeAddress(list: readonly Portfolio[]): string | null {
  const address = addressOf(list)
  if (address !== null && address !== location.href) history.pushState(null, '', address)
  return new URLSearchParams(location.search).get(LINK_PARAMETER)
}
