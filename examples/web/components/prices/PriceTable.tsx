import {Fragment} from 'react'
import table from '@/components/result/table.module.css'
import {count, DASH, day} from '@/lib/format'
import {ago, backtestOf, isStale, type Order, originText, type SortKey} from '@/lib/prices'
import type {ListedSymbol} from '@/lib/schema/types'
import {PriceDetail} from './PriceDetail'
import styles from './prices.module.css'

interface Props {
  readonly symbols: readonly ListedSymbol[]
  /** null: by how well they fit what is looked for. */
  readonly order: Order | null
  readonly onSort: (by: SortKey) => void
  readonly today: string
  readonly checks: boolean
  readonly opened: string | null
  readonly onOpen: (symbol: string | null) => void
}

const COLUMNS: readonly {label: string; by?: SortKey; className?: string | undefined}[] = [
  {label: 'Symbol', by: 'symbol'},
  {label: 'Where from', className: styles.words},
  {label: 'From', by: 'first'},
  {label: 'To', by: 'last'},
  {label: 'Sessions', by: 'sessions', className: styles.wide},
  {label: 'Currency', className: styles.widest},
  {label: 'Returns', className: styles.widest},
  {label: 'Updated', by: 'updated', className: styles.wide},
]

/** One row a symbol; one that is opened has below it what there is to see of it. */
export function PriceTable({symbols, order, onSort, today, checks, opened, onOpen}: Props) {
  return (
    <table className={`${table.table} ${styles.table}`}>
      <caption className="visually-hidden">Symbols whose prices are at hand</caption>
      <thead>
        <tr>
          {COLUMNS.map(({label, by, className}) => (
            <th
              key={label}
              scope="col"
              className={className}
              aria-sort={by === undefined ? undefined : sortOf(by, order)}
            >
              {by === undefined ? (
                label
              ) : (
                <button type="button" className={styles.sort} onClick={() => onSort(by)}>
                  {label}
                  <span aria-hidden="true">{by !== order?.by ? '' : order.descending ? '▾' : '▴'}</span>
                </button>
              )}
            </th>
          ))}
          <td className={styles.action} />
        </tr>
      </thead>
      <tbody>
        {symbols.map((one) => (
          <Fragment key={one.symbol}>
            <Row one={one} today={today} open={one.symbol === opened} onOpen={onOpen} />
            {one.symbol === opened && (
              <tr className={styles.opened}>
                <td colSpan={COLUMNS.length + 1} id={`prices-${one.symbol}`}>
                  <PriceDetail one={one} today={today} checks={checks} />
                </td>
              </tr>
            )}
          </Fragment>
        ))}
      </tbody>
    </table>
  )
}

const sortOf = (by: SortKey, order: Order | null) =>
  by !== order?.by ? 'none' : order.descending ? 'descending' : 'ascending'

interface RowProps {
  readonly one: ListedSymbol
  readonly today: string
  readonly open: boolean
  readonly onOpen: (symbol: string | null) => void
}

function Row({one, today, open, onOpen}: RowProps) {
  const {symbol, description, first, last, sessions, currency, returns, updated} = one
  const use = (
    <a href={backtestOf(one)} aria-label={`Use ${symbol} in a backtest`}>
      Use in a backtest
    </a>
  )
  return (
    <tr className={open ? styles.isOpen : undefined}>
      <th scope="row">
        <button
          type="button"
          className={styles.symbol}
          aria-expanded={open}
          aria-controls={open ? `prices-${symbol}` : undefined}
          onClick={() => onOpen(open ? null : symbol)}
        >
          <span className={styles.chevron} aria-hidden="true" />
          <strong>{symbol}</strong>
        </button>
        <span className={styles.name}>{description}</span>
        <span className={styles.useBelow}>{use}</span>
      </th>
      <td className={styles.words}>{originText(one)}</td>
      <td>{day(first)}</td>
      <td>
        {day(last)}
        <span className={isStale(one, today) ? styles.stale : styles.fresh}>{ago(last, today)}</span>
      </td>
      <td className={styles.wide}>{count(sessions)}</td>
      <td className={styles.widest}>{currency ?? DASH}</td>
      <td className={styles.widest}>{returnsText(returns)}</td>
      <td className={styles.wide}>{updated === null ? DASH : day(updated.slice(0, 10))}</td>
      <td className={styles.action}>{use}</td>
    </tr>
  )
}

export const returnsText = (returns: ListedSymbol['returns']): string => (returns === 'total' ? 'Total' : 'Price only')
