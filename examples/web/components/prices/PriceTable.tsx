import {Fragment, type ReactNode} from 'react'
import table from '@/components/result/table.module.css'
import {count, DASH, day} from '@/lib/format'
import {ago, backtestOf, isStale, type Order, originText, type SortKey} from '@/lib/prices'
import type {ListedSymbol} from '@/lib/schema/types'
import {PriceDetail} from './PriceDetail'
import styles from './prices.module.css'

interface Props {
  readonly symbols: readonly ListedSymbol[]
  readonly columns: readonly Column[]
  /** null: by how well they fit what is looked for. */
  readonly order: Order | null
  readonly onSort: (by: SortKey) => void
  readonly today: string
  readonly checks: boolean
  readonly opened: string | null
  readonly onOpen: (symbol: string | null) => void
}

interface Column {
  readonly label: string
  readonly by?: SortKey
  readonly className?: string | undefined
  readonly cell: (one: ListedSymbol, today: string) => ReactNode
}

const SYMBOL = {label: 'Symbol', by: 'symbol', className: table.text} as const

/** Those beside the symbol. A cell of null is not known. */
const COLUMNS: readonly Column[] = [
  {label: 'Where from', className: styles.words, cell: originText},
  {label: 'From', by: 'first', cell: ({first}) => day(first)},
  {
    label: 'To',
    by: 'last',
    cell: (one, today) => (
      <>
        {day(one.last)}
        <span className={isStale(one, today) ? styles.stale : styles.fresh}>{ago(one.last, today)}</span>
      </>
    ),
  },
  {label: 'Sessions', by: 'sessions', className: styles.wide, cell: ({sessions}) => count(sessions)},
  {label: 'Currency', className: styles.widest, cell: ({currency}) => currency},
  {
    label: 'Returns',
    className: styles.widest,
    cell: ({returns}) => (returns === 'total' ? 'With dividends' : 'Price only'),
  },
  {
    label: 'Updated',
    by: 'updated',
    className: styles.wide,
    cell: ({updated}) => updated && day(updated.slice(0, 10)),
  },
]

/** The columns in which something is known of one symbol at least. */
export const columnsOf = (symbols: readonly ListedSymbol[]): readonly Column[] =>
  COLUMNS.filter(({cell}) => symbols.some((one) => cell(one, one.last) !== null))

/** One row a symbol; one that is opened has below it what there is to see of it. */
export function PriceTable({symbols, columns, order, onSort, today, checks, opened, onOpen}: Props) {
  return (
    <table className={`${table.table} ${styles.table}`}>
      <caption className="visually-hidden">Symbols whose prices are at hand</caption>
      <thead>
        <tr>
          {[SYMBOL, ...columns].map(({label, by, className}) => (
            <th
              key={label}
              scope="col"
              className={className}
              aria-sort={by === undefined ? undefined : sortOf(by, order)}
            >
              {by === undefined ? (
                label
              ) : (
                <button type="button" className={table.sort} onClick={() => onSort(by)}>
                  {label}
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
            <Row one={one} columns={columns} today={today} open={one.symbol === opened} onOpen={onOpen} />
            {one.symbol === opened && (
              <tr className={styles.opened}>
                <td colSpan={columns.length + 2} id={`prices-${one.symbol}`}>
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
  readonly columns: readonly Column[]
  readonly today: string
  readonly open: boolean
  readonly onOpen: (symbol: string | null) => void
}

function Row({one, columns, today, open, onOpen}: RowProps) {
  const {symbol, description} = one
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
      {columns.map(({label, className, cell}) => (
        <td key={label} className={className}>
          {cell(one, today) ?? DASH}
        </td>
      ))}
      <td className={styles.action}>{use}</td>
    </tr>
  )
}
