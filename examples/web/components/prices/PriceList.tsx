import {useDeferredValue, useMemo, useState} from 'react'
import {Pages, usePages} from '@/components/result/Pages'
import {Absent, Choices} from '@/components/result/parts'
import {counted} from '@/lib/format'
import {found, ORIGINS, type Order, type Origin, ordered, originOf, type SortKey} from '@/lib/prices'
import type {ListedSymbol} from '@/lib/schema/types'
import {columnsOf, PriceTable} from './PriceTable'
import styles from './prices.module.css'

interface Props {
  readonly symbols: readonly ListedSymbol[]
  readonly today: string
  readonly checks: boolean
  readonly opened: string | null
  readonly onOpen: (symbol: string | null) => void
  readonly search: string
  readonly onSearch: (text: string) => void
}

/** The symbols at hand: searched, sorted, by pages. */
export function PriceList({symbols, today, checks, opened, onOpen, search, onSearch}: Props) {
  const [origin, setOrigin] = useState<Origin | null>(null)
  const [order, setOrder] = useState<Order | null>(null)
  const text = useDeferredValue(search)
  const shown = useMemo(() => {
    const fits = found(symbols, text, origin)
    return order === null ? fits : ordered(fits, order)
  }, [symbols, text, origin, order])
  const columns = useMemo(() => columnsOf(symbols), [symbols])
  const pages = usePages(shown.length)
  const origins = (Object.keys(ORIGINS) as Origin[]).filter((one) => symbols.some((symbol) => originOf(symbol) === one))
  const sort = (by: SortKey) => {
    const now = order ?? BY_SYMBOL
    setOrder({by, descending: now.by === by ? !now.descending : by !== 'symbol' && by !== 'first'})
    pages.turn(0)
  }
  return (
    <section id="at-hand" className={styles.list} aria-labelledby="at-hand-heading" tabIndex={-1}>
      <div className={styles.tools}>
        <h2 id="at-hand-heading">At hand</h2>
        <input
          type="search"
          className={styles.search}
          aria-label="Search symbols and names"
          placeholder="Search symbols and names"
          autoComplete="off"
          spellCheck={false}
          maxLength={100}
          value={search}
          onChange={(event) => {
            onSearch(event.target.value)
            pages.turn(0)
          }}
        />
        {origins.length > 1 && (
          <Choices<Origin | 'all'>
            label="Where from"
            value={origin ?? 'all'}
            onChange={(value) => {
              setOrigin(value === 'all' ? null : value)
              pages.turn(0)
            }}
            choices={[{value: 'all', label: 'All'}, ...origins.map((value) => ({value, label: ORIGINS[value]}))]}
          />
        )}
      </div>
      {shown.length === 0 ? (
        <Absent>
          <span role="status">{nothing(symbols, search, origin)}</span>{' '}
          <button
            type="button"
            className="link-button"
            onClick={() => {
              onSearch('')
              setOrigin(null)
            }}
          >
            Show all
          </button>
        </Absent>
      ) : (
        <PriceTable
          columns={columns}
          symbols={shown.slice(pages.from, pages.to)}
          order={order ?? (text === '' ? BY_SYMBOL : null)}
          onSort={sort}
          today={today}
          checks={checks}
          opened={opened}
          onOpen={onOpen}
        />
      )}
      {shown.length > 0 && (
        <div className={styles.pages}>
          <Pages pages={pages} what={counted(shown.length, 'symbol')} />
        </div>
      )}
    </section>
  )
}

const BY_SYMBOL: Order = {by: 'symbol', descending: false}

function nothing(symbols: readonly ListedSymbol[], search: string, origin: Origin | null): string {
  if (symbols.length === 0) return 'No prices are at hand.'
  const where = origin === null ? '' : ` under “${ORIGINS[origin]}”`
  return `No symbol or name has “${search.trim()}”${where}. A backtest may still find it at its source.`
}
