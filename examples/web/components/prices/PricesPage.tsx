'use client'

import {useEffect, useRef, useState} from 'react'
import {Tooltip} from '@/components/result/Tooltip'
import {Header} from '@/components/workbench/Header'
import workbench from '@/components/workbench/Workbench.module.css'
import {counted, listed} from '@/lib/format'
import {isStale, ORIGINS, type Origin, originOf} from '@/lib/prices'
import {listedSymbols} from '@/lib/prices-requests'
import type {ListedSymbol} from '@/lib/schema/types'
import {announceSymbols} from '@/lib/symbols-changed'
import {ImportSection, type Imports} from './ImportSection'
import {PriceList} from './PriceList'
import styles from './prices.module.css'

interface Props {
  readonly symbols: readonly ListedSymbol[]
  /** ISO date, by the server's clock. */
  readonly today: string
  readonly imports: Imports
  readonly mostBytes: number
  /** The symbol that the address names, and the text that it looks for. */
  readonly opened: string | null
  readonly search: string
}

/** What is at hand, from when to when, what looks wrong in it, and how more gets there. The address says what is open. */
export function PricesPage({symbols: initial, today, imports, mostBytes, ...asked}: Props) {
  const [symbols, setSymbols] = useState(initial)
  const [opened, setOpened] = useState(asked.opened)
  const [search, setSearch] = useState(asked.search)
  const [listening, setListening] = useState(false)
  const root = useRef<HTMLDivElement>(null)

  useEffect(() => setListening(true), [])
  useEffect(() => {
    if (listening) document.documentElement.dataset.ready = '' // for a program that steers the page
  }, [listening])
  useEffect(() => {
    const query = new URLSearchParams({...(opened !== null && {symbol: opened}), ...(search !== '' && {q: search})})
    const address = query.size > 0 ? `/prices?${query}` : '/prices'
    if (address !== location.pathname + location.search) history.replaceState(history.state, '', address)
  }, [opened, search])

  const onImported = async () => {
    announceSymbols()
    const answer = await listedSymbols()
    if (answer.ok) setSymbols(answer.value)
  }
  const show = (symbol: string) => {
    setSearch(symbol)
    setOpened(symbol)
  }
  return (
    <div ref={root}>
      <a href="#at-hand" className={workbench.skip}>
        Skip to the list
      </a>
      <Header form={null} />
      <main className={styles.page}>
        <h1>Prices</h1>
        <p className={styles.intro}>{summary(symbols, today)}</p>
        <ImportSection imports={imports} mostBytes={mostBytes} onImported={onImported} onShow={show} />
        <PriceList
          symbols={symbols}
          today={today}
          checks={imports !== 'elsewhere'}
          opened={opened}
          onOpen={setOpened}
          search={search}
          onSearch={setSearch}
        />
      </main>
      <Tooltip root={root} />
    </div>
  )
}

/** What is at hand in two sentences. */
function summary(symbols: readonly ListedSymbol[], today: string): string {
  const counts = new Map<Origin, number>()
  for (const one of symbols) counts.set(originOf(one), (counts.get(originOf(one)) ?? 0) + 1)
  const parts = (Object.keys(ORIGINS) as Origin[]).flatMap((origin) => {
    const count = counts.get(origin)
    return count === undefined ? [] : [`${count} ${IN_WORDS[origin]}`]
  })
  const stale = symbols.filter((one) => isStale(one, today)).length
  const old =
    stale === 0
      ? 'All end within the last week.'
      : `${stale === symbols.length ? 'All' : stale} end more than a week ago.`
  return `${counted(symbols.length, 'symbol')} can be used without a network: ${listed(parts)}. ${old}`
}

const IN_WORDS: Readonly<Record<Origin, string>> = {
  imported: 'imported',
  folder: 'from the folder of CSV files',
  fetched: 'fetched from the network',
  bundled: 'bundled',
}
