import {useId, useRef, useState} from 'react'
import {count, counted, day, listed} from '@/lib/format'
import {hasText, originText, type ReadPrices, type Replaced, spanText} from '@/lib/prices'
import {Facts} from './Facts'
import {Findings} from './Findings'
import {PriceChart} from './PriceChart'
import styles from './prices.module.css'
import {SymbolOfFile} from './SymbolOfFile'

interface Props {
  readonly read: ReadPrices
  readonly onReadAs: (symbol: string) => void
  readonly onImport: (read: ReadPrices) => void
  readonly onOther: () => void
}

/** What was read of a file, before it is imported: prices that are at hand are never taken the place of unasked. */
export function ImportPreview({read, onReadAs, onImport, onOther}: Props) {
  const {symbol, file, closes, findings, replaces} = read
  const agreed = useRef<HTMLInputElement>(null)
  const [missing, setMissing] = useState(false)
  const id = useId()
  const confirm = () => {
    if (replaces === null || agreed.current?.checked) return onImport(read)
    setMissing(true)
    agreed.current?.focus()
  }
  return (
    <div className={styles.preview}>
      <h3>
        {file}: {spanText(read)}
      </h3>
      <SymbolOfFile symbol={symbol} onReadAs={onReadAs} />
      <div className={styles.looked}>
        <PriceChart symbol={symbol} closes={closes} findings={findings} />
        <Findings findings={findings} />
      </div>
      <Facts
        facts={[
          ['Columns', columnsText(read)],
          ['Prices', hasText(read)],
          ['Rows left out', leftOutText(read)],
        ]}
      />
      {replaces !== null && (
        <div className={styles.clash} role="group" aria-labelledby={`${id}clash`}>
          <p id={`${id}clash`}>{clashText(symbol, replaces)}</p>
          <label>
            <input
              ref={agreed}
              type="checkbox"
              aria-invalid={missing || undefined}
              aria-describedby={missing ? `${id}missing` : undefined}
              onChange={() => setMissing(false)}
            />
            Use this file for {symbol} instead
          </label>
          {missing && (
            <p id={`${id}missing`} role="alert" className={styles.missing}>
              Tick this first, or read the file as another symbol.
            </p>
          )}
        </div>
      )}
      <p className={styles.actions}>
        <button type="button" className="button" onClick={confirm}>
          Import {symbol}
        </button>
        <button type="button" className="quiet-button" onClick={onOther}>
          Cancel
        </button>
      </p>
    </div>
  )
}

const ROLES: Readonly<Record<string, string>> = {
  date: 'date',
  open: 'open',
  close: 'close',
  adj_close: 'close with dividends',
  dividend: 'dividend',
  split: 'split',
  traded: 'what a share cost',
  symbol: 'symbol',
}

/** "Date (date), Adj Close (close with dividends); not used: Volume". */
function columnsText({columns}: ReadPrices): string {
  const named = columns.map(({name, role}, n) => ({name: name || `column ${n + 1}`, role}))
  const used = named.flatMap(({name, role}) => {
    if (role === null) return []
    const meant = ROLES[role] ?? role
    return [name.toLowerCase() === meant ? name : `${name} as ${meant}`]
  })
  const others = named.filter(({role}) => role === null).map(({name}) => name)
  return `${listed(used)}${others.length > 0 ? `. Not used: ${listed(others)}` : ''}.`
}

function leftOutText({left_out: {count: total, rows}}: ReadPrices): string {
  if (total === 0) return 'None.'
  const told = rows.map(
    ({line, day: date, reason}) =>
      `line ${line} (${day(date)}, ${reason === 'NO_PRICE' ? 'no usable price' : 'repeats another'})`,
  )
  const more = total - rows.length
  return `${counted(total, 'row')}: ${listed(more > 0 ? [...told, `${counted(more, 'more row')}`] : told)}.`
}

function clashText(symbol: string, replaces: Replaced): string {
  const {source, place, first, last, sessions, lost, unreadable} = replaces
  if (unreadable !== null) return `${symbol} is at hand, but cannot be read: ${unreadable}`
  const span = spanText({sessions: sessions ?? 0, first: first ?? '', last: last ?? ''})
  const has = `${symbol} is at hand already (${originText({source: source ?? '', place: place ?? ''}).toLowerCase()}): ${span}.`
  const lacks = !lost
    ? 'The file has all of them.'
    : `The file lacks ${lost === sessions ? 'all' : count(lost)} of them.`
  return `${has} ${lacks} Every backtest of this server would then use the file.`
}
